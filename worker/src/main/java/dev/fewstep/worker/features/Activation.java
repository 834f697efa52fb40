package dev.fewstep.worker.features;

import ai.djl.ndarray.NDArray;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import com.fasterxml.jackson.annotation.JsonProperty;
import dev.fewstep.worker.tensor.AtenOps;

/** An activation function; the result belongs to the manager of its argument. */
public enum Activation {
  /** max(x, 0). */
  @JsonProperty("relu")
  RELU,
  /** x where positive, 0.1 x elsewhere. */
  @JsonProperty("leaky-relu")
  LEAKY_RELU,
  /** Hyperbolic tangent. */
  @JsonProperty("tanh")
  TANH,
  /** x sigmoid(x). */
  @JsonProperty("silu")
  SILU,
  /** x Phi(x), exact. */
  @JsonProperty("gelu")
  GELU;

  NDArray apply(NDArray x) {
    PtNDArray array = (PtNDArray) x;
    return switch (this) {
      case RELU -> JniUtils.relu(array);
      case LEAKY_RELU -> JniUtils.leakyRelu(array, 0.1);
      case TANH -> JniUtils.tanh(array);
      case SILU -> AtenOps.silu(x);
      case GELU -> JniUtils.gelu(array);
    };
  }

  /** Variance gain that keeps activations' size in a fresh network (He et al. 2015). */
  double gain() {
    return this == TANH ? 1 : 2;
  }
}

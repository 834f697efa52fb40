package dev.fewstep.worker.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.fewstep.worker.diffusion.DdimSampler;
import dev.fewstep.worker.diffusion.DdimStep;
import dev.fewstep.worker.diffusion.Denoiser;
import dev.fewstep.worker.diffusion.DropoutSeeds;
import dev.fewstep.worker.diffusion.Images;
import dev.fewstep.worker.features.FeatureExtractor;
import dev.fewstep.worker.tensor.Autograd;
import dev.fewstep.worker.tensor.TensorLists;
import dev.fewstep.worker.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;

/**
 * A sampling chain of one micro-batch, run forwards without a graph and backwards one network
 * evaluation at a time, so that peak memory does not grow with the number of steps. The DDIM update
 * is linear, so its vector-Jacobian product is a multiplication by its coefficients.
 */
final class ChainReplay {
  private final Denoiser denoiser;
  private final DdimSampler sampler;

  ChainReplay(Denoiser denoiser, DdimSampler sampler) {
    this.denoiser = denoiser;
    this.sampler = sampler;
  }

  /** This chain for given images of a batch, whose classes a conditional network is told. */
  ChainReplay labelled(long seed, long draw, int from, int to) {
    return new ChainReplay(sampler.labels().label(denoiser, seed, draw, from, to - from), sampler);
  }

  /**
   * States x_T, ..., x_0 of the chain, owned by the noise's manager; the noise is the first.
   *
   * <p>They lie in one block that is taken before the first evaluation: small survivors between the
   * activations of one evaluation and the next would keep the allocator from reusing the room, and
   * the peak would grow with the number of steps after all.
   */
  List<NDArray> forward(
      NDArray noise, DdimSampler.StepNoise fresh, IntFunction<DropoutSeeds> dropout) {
    return Autograd.off(
        () -> {
          List<DdimStep> steps = sampler.steps();
          NDManager keep = noise.getManager();
          NDArray block = keep.zeros(new Shape(steps.size()).addAll(noise.getShape()));
          List<NDArray> states = new ArrayList<>();
          states.add(noise);
          NDArray x = noise;
          for (int i = 0; i < steps.size(); i++) {
            NDArray state = block.get(i);
            state.attach(keep);
            try (NDArray t = DdimSampler.times(x, steps.get(i));
                NDArray output = denoiser.predict(x, t, dropout.apply(i));
                NDArray next = sampler.update(x, output, i, fresh)) {
              TensorLists.assign(List.of(state), List.of(next));
            }
            states.add(state);
            x = state;
          }
          return states;
        });
  }

  /** x_0 without dropout and without keeping states, owned by the noise's manager. */
  NDArray sample(NDArray noise, DdimSampler.StepNoise fresh) {
    return sampler.sample(denoiser, noise, fresh);
  }

  /**
   * dL/dx_0 from dL/dfeature, through the extractor, the clamp (gradient 1 on [0, 1], ends
   * included) and the scaling.
   */
  static NDArray pullThroughFeatures(
      FeatureExtractor extractor, NDArray sample, NDArray featureGradient) {
    return pullThroughFeatures(List.of(extractor), sample, List.of(featureGradient));
  }

  /** As above, summed over several extractors with a gradient each. */
  static NDArray pullThroughFeatures(
      List<FeatureExtractor> extractors, NDArray sample, List<NDArray> featureGradients) {
    try (NDManager scope = sample.getManager().newSubManager()) {
      NDArray images = Images.of(sample);
      images.attach(scope);
      images.setRequiresGradient(true);
      for (int i = 0; i < extractors.size(); i++) {
        FeatureExtractor extractor = extractors.get(i);
        NDArray featureGradient = featureGradients.get(i);
        NDArray features = Autograd.recording(() -> extractor.features(images));
        features.attach(scope);
        Autograd.silently(() -> Autograd.backward(features, featureGradient));
      }
      return Autograd.off(
          () -> {
            NDArray gradient = images.getGradient();
            gradient.attach(scope);
            NDArray result = Tensors.mul(gradient.mul(insideClamp(sample, scope)), 0.5f);
            result.attach(sample.getManager());
            return result;
          });
    }
  }

  private static NDArray insideClamp(NDArray sample, NDManager scope) {
    NDArray scaled = Tensors.add(sample, 1f);
    scaled.attach(scope);
    Tensors.muli(scaled, 0.5f);
    return scaled.gte(0f).logicalAnd(scaled.lte(1f)).toType(DataType.FLOAT32, false);
  }

  /**
   * Adds dL/dparameter of the whole chain to the parameters' gradients.
   *
   * @param states as {@link #forward} gave them
   * @param gradient dL/dx_0, closed on return
   * @param dropout the seeds of the forward pass
   * @return dL/dx_T, owned by the gradient's manager
   */
  NDArray backward(List<NDArray> states, NDArray gradient, IntFunction<DropoutSeeds> dropout) {
    NDArray upstream = gradient;
    for (int i = sampler.steps().size() - 1; i >= 0; i--) {
      NDArray next = step(states.get(i), upstream, i, dropout.apply(i));
      upstream.close();
      upstream = next;
    }
    return upstream;
  }

  private NDArray step(NDArray state, NDArray upstream, int index, DropoutSeeds dropout) {
    DdimStep step = sampler.steps().get(index);
    try (NDManager scope = state.getManager().newSubManager()) {
      NDArray x = state.stopGradient();
      x.attach(scope);
      x.setRequiresGradient(true);
      NDArray t = DdimSampler.times(x, step);
      NDArray output = Autograd.recording(() -> denoiser.predict(x, t, dropout));
      return Autograd.off(
          () -> {
            NDArray outputGradient = Tensors.mul(upstream, step.ofOutput());
            outputGradient.attach(scope);
            Autograd.backward(output, outputGradient);
            NDArray through = x.getGradient();
            through.attach(scope);
            NDArray result = Tensors.mul(upstream, step.ofX());
            result.addi(through);
            return result;
          });
    }
  }
}

package dev.fewstep.worker.mmd;

import static dev.fewstep.worker.diffusion.ReferenceVectors.distance;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.fewstep.worker.diffusion.ReferenceVectors;
import dev.fewstep.worker.tensor.AtenOps;
import dev.fewstep.worker.tensor.Autograd;
import dev.fewstep.worker.tensor.TorchEngine;
import java.io.IOException;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.stream.Stream;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class MmdLossTest {
  private NDManager manager;

  @BeforeEach
  void open() {
    manager = TorchEngine.newManager(Device.cpu());
  }

  @AfterEach
  void close() {
    manager.close();
  }

  static Stream<Arguments> kernels() {
    return Stream.of(
        Arguments.of("cubic", Kernel.cubic()),
        Arguments.of("linear", Kernel.linear()),
        Arguments.of("rbf", Kernel.rbf()));
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void equalsThePublishedValue(String name, Kernel kernel) throws IOException {
    Map<String, NDArray> reference = ReferenceVectors.read(manager, "reference.npz");
    double value =
        new MmdLoss(kernel, MmdEstimator.UNBIASED)
            .value(reference.get("feat_a"), reference.get("feat_b"));
    assertThat(value)
        .isCloseTo(reference.get("mmd_" + name).toFloatArray()[0], Percentage.withPercentage(1e-3));
  }

  @Test
  void linearKernelIsClosedForm() {
    // x = {1, 3}, y = {0, 2}, D = 1: (x1 x2 + 1) + (y1 y2 + 1) - 2/4 sum (xi yj + 1)
    NDArray x = manager.create(new float[] {1, 3}, new Shape(2, 1));
    NDArray y = manager.create(new float[] {0, 2}, new Shape(2, 1));
    MmdLoss unbiased = new MmdLoss(Kernel.linear(), MmdEstimator.UNBIASED);
    assertThat(unbiased.value(x, y)).isCloseTo(4 + 1 - 0.5 * (8 + 4), within(1e-12));
    // biased linear MMD² is the squared distance of the means: (2 - 1)²
    MmdLoss biased = new MmdLoss(Kernel.linear(), MmdEstimator.BIASED);
    assertThat(biased.value(x, y)).isCloseTo(1, within(1e-12));
    assertThat(biased.evaluate(x, y).gradient().toFloatArray()).containsExactly(1f, 1f);
  }

  @Test
  void biasedEstimateOfASetAgainstItselfIsZero() {
    NDArray x = AtenOps.noise(manager, new Shape(6, 4), 3);
    for (Kernel kernel : new Kernel[] {Kernel.cubic(), new PolynomialKernel(2), Kernel.rbf()}) {
      assertThat(new MmdLoss(kernel, MmdEstimator.BIASED).value(x, x)).isCloseTo(0, within(1e-12));
    }
  }

  static Stream<Arguments> losses() {
    return Stream.of(MmdEstimator.values())
        .flatMap(
            estimator ->
                Stream.of(
                        Kernel.cubic(),
                        Kernel.linear(),
                        new PolynomialKernel(4),
                        Kernel.rbf(),
                        new RbfKernel(OptionalDouble.of(0.7)))
                    .map(kernel -> Arguments.of(new MmdLoss(kernel, estimator))));
  }

  @ParameterizedTest
  @MethodSource("losses")
  void gradientIsThatOfTheValue(MmdLoss loss) {
    NDArray y = AtenOps.noise(manager, new Shape(7, 3), 2).toType(DataType.FLOAT64, true);
    NDArray x = AtenOps.noise(manager, new Shape(5, 3), 1).toType(DataType.FLOAT64, true);
    float[] gradient = loss.evaluate(x, y).gradient().toFloatArray();
    double[] values = x.toDoubleArray();
    for (int i = 0; i < values.length; i++) {
      double slope =
          (loss.value(shifted(values, i, 1e-5), y) - loss.value(shifted(values, i, -1e-5), y))
              / 2e-5;
      assertThat((double) gradient[i]).isCloseTo(slope, within(1e-6 * (1 + Math.abs(slope))));
    }
  }

  private NDArray shifted(double[] values, int index, double by) {
    double[] copy = values.clone();
    copy[index] += by;
    return manager.create(copy, new Shape(5, 3));
  }

  @Test
  void publishedCubicGradientEqualsAutograd() {
    NDArray x = AtenOps.noise(manager, new Shape(6, 8), 1).toType(DataType.FLOAT64, true);
    NDArray y = AtenOps.noise(manager, new Shape(6, 8), 2).toType(DataType.FLOAT64, true);
    NDArray leaf = x.duplicate();
    leaf.setRequiresGradient(true);
    NDArray value =
        Autograd.recording(
            () -> {
              NDArray within = Kernel.cubic().values(leaf, leaf);
              NDArray offDiagonal =
                  within.mul(
                      manager
                          .ones(new Shape(6, 6), DataType.FLOAT64)
                          .sub(manager.eye(6, 6, 0, DataType.FLOAT64)));
              return offDiagonal
                  .sum()
                  .div(30.0)
                  .sub(Kernel.cubic().values(leaf, y).sum().mul(2.0 / 36));
            });
    Autograd.backward(value);
    NDArray closed = new MmdLoss(Kernel.cubic(), MmdEstimator.UNBIASED).evaluate(x, y).gradient();
    assertThat(distance(closed, leaf.getGradient())).isLessThan(1e-7);
  }

  @Test
  void refusesWhatItCannotEstimate() {
    MmdLoss loss = new MmdLoss(Kernel.cubic(), MmdEstimator.UNBIASED);
    NDArray one = manager.ones(new Shape(1, 3));
    NDArray two = manager.ones(new Shape(2, 4));
    assertThatThrownBy(() -> loss.value(one, one)).hasMessageContaining("at least 2 vectors");
    assertThatThrownBy(() -> loss.value(one, two)).hasMessageContaining("(2, 4)");
    assertThatThrownBy(() -> new PolynomialKernel(0)).hasMessageContaining("degree");
    assertThatThrownBy(() -> new RbfKernel(OptionalDouble.of(0))).hasMessageContaining("gamma");
  }
}

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
import java.util.List;
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
                        new RbfKernel(Bandwidth.ofGamma(0.7)),
                        new RbfKernel(Bandwidth.ofSigma(1.3), List.of(0.5, 1.0, 4.0)),
                        new PolynomialKernel(7, OptionalDouble.of(0.4), 0.3),
                        new PolynomialKernel(2, OptionalDouble.empty(), 0),
                        new RationalQuadraticKernel(
                            Bandwidth.ofDimension(), RationalQuadraticKernel.USUAL),
                        new RationalQuadraticKernel(Bandwidth.ofSigma(0.8), List.of(1.5)))
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

  /** k(0, y) by hand: every kernel at |x-y|² = 25, x·y = 0 or x = y. */
  @Test
  void kernelsAreTheirFormulas() {
    NDArray x = manager.create(new double[] {3, 4}, new Shape(1, 2));
    NDArray zero = manager.create(new double[] {0, 0}, new Shape(1, 2));
    assertThat(new RbfKernel(Bandwidth.ofSigma(10)).values(x, zero).getDouble())
        .isCloseTo(Math.exp(-25 / 200.0), within(1e-15));
    assertThat(new RbfKernel(Bandwidth.ofDimension()).values(x, zero).getDouble())
        .isCloseTo(Math.exp(-12.5), within(1e-15));
    assertThat(new RbfKernel(Bandwidth.ofSigma(1), List.of(2.0, 5.0)).values(x, zero).getDouble())
        .isCloseTo((Math.exp(-25 / 8.0) + Math.exp(-0.5)) / 2, within(1e-15));
    assertThat(
            new RationalQuadraticKernel(Bandwidth.ofSigma(1), List.of(0.5, 2.0))
                .values(x, zero)
                .getDouble())
        .isCloseTo((1 / Math.sqrt(26) + Math.pow(7.25, -2)) / 2, within(1e-15));
    assertThat(new PolynomialKernel(5, OptionalDouble.of(0.1), 2).values(x, x).getDouble())
        .isCloseTo(Math.pow(4.5, 5), within(1e-10));
    assertThat(new PolynomialKernel(4).values(x, x).getDouble())
        .isCloseTo(Math.pow(13.5, 4), within(1e-9));
  }

  @Test
  void aRationalQuadraticOfLargeAlphaIsAnRbf() {
    NDArray x = AtenOps.noise(manager, new Shape(4, 3), 1).toType(DataType.FLOAT64, true);
    NDArray y = AtenOps.noise(manager, new Shape(5, 3), 2).toType(DataType.FLOAT64, true);
    Kernel wide = new RationalQuadraticKernel(Bandwidth.ofGamma(0.3), List.of(1e9));
    Kernel rbf = new RbfKernel(Bandwidth.ofGamma(0.3));
    assertThat(distance(wide.values(x, y), rbf.values(x, y))).isLessThan(1e-6);
  }

  /** Distances of 0, 1, 3, 7 on a line: 1, 2, 3, 4, 6, 7; the two in the middle are 3 and 4. */
  @Test
  void theMedianIsTakenFromRealFeaturesOnce() {
    NDArray real = manager.create(new float[] {0, 1, 3, 7}, new Shape(4, 1));
    Kernel kernel = new RbfKernel(Bandwidth.ofMedian(), List.of(1.0, 2.0));
    Kernel decided = kernel.decided(real);
    assertThat(decided)
        .isEqualTo(new RbfKernel(Bandwidth.ofSigma(3.5), List.of(1.0, 2.0)))
        .isEqualTo(decided.decided(real.mul(5f)));
    NDArray three = manager.create(new float[] {0, 1, 3}, new Shape(3, 1));
    assertThat(new RationalQuadraticKernel(Bandwidth.ofMedian(), List.of(1.0)).decided(three))
        .isEqualTo(new RationalQuadraticKernel(Bandwidth.ofSigma(2), List.of(1.0)));
    assertThatThrownBy(() -> kernel.values(real, real)).hasMessageContaining("decided");
    assertThatThrownBy(() -> kernel.decided(manager.ones(new Shape(4, 2))))
        .hasMessageContaining("median distance of 4")
        .hasMessageContaining("give gamma or sigma");
  }

  @ParameterizedTest
  @MethodSource("losses")
  void singlePrecisionIsCloseToDouble(MmdLoss loss) {
    NDArray y = AtenOps.noise(manager, new Shape(7, 16), 2);
    NDArray x = AtenOps.noise(manager, new Shape(5, 16), 1);
    MmdLoss single = new MmdLoss(loss.kernel(), loss.estimator(), DataType.FLOAT32);
    MmdLoss.Result expected = loss.evaluate(x, y);
    MmdLoss.Result result = single.evaluate(x, y);
    assertThat(result.gradient().getDataType()).isEqualTo(DataType.FLOAT32);
    assertThat(distance(result.gradient(), expected.gradient())).isLessThan(1e-3).isPositive();
    assertThat(result.value())
        .isCloseTo(expected.value(), within(1e-4 * (1 + Math.abs(expected.value()))));
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
    assertThatThrownBy(() -> Bandwidth.ofGamma(0)).hasMessageContaining("gamma");
    assertThatThrownBy(() -> Bandwidth.ofSigma(-1)).hasMessageContaining("sigma");
    assertThatThrownBy(() -> new PolynomialKernel(1, OptionalDouble.empty(), -1))
        .hasMessageContaining("coef0");
    assertThatThrownBy(() -> new RbfKernel(Bandwidth.ofDimension(), List.of()))
        .hasMessageContaining("widths");
    assertThatThrownBy(() -> new RationalQuadraticKernel(Bandwidth.ofDimension(), List.of(0.0)))
        .hasMessageContaining("alphas");
    assertThatThrownBy(() -> new MmdLoss(Kernel.cubic(), MmdEstimator.BIASED, DataType.INT32))
        .hasMessageContaining("int32");
  }
}

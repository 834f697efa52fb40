package dev.fewstep.worker.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class AtenOpsTest {
  private NDManager manager;

  @BeforeEach
  void open() {
    manager = TorchEngine.newManager(Device.cpu());
  }

  @AfterEach
  void close() {
    manager.close();
  }

  @Test
  void groupNormCentresEachGroup() {
    NDArray x = manager.create(new float[] {1, 3, 10, 30}, new Shape(1, 4, 1, 1));
    NDArray w = manager.ones(new Shape(4));
    NDArray b = manager.zeros(new Shape(4));
    assertThat(AtenOps.groupNorm(x, 2, w, b, 0.0).toFloatArray())
        .containsExactly(new float[] {-1, 1, -1, 1}, within(1e-5f));
  }

  @Test
  void averagePoolingLeavesPaddingOutOfTheDivisor() {
    NDArray x = manager.ones(new Shape(1, 1, 4, 4));
    assertThat(AtenOps.avgPool2d(x, 3, 1, 1, false).toFloatArray()).containsOnly(1f);
    assertThat(AtenOps.avgPool2d(x, 3, 1, 1, true).getFloat(0, 0, 0, 0))
        .isCloseTo(4f / 9, within(1e-6f));
  }

  @Test
  void pixelShuffleUndoesUnshuffle() {
    NDArray x = manager.arange(2 * 3 * 4 * 6f).reshape(2, 3, 4, 6);
    NDArray packed = AtenOps.pixelUnshuffle(x, 2);
    assertThat(packed.getShape()).isEqualTo(new Shape(2, 12, 2, 3));
    assertThat(AtenOps.pixelShuffle(packed, 2).contentEquals(x)).isTrue();
  }

  @Test
  void noiseDependsOnItsSeedOnly() {
    NDArray first = AtenOps.noise(manager, new Shape(3, 5), 7);
    manager.randomNormal(new Shape(100));
    assertThat(AtenOps.noise(manager, new Shape(3, 5), 7).contentEquals(first)).isTrue();
    assertThat(AtenOps.noise(manager, new Shape(3, 5), 8).contentEquals(first)).isFalse();
  }

  @Test
  void aRowOfNoiseDoesNotDependOnItsBatch() {
    NDArray all = AtenOps.noiseRows(manager, new Shape(2, 3), new long[] {5, 6, 7});
    NDArray last = AtenOps.noiseRows(manager, new Shape(2, 3), new long[] {7});
    assertThat(all.get(2).contentEquals(last.get(0))).isTrue();
  }

  @Test
  void dropoutKeepsTheMeanAndReplays() {
    NDArray x = manager.ones(new Shape(100_000));
    NDArray y = AtenOps.dropout(x, 0.25, 11);
    assertThat(y.mean().getFloat()).isCloseTo(1f, within(0.01f));
    assertThat(AtenOps.dropout(x, 0.25, 11).contentEquals(y)).isTrue();
  }

  @Test
  void integersStayBelowTheirBound() {
    long[] values = AtenOps.integers(manager, 10, 10_000, 3).toLongArray();
    assertThat(values).contains(0, 9);
    assertThat(Arrays.stream(values).allMatch(v -> v >= 0 && v < 10)).isTrue();
  }

  @Test
  void gradientPassesThroughSiluAndStopsWhenOff() {
    NDArray x = manager.create(new float[] {0f, 2f});
    x.setRequiresGradient(true);
    NDArray unrecorded = Autograd.off(() -> AtenOps.silu(x));
    assertThat(JniUtils.requiresGrad((PtNDArray) unrecorded)).isFalse();
    Autograd.backward(Autograd.recording(() -> AtenOps.silu(x).sum()));
    double s = 1 / (1 + Math.exp(-2));
    assertThat(x.getGradient().toFloatArray())
        .containsExactly(new float[] {0.5f, (float) (s * (1 + 2 * (1 - s)))}, within(1e-6f));
  }

  @Test
  void aCholeskyFactorSaysWhetherItIsOne() {
    List<NDArray> good =
        AtenOps.cholesky(manager.create(new double[] {4, 2, 2, 5}, new Shape(2, 2)));
    assertThat(good.get(0).toDoubleArray()).containsExactly(2, 0, 1, 2);
    assertThat(good.get(1).toIntArray()).containsExactly(0);
    NDArray indefinite = manager.create(new double[] {1, 2, 2, 1}, new Shape(2, 2));
    assertThat(AtenOps.cholesky(indefinite).get(1).toIntArray()).containsExactly(2);
  }

  @Test
  void singularValuesDescend() {
    NDArray matrix = manager.create(new double[] {0, 3, 0, 4, 0, 0}, new Shape(2, 3));
    assertThat(AtenOps.singularValues(matrix).toDoubleArray())
        .containsExactly(new double[] {4, 3}, within(1e-12));
  }

  @Test
  void eigenvaluesAreInDoublePrecision() {
    NDArray s = manager.create(new double[] {2, 1, 1, 2}, new Shape(2, 2));
    List<NDArray> eigen = AtenOps.eigh(s);
    assertThat(eigen.get(0).getDataType()).isEqualTo(DataType.FLOAT64);
    assertThat(eigen.get(0).toDoubleArray()).containsExactly(new double[] {1, 3}, within(1e-14));
    assertThat(AtenOps.eigvalsh(s).toDoubleArray())
        .containsExactly(new double[] {1, 3}, within(1e-14));
  }

  @Test
  void everyOperatorRuns() {
    NDArray x = manager.ones(new Shape(1, 2, 4, 4));
    NDArray one = manager.ones(new Shape(2));
    NDArray zero = manager.zeros(new Shape(2));
    NDArray w = manager.ones(new Shape(2, 2, 3, 3));
    assertThat(AtenOps.conv2d(x, w, one, 2, 1).getShape()).isEqualTo(new Shape(1, 2, 2, 2));
    assertThat(AtenOps.conv2dNoBias(x, w, new long[] {1, 2}, new long[] {1, 0}).getShape())
        .isEqualTo(new Shape(1, 2, 4, 1));
    assertThat(AtenOps.batchNorm(x, one, zero, zero, one, 0.0).toFloatArray()).containsOnly(1f);
    assertThat(AtenOps.maxPool2d(x, 2, 2, 0).getShape()).isEqualTo(new Shape(1, 2, 2, 2));
    assertThat(AtenOps.groupNormSilu(x, 1, one, zero, 1e-6).toFloatArray()).containsOnly(0f);
    NDArray q = x.reshape(1, 2, 16).transpose(0, 2, 1);
    assertThat(AtenOps.attention(q, q, q).toFloatArray()).containsOnly(1f);
    for (NDArray y :
        List.of(
            AtenOps.upsampleNearest(x, 8, 6),
            AtenOps.upsampleBilinear(x, 8, 6),
            AtenOps.upsampleBilinearAntialias(x, 8, 6),
            AtenOps.upsampleBicubic(x, 8, 6))) {
      assertThat(y.getShape()).isEqualTo(new Shape(1, 2, 8, 6));
      assertThat(y.sub(1f).abs().max().getFloat()).isLessThan(1e-5f);
    }
    assertThat(AtenOps.uniform(manager, new Shape(1000), 1).max().getFloat()).isLessThan(1f);
  }

  @Test
  void listOperationsWorkInPlace() {
    List<NDArray> xs =
        List.of(manager.create(new float[] {3f}), manager.create(new float[] {0f, 4f}));
    assertThat(TensorLists.globalNorm(manager, xs).getFloat()).isEqualTo(5f);
    TensorLists.scaleInPlace(xs, 2);
    assertThat(xs.get(1).toFloatArray()).containsExactly(0f, 8f);
    List<NDArray> averages =
        List.of(manager.create(new float[] {0f}), manager.create(new float[] {0f, 0f}));
    TensorLists.moveTowards(averages, xs, 0.25);
    assertThat(averages.get(1).toFloatArray()).containsExactly(0f, 2f);
  }
}

package dev.fewstep.worker.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.databind.JsonNode;
import dev.fewstep.schemas.Json;
import dev.fewstep.worker.checkpoint.TensorFile;
import dev.fewstep.worker.tensor.AtenOps;
import dev.fewstep.worker.tensor.TorchEngine;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DistancesTest {
  private final NDManager manager = TorchEngine.newManager(Device.cpu());

  @AfterEach
  void close() {
    manager.close();
  }

  private static Path resource(String name) throws Exception {
    return Path.of(DistancesTest.class.getResource(name).toURI());
  }

  private NDArray rows(double[]... rows) {
    double[] all =
        java.util.Arrays.stream(rows).flatMapToDouble(java.util.Arrays::stream).toArray();
    return manager.create(all, new Shape(rows.length, rows[0].length));
  }

  @ParameterizedTest
  @CsvSource({"plain,1e-6", "close,1e-6", "singular,1e-5"})
  void theReferenceVectorsAreMet(String name, double tolerance) throws Exception {
    JsonNode expected = Json.messages().readTree(resource("expected.json").toFile()).path(name);
    Map<String, NDArray> features = TensorFile.read(resource(name + ".npz"), manager);
    NDArray real = features.get("real");
    NDArray generated = features.get("generated");
    double frechet =
        FrechetDistance.betweenAnyCounts(
            manager, FeatureStatistics.of(real), FeatureStatistics.of(generated));
    double scipy = expected.path("frechet_scipy").asDouble();
    assertThat(frechet).isCloseTo(scipy, within(tolerance * scipy));
    assertThat(KernelDistance.unbiased(real, generated))
        .isCloseTo(expected.path("kernel_cubic_unbiased").asDouble(), within(1e-9));
    PrecisionRecall shares = PrecisionRecall.between(real, generated, PrecisionRecall.NEIGHBOURS);
    assertThat(shares.precision())
        .isCloseTo(expected.path("precision_k3").asDouble(), within(1e-12));
    assertThat(shares.recall()).isCloseTo(expected.path("recall_k3").asDouble(), within(1e-12));
  }

  @Test
  void theFrechetDistanceOfOneDimensionIsClosedForm() {
    // N(2, 2) and N(5, 8): (5-2)^2 + (sqrt 8 - sqrt 2)^2 = 9 + 2.
    FeatureStatistics a = FeatureStatistics.of(rows(new double[] {1}, new double[] {3}));
    FeatureStatistics b = FeatureStatistics.of(rows(new double[] {3}, new double[] {7}));
    assertThat(FrechetDistance.between(manager, a, b)).isCloseTo(11, within(1e-12));
    assertThat(FrechetDistance.between(manager, a, a)).isCloseTo(0, within(1e-12));
  }

  @Test
  void fewerImagesThanDimensionsAreRefused() {
    NDArray many = AtenOps.noise(manager, new Shape(9, 4), 1);
    NDArray few = AtenOps.noise(manager, new Shape(3, 4), 2);
    FeatureStatistics real = FeatureStatistics.of(many);
    FeatureStatistics generated = FeatureStatistics.of(few);
    assertThatThrownBy(() -> FrechetDistance.between(manager, real, generated))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("3 generated images for 4 feature dimensions");
    assertThatThrownBy(() -> FrechetDistance.between(manager, generated, real))
        .hasMessageContaining("3 real images");
    assertThat(FrechetDistance.betweenAnyCounts(manager, real, generated)).isPositive();
  }

  @Test
  void theKernelDistanceOfFourVectorsIsClosedForm() {
    // D = 1: k(x, y) = (xy + 1)^3. X = {0, 1}, Y = {1, 2}: k(0,1) = 1, k(1,2) = 27,
    // cross = k(0,1) + k(0,2) + k(1,1) + k(1,2) = 1 + 1 + 8 + 27.
    NDArray x = rows(new double[] {0}, new double[] {1});
    NDArray y = rows(new double[] {1}, new double[] {2});
    assertThat(KernelDistance.unbiased(x, y)).isCloseTo(1 + 27 - 2 * 37 / 4.0, within(1e-12));
  }

  @Test
  void subsetsAreChosenBySeedAndSpreadAroundTheWhole() {
    NDArray real = AtenOps.noise(manager, new Shape(300, 4), 3);
    NDArray generated = AtenOps.noise(manager, new Shape(300, 4), 4).addi(0.5f);
    KernelDistance.Estimate first = KernelDistance.overSubsets(real, generated, 20, 100, 7);
    KernelDistance.Estimate again = KernelDistance.overSubsets(real, generated, 20, 100, 7);
    KernelDistance.Estimate other = KernelDistance.overSubsets(real, generated, 20, 100, 8);
    assertThat(again).isEqualTo(first);
    assertThat(other).isNotEqualTo(first);
    assertThat(first.deviation()).isPositive();
    assertThat(first.mean())
        .isCloseTo(
            KernelDistance.unbiased(real, generated),
            within(4 * first.deviation() / Math.sqrt(20)));
    assertThatThrownBy(() -> KernelDistance.overSubsets(real, generated, 1, 301, 0))
        .hasMessageContaining("subsets of 301");
    assertThat(KernelDistance.choose(50, 50, 1)).doesNotHaveDuplicates().hasSize(50);
  }

  @Test
  void nothingIsLeftInTheCallersManager() {
    NDArray real = AtenOps.noise(manager, new Shape(300, 4), 3);
    NDArray generated = AtenOps.noise(manager, new Shape(280, 4), 4);
    int before = manager.getManagedArrays().size();
    FeatureStatistics.of(real).merge(FeatureStatistics.of(generated));
    KernelDistance.unbiased(real, generated);
    KernelDistance.overSubsets(real, generated, 2, 50, 1);
    PrecisionRecall.between(real, generated, 3);
    EightBit.toBytes(real);
    FrechetDistance.between(manager, FeatureStatistics.of(real), FeatureStatistics.of(generated));
    assertThat(manager.getManagedArrays()).hasSize(before);
  }

  @Test
  void imagesPassThroughEightBitsAsTorchvisionWritesThem() {
    NDArray images =
        manager.create(new float[] {-1, 0, 0.5f / 255, 0.49f / 255, 0.5f, 254.49f / 255, 1, 2});
    assertThat(EightBit.toBytes(images))
        .containsExactly(0, 0, 1, 0, (byte) 128, (byte) 254, (byte) 255, (byte) 255);
    NDArray quantised = EightBit.quantise(images);
    assertThat(quantised.toFloatArray()).startsWith(0f, 0f, 1 / 255f).endsWith(1f, 1f);
    assertThat(EightBit.quantise(quantised)).isEqualTo(quantised);
    assertThatThrownBy(() -> EightBit.toBytes(manager.create(new float[] {0, Float.NaN})))
        .hasMessageContaining("value 1 of the images is not finite");
  }

  @Test
  void covarianceIsThatOfTheDefinitionWhateverTheBatches() {
    NDArray x = AtenOps.noise(manager, new Shape(700, 5), 9).toType(DataType.FLOAT64, true);
    FeatureStatistics whole = FeatureStatistics.of(x);
    try (StatisticsAccumulator parts = new StatisticsAccumulator(manager, 5)) {
      for (int from = 0; from < 700; from += 130) {
        parts.add(x.get(new NDIndex().addSliceDim(from, Math.min(700, from + 130))));
      }
      FeatureStatistics batched = parts.finish();
      assertThat(batched.covariance(manager)).isEqualTo(whole.covariance(manager));
      assertThat(batched.mean(manager)).isEqualTo(whole.mean(manager));
    }
    NDArray centred = x.sub(x.mean(new int[] {0}));
    NDArray expected = centred.transpose().matMul(centred).div(699);
    assertThat(whole.covariance(manager).sub(expected).abs().max().toDoubleArray()[0])
        .isLessThan(1e-13);
    FeatureStatistics merged =
        FeatureStatistics.of(x.get(":300")).merge(FeatureStatistics.of(x.get("300:")));
    assertThat(merged.count()).isEqualTo(700);
    assertThat(merged.covariance(manager).sub(expected).abs().max().toDoubleArray()[0])
        .isLessThan(1e-13);
  }
}

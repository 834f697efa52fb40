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
import dev.fewstep.worker.checkpoint.NpzFile;
import dev.fewstep.worker.checkpoint.RawTensor;
import dev.fewstep.worker.checkpoint.TensorFile;
import dev.fewstep.worker.checkpoint.TensorFormatException;
import dev.fewstep.worker.tensor.AtenOps;
import dev.fewstep.worker.tensor.TorchEngine;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Every protocol against NumPy, SciPy, pytorch-fid and clean-fid on the same features. */
class ProtocolVectorsTest {
  private final NDManager manager = TorchEngine.newManager(Device.cpu());
  @TempDir Path directory;

  @AfterEach
  void close() {
    manager.close();
  }

  private static Path resource(String name) throws Exception {
    return Path.of(ProtocolVectorsTest.class.getResource("protocols/" + name).toURI());
  }

  private static JsonNode expected(String name) throws Exception {
    return Json.messages().readTree(resource("expected.json").toFile()).path(name);
  }

  private FeatureFile onDisk(NDArray features) throws Exception {
    FeatureFile file =
        FeatureFile.temporary(directory, Math.toIntExact(features.getShape().get(1)));
    for (long from = 0; from < features.getShape().get(0); from += 37) {
      long to = Math.min(features.getShape().get(0), from + 37);
      file.add(features.get(new NDIndex().addSliceDim(from, to)).toFloatArray());
    }
    return file;
  }

  @ParameterizedTest
  @ValueSource(strings = {"small", "far", "steep"})
  void everyProtocolMeetsAnIndependentImplementation(String name) throws Exception {
    JsonNode e = expected(name);
    Map<String, NDArray> arrays = TensorFile.read(resource(name + ".npz"), manager);
    NDArray real = arrays.get("real");
    NDArray generated = arrays.get("generated");
    double frechet =
        FrechetDistance.between(
            manager, FeatureStatistics.of(real), FeatureStatistics.of(generated));
    for (String python : new String[] {"frechet", "pytorch_fid", "clean_fid"}) {
      double theirs = e.path(python).asDouble();
      assertThat(frechet).as(python).isCloseTo(theirs, within(1e-6 * theirs));
    }
    assertThat(FrechetDistance.ofRows(real, generated)).isCloseTo(frechet, within(1e-9 * frechet));
    try (FeatureFile a = onDisk(real);
        FeatureFile b = onDisk(generated)) {
      double kernel = KernelDistance.unbiased(manager, a, b);
      assertThat(kernel).isCloseTo(e.path("kernel").asDouble(), within(1e-10));
      assertThat(KernelDistance.unbiased(real, generated)).isEqualTo(kernel);
      double first = e.path("kernel_of_first_100").asDouble();
      assertThat(KernelDistance.unbiased(manager, a.first(100), b.first(100)))
          .isCloseTo(first, within(1e-10));
      assertThat(first)
          .isCloseTo(e.path("clean_fid_kid_one_full_subset").asDouble(), within(1e-10));
      PrecisionRecall shares = PrecisionRecall.between(manager, a, b, 3);
      assertThat(shares.precision()).isCloseTo(e.path("precision").asDouble(), within(1e-12));
      assertThat(shares.recall()).isCloseTo(e.path("recall").asDouble(), within(1e-12));
      DensityCoverage more = DensityCoverage.between(manager, a, b, 5);
      assertThat(more.density()).isCloseTo(e.path("density").asDouble(), within(1e-12));
      assertThat(more.coverage()).isCloseTo(e.path("coverage").asDouble(), within(1e-12));
    }
    float[] p = arrays.get("logits").softmax(1).toFloatArray();
    InceptionScore sums = new InceptionScore(10, 64);
    sums.add(Arrays.copyOf(p, 10 * 70));
    sums.add(Arrays.copyOfRange(p, 10 * 70, p.length));
    InceptionScore.Estimate score = sums.finish();
    assertThat(score.mean()).isCloseTo(e.path("inception_score").asDouble(), within(1e-6));
    assertThat(score.deviation()).isCloseTo(e.path("inception_score_std").asDouble(), within(1e-6));
    assertThat(score.splits()).isEqualTo(3);
    int[] sizes = Json.messages().treeToValue(e.path("sizes"), int[].class);
    double[] distances = Json.messages().treeToValue(e.path("frechet_of_sizes"), double[].class);
    assertThat(FrechetInfinity.regress(sizes, distances).value())
        .isCloseTo(e.path("frechet_infinity").asDouble(), within(1e-9));
  }

  @Test
  void publishedStatisticsAreReadAndOursAreWrittenTheSame() throws Exception {
    Map<String, NDArray> arrays = TensorFile.read(resource("small.npz"), manager);
    FeatureStatistics theirs = FeatureStatistics.load(resource("pytorch-fid-statistics.npz"));
    assertThat(theirs.countKnown()).isFalse();
    FeatureStatistics generated = FeatureStatistics.of(arrays.get("generated"));
    double value = expected("small").path("pytorch_fid").asDouble();
    assertThat(FrechetDistance.between(manager, theirs, generated))
        .isCloseTo(value, within(1e-6 * value));
    Path ours = directory.resolve("ours.npz");
    FeatureStatistics.of(arrays.get("real")).save(ours);
    Map<String, NDArray> written = TensorFile.read(ours, manager);
    assertThat(written.get("mu").getDataType()).isEqualTo(DataType.FLOAT64);
    assertThat(written.get("mu").toDoubleArray())
        .containsExactly(theirs.mean(manager).toDoubleArray(), within(1e-12));
    assertThat(written.get("sigma").toDoubleArray())
        .containsExactly(theirs.covariance(manager).toDoubleArray(), within(1e-12));
  }

  @Test
  void statisticsThatCannotBeAreRefusedByName() throws Exception {
    Path file = directory.resolve("bad.npz");
    NpzFile.write(file, Map.of("mu", doubles(2), "sigma", doubles(2, 2, 1, 0.5, -0.5, 1)));
    assertThatThrownBy(() -> FeatureStatistics.load(file))
        .isInstanceOf(TensorFormatException.class)
        .hasMessageContaining("'sigma' is not symmetric");
    NpzFile.write(file, Map.of("mu", doubles(1, 0), "sigma", doubles(1, 1, Double.NaN)));
    assertThatThrownBy(() -> FeatureStatistics.load(file)).hasMessageContaining("not finite");
    NpzFile.write(file, Map.of("sigma", doubles(1, 1, 1)));
    assertThatThrownBy(() -> FeatureStatistics.load(file)).hasMessageContaining("'mu'");
  }

  private static RawTensor doubles(double... shapeThenValues) {
    // (D) of zeros, or (D, D) with its values.
    int d = (int) shapeThenValues[0];
    boolean matrix = shapeThenValues.length == 2 + d * d;
    ByteBuffer bytes = ByteBuffer.allocate(8 * (matrix ? d * d : d)).order(ByteOrder.LITTLE_ENDIAN);
    if (matrix) {
      bytes.asDoubleBuffer().put(shapeThenValues, 2, d * d);
    }
    return new RawTensor(DataType.FLOAT64, matrix ? new long[] {d, d} : new long[] {d}, bytes);
  }

  @Test
  void aSingularCovarianceOnEitherSideFallsBack() {
    // The third feature never varies in a; b has a feature that repeats another.
    NDArray noise = AtenOps.noise(manager, new Shape(50, 4), 3);
    NDArray a = noise.mul(manager.create(new float[] {1, 2, 0, 1}));
    NDArray b = noise.get(new NDIndex(":, {}", manager.create(new long[] {0, 1, 1, 3}))).add(1);
    FeatureStatistics constant = FeatureStatistics.of(a);
    FeatureStatistics repeated = FeatureStatistics.of(b);
    double there = FrechetDistance.between(manager, constant, repeated);
    assertThat(FrechetDistance.between(manager, repeated, constant))
        .isCloseTo(there, within(1e-6 * there));
    assertThat(FrechetDistance.between(manager, constant, constant)).isCloseTo(0, within(1e-6));
    assertThat(FrechetDistance.between(manager, repeated, repeated)).isCloseTo(0, within(1e-6));
    FeatureStatistics still = FeatureStatistics.of(manager.ones(new Shape(5, 4)));
    double alone = FrechetDistance.between(manager, still, repeated);
    double means =
        repeated.mean(manager).sub(1).square().sum().toDoubleArray()[0] + repeated.trace();
    assertThat(alone).isCloseTo(means, within(1e-9 * means));
  }

  @Test
  void blocksOfNeighboursAgreeWithOneBlock() throws Exception {
    // More rows than one block of 1024, on one line: neighbours are known.
    int n = 1500;
    float[] line = new float[n];
    for (int i = 0; i < n; i++) {
      line[i] = i * 7 % n;
    }
    try (FeatureFile rows = FeatureFile.temporary(directory, 1)) {
      rows.add(line);
      double[] radii = Neighbours.radii(manager, rows, 3);
      for (int i = 0; i < n; i++) {
        boolean end = line[i] == 0 || line[i] == n - 1;
        assertThat(radii[i]).as("radius of %s", line[i]).isEqualTo(end ? 9 : 4);
      }
      assertThat(PrecisionRecall.between(manager, rows, rows, 3))
          .isEqualTo(new PrecisionRecall(1, 1));
      // Strictly inside a ball of radius 2 lie the centre and its two neighbours.
      int[] balls = Neighbours.ballsOf(manager, rows, rows, radii, false);
      assertThat(Arrays.stream(balls).max()).hasValue(4);
      assertThat(DensityCoverage.between(manager, rows, rows, 5).coverage()).isEqualTo(1);
    }
  }

  @Test
  void extrapolationRemovesTheBiasOfFewSamples() {
    NDArray all = AtenOps.noise(manager, new Shape(4000, 6), 11);
    FeatureStatistics real = FeatureStatistics.of(AtenOps.noise(manager, new Shape(20_000, 6), 12));
    FrechetInfinity infinity = FrechetInfinity.of(manager, real, FeatureRows.of(all), 100, 5);
    assertThat(infinity.sizes()).hasSize(15).startsWith(100).endsWith(4000);
    assertThat(infinity.distances().get(0)).isGreaterThan(infinity.distances().get(14));
    // Both are standard normal: the distance is 0.
    assertThat(infinity.value()).isCloseTo(0, within(4 * infinity.standardError() + 1e-3));
    assertThat(infinity.value()).isLessThan(infinity.distances().get(0) / 5);
    assertThat(FrechetInfinity.of(manager, real, FeatureRows.of(all), 100, 5)).isEqualTo(infinity);
    assertThatThrownBy(() -> FrechetInfinity.of(manager, real, FeatureRows.of(all), 4000, 5))
        .hasMessageContaining("there must be more samples than 4000");
  }

  @Test
  void intervalsHoldTheEstimateAndAreAsWideAsTheSpreadOfNewSamples() {
    NDArray reals = AtenOps.noise(manager, new Shape(3000, 4), 21);
    FeatureStatistics real = FeatureStatistics.of(reals);
    int n = 300;
    double[] frechets = new double[60];
    double[] kernels = new double[60];
    for (int i = 0; i < frechets.length; i++) {
      NDArray made = AtenOps.noise(manager, new Shape(n, 4), 100 + i).addi(0.4f);
      frechets[i] = FrechetDistance.between(manager, real, FeatureStatistics.of(made));
      kernels[i] = KernelDistance.unbiased(reals, made);
    }
    NDArray made = AtenOps.noise(manager, new Shape(n, 4), 100).addi(0.4f);
    Bootstrap bootstrap = new Bootstrap(200, 3);
    FeatureRows rows = FeatureRows.of(made);
    Bootstrap.Interval frechet = bootstrap.frechet(manager, real, rows, frechets[0]);
    Bootstrap.Interval kernel = bootstrap.kernel(manager, FeatureRows.of(reals), rows, kernels[0]);
    assertThat(frechets[0]).isBetween(frechet.low(), frechet.high());
    assertThat(kernels[0]).isBetween(kernel.low(), kernel.high());
    assertThat((frechet.high() - frechet.low()) / (3.92 * deviation(frechets))).isBetween(0.6, 1.6);
    assertThat((kernel.high() - kernel.low()) / (3.92 * deviation(kernels))).isBetween(0.6, 1.6);
    assertThat(bootstrap.frechet(manager, real, rows, frechets[0])).isEqualTo(frechet);
    assertThat(Bootstrap.quantile(new double[] {0, 1, 4}, 0.75)).isEqualTo(2.5);
  }

  private static double deviation(double[] values) {
    double mean = Arrays.stream(values).average().orElseThrow();
    return Math.sqrt(
        Arrays.stream(values).map(v -> (v - mean) * (v - mean)).sum() / (values.length - 1));
  }

  @Test
  void uniformPredictionsScoreOneAndSharpBalancedOnesTheClasses() {
    float[] equal = new float[4 * 12];
    Arrays.fill(equal, 0.25f);
    InceptionScore uniform = new InceptionScore(4, 10);
    uniform.add(equal);
    assertThat(uniform.finish().mean()).isCloseTo(1, within(1e-12));
    float[] one = new float[4 * 8];
    for (int i = 0; i < 8; i++) {
      one[4 * i + i % 4] = 1;
    }
    InceptionScore sharp = new InceptionScore(4, 8);
    sharp.add(one);
    InceptionScore.Estimate score = sharp.finish();
    assertThat(score.mean()).isCloseTo(4, within(1e-12));
    assertThat(score.splits()).isEqualTo(1);
    one[3] = Float.NaN;
    assertThatThrownBy(() -> new InceptionScore(4, 8).add(one)).hasMessageContaining("class 3");
  }
}

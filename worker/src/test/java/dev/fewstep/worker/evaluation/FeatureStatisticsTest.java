package dev.fewstep.worker.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.fewstep.worker.checkpoint.TensorFile;
import dev.fewstep.worker.tensor.AtenOps;
import dev.fewstep.worker.tensor.TorchEngine;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FeatureStatisticsTest {
  @Test
  void theyComeBackFromTheFile(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("s.npz");
    Path again = folder.resolve("t.npz");
    try (NDManager manager = TorchEngine.newManager(Device.cpu())) {
      FeatureStatistics saved = FeatureStatistics.of(AtenOps.noise(manager, new Shape(20, 3), 1));
      saved.save(file);
      FeatureStatistics read = FeatureStatistics.load(file);
      read.save(again);
      assertThat(Files.mismatch(file, again)).isEqualTo(-1);
      assertThat(read.count()).isEqualTo(20);
      assertThat(read.dimensions()).isEqualTo(3);
      assertThat(read.covariance(manager)).isEqualTo(saved.covariance(manager));

      Map<String, ai.djl.ndarray.NDArray> foreign = new LinkedHashMap<>();
      foreign.put("mu", saved.mean(manager));
      foreign.put("sigma", saved.covariance(manager));
      Path bare = folder.resolve("pytorch-fid.npz");
      TensorFile.write(bare, foreign, Map.of());
      assertThat(FeatureStatistics.load(bare).countKnown()).isFalse();
      assertThat(FeatureStatistics.load(bare, OptionalLong.of(50_000)).count()).isEqualTo(50_000);
    }
  }

  @Test
  void vectorsThatAreNotFiniteOrOfAnotherSizeAreRefused() {
    try (NDManager manager = TorchEngine.newManager(Device.cpu());
        StatisticsAccumulator accumulator = new StatisticsAccumulator(manager, 2)) {
      accumulator.add(manager.create(new float[] {1, 2}, new Shape(1, 2)));
      assertThatThrownBy(accumulator::finish).hasMessageContaining("at least 2 vectors, not 1");
      assertThatThrownBy(
              () -> accumulator.add(manager.create(new float[] {1, Float.NaN}, new Shape(1, 2))))
          .hasMessageContaining("feature 1 of vector 1 is not finite");
      assertThatThrownBy(() -> accumulator.add(manager.zeros(new Shape(1, 3))))
          .hasMessageContaining("expected (N, 2)");
    }
  }
}

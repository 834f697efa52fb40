package dev.fewstep.bench;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.fewstep.schemas.spec.MetricKind;
import dev.fewstep.schemas.task.EvaluationProtocol.Family;
import dev.fewstep.worker.evaluation.FeatureFile;
import dev.fewstep.worker.evaluation.SpaceScoring;
import dev.fewstep.worker.evaluation.StatisticsAccumulator;
import dev.fewstep.worker.tensor.AtenOps;
import dev.fewstep.worker.tensor.TorchEngine;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Time and memory of an evaluation's second half: so many feature vectors are gathered batch by
 * batch and scored. A row for each phase: seconds, peak of the heap, peak of the process.
 */
public final class EvaluationBench {
  private static final int BATCH = 250;

  private EvaluationBench() {}

  /**
   * Arguments: folder for temporary files, vectors, dimensions, vectors for single-vector metrics.
   */
  public static void main(String[] args) throws IOException {
    Path folder = Path.of(args[0]);
    int vectors = Integer.parseInt(args[1]);
    int dimensions = Integer.parseInt(args[2]);
    int features = Integer.parseInt(args[3]);
    System.out.printf("%-34s %10s %10s %12s%n", "phase", "seconds", "heap MB", "process MB");
    try (NDManager manager = TorchEngine.newManager(Device.cpu())) {
      row("start", 0);
      long begun = System.nanoTime();
      try (FeatureFile real = FeatureFile.temporary(folder, dimensions);
          FeatureFile generated = FeatureFile.temporary(folder, dimensions)) {
        SpaceScoring.Side x = gather(manager, real, vectors, 1);
        SpaceScoring.Side y = gather(manager, generated, vectors, 2);
        row("2 x " + vectors + " vectors of " + dimensions, begun);
        for (MetricKind metric :
            List.of(MetricKind.FD, MetricKind.KID, MetricKind.KD, MetricKind.PR, MetricKind.DC)) {
          begun = System.nanoTime();
          SpaceScoring.Settings settings =
              new SpaceScoring.Settings(List.of(metric), features, 0, 0);
          SpaceScoring.Naming naming =
              new SpaceScoring.Naming(Family.OTHER, "noise", "noise", "", false);
          SpaceScoring.Result result =
              SpaceScoring.score(manager, settings, naming, x, y, Optional.empty());
          row(result.scores().get(0).protocol().name(), begun);
        }
      }
    }
  }

  private static SpaceScoring.Side gather(
      NDManager manager, FeatureFile file, int vectors, long seed) {
    try (StatisticsAccumulator sums = new StatisticsAccumulator(manager, file.dimensions())) {
      for (int from = 0; from < vectors; from += BATCH) {
        int size = Math.min(BATCH, vectors - from);
        try (NDManager step = manager.newSubManager()) {
          NDArray batch =
              AtenOps.noise(step, new Shape(size, file.dimensions()), seed * 1_000_003 + from);
          sums.add(batch);
          file.add(batch.toFloatArray());
        }
      }
      return new SpaceScoring.Side(sums.finish(), Optional.of(file));
    }
  }

  private static void row(String phase, long begun) throws IOException {
    long heap = 0;
    for (MemoryPoolMXBean pool : ManagementFactory.getMemoryPoolMXBeans()) {
      if (pool.getType() == MemoryType.HEAP) {
        heap += pool.getPeakUsage().getUsed();
      }
    }
    double seconds = begun == 0 ? 0 : (System.nanoTime() - begun) / 1e9;
    System.out.printf(
        Locale.ROOT, "%-34s %10.1f %10d %12s%n", phase, seconds, heap >> 20, processPeak());
  }

  private static String processPeak() throws IOException {
    Path status = Path.of("/proc/self/status");
    if (!Files.isReadable(status)) {
      return "unknown";
    }
    for (String line : Files.readAllLines(status)) {
      if (line.startsWith("VmHWM:")) {
        return Long.toString(Long.parseLong(line.replaceAll("[^0-9]", "")) >> 10);
      }
    }
    return "unknown";
  }
}

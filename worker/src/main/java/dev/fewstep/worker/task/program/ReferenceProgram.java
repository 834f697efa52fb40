package dev.fewstep.worker.task.program;

import ai.djl.ndarray.NDManager;
import dev.fewstep.schemas.ArtifactKind;
import dev.fewstep.schemas.task.ReferenceTask;
import dev.fewstep.worker.data.ImageDataset;
import dev.fewstep.worker.data.NpzImages;
import dev.fewstep.worker.evaluation.StatisticsAccumulator;
import dev.fewstep.worker.features.FeatureExtractor;
import dev.fewstep.worker.tensor.TorchEngine;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;

/**
 * Statistics of real images in a feature space. Makes {@code statistics.npz}: mean, covariance and
 * count over all images, and the features of some of them, evenly spread, for what needs single
 * vectors. Images enter as they are, never augmented.
 */
public final class ReferenceProgram implements TaskProgram<ReferenceTask> {
  private static final int BATCH = 128;

  @Override
  public TaskResult run(ReferenceTask spec, TaskContext context)
      throws IOException, TaskStoppedException {
    ImageDataset dataset = NpzImages.open(context.input(spec.dataset()));
    try (NDManager manager = TorchEngine.newManager(context.device());
        FeatureExtractor extractor =
            Extractors.load(
                context.input(spec.space().extractor()),
                spec.space().mode(),
                dataset.shape(),
                manager);
        StatisticsAccumulator accumulator =
            new StatisticsAccumulator(manager, extractor.dimensions());
        ReferenceFeatures.Sample kept =
            new ReferenceFeatures.Sample(
                context.directory(), dataset.size(), extractor.dimensions(), spec.features())) {
      context.listener().log("extracts " + extractor.name() + " of " + dataset.size() + " images");
      List<OrderedBatches.Maker<float[]>> makers =
          new ArrayList<>(
              Collections.nCopies(
                  context.shards(),
                  (from, count) -> Extractors.features(extractor, dataset, from, count, manager)));
      OrderedBatches.run(
          dataset.size(),
          BATCH,
          makers,
          features -> {
            Extractors.add(accumulator, features, extractor.dimensions(), manager);
            kept.add(features);
          },
          context);
      Path file = context.directory().resolve("statistics.npz");
      ReferenceFeatures.save(
          file,
          accumulator.finish(),
          kept,
          new ReferenceFeatures.Provenance(spec.dataset().value(), extractor.name(), false));
      return new TaskResult(
          List.of(new OutputFile(ArtifactKind.STATISTICS, "statistics.npz", file)),
          Map.of("samples", (double) dataset.size()));
    }
  }

  /** Indices from, from + 1, …. */
  static int[] range(int from, int count) {
    int[] indices = new int[count];
    Arrays.setAll(indices, i -> from + i);
    return indices;
  }
}

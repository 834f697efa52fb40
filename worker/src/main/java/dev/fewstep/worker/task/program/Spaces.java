package dev.fewstep.worker.task.program;

import ai.djl.ndarray.NDManager;
import dev.fewstep.schemas.task.MmdLossTask;
import dev.fewstep.schemas.task.WeightedSpace;
import dev.fewstep.worker.data.ImageShape;
import dev.fewstep.worker.features.FeatureExtractor;
import dev.fewstep.worker.mmd.MmdLoss;
import dev.fewstep.worker.training.TrainedSpace;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The feature spaces of a loss with their extractors, which it closes.
 *
 * @param trained in the order of the specification
 */
record Spaces(List<TrainedSpace> trained) implements AutoCloseable {
  /**
   * Loads the extractors.
   *
   * @throws TaskFailure when one has no such mode or no gradient, or the loss is none
   */
  static Spaces load(MmdLossTask loss, ImageShape images, TaskContext context, NDManager manager)
      throws IOException {
    MmdLoss mmd = Losses.of(loss);
    List<TrainedSpace> trained = new ArrayList<>();
    try {
      for (WeightedSpace space : loss.spaces()) {
        FeatureExtractor extractor =
            Extractors.loadForLoss(
                context.input(space.space().extractor()), space.space().mode(), images, manager);
        trained.add(new TrainedSpace(extractor, mmd, space.weight()));
      }
    } catch (IOException | RuntimeException e) {
      new Spaces(trained).close();
      throw e;
    }
    return new Spaces(List.copyOf(trained));
  }

  /** The extractors' names. */
  String names() {
    return trained.stream()
        .map(space -> space.extractor().name())
        .collect(Collectors.joining(", "));
  }

  @Override
  public void close() {
    trained.forEach(space -> space.extractor().close());
  }
}

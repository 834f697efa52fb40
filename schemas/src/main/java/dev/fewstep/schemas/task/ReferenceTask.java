package dev.fewstep.schemas.task;

import static java.util.Objects.requireNonNull;

import dev.fewstep.schemas.TaskKind;
import java.util.List;

/**
 * Statistics of real images in a feature space.
 *
 * @param dataset the images
 * @param space the feature space
 */
public record ReferenceTask(SourceRef dataset, FeatureSpace space) implements TaskSpec {
  public ReferenceTask {
    requireNonNull(dataset, "dataset");
    requireNonNull(space, "space");
  }

  @Override
  public TaskKind kind() {
    return TaskKind.REFERENCE;
  }

  @Override
  public List<SourceRef> sources() {
    return List.of(dataset, space.extractor());
  }
}

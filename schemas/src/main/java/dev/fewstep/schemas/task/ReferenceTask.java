package dev.fewstep.schemas.task;

import static dev.fewstep.schemas.spec.Checks.require;
import static java.util.Objects.requireNonNull;
import static java.util.Objects.requireNonNullElse;

import dev.fewstep.schemas.TaskKind;
import dev.fewstep.schemas.spec.EvaluationSpec;
import java.util.List;

/**
 * Statistics of real images in a feature space.
 *
 * @param dataset the images
 * @param space the feature space
 * @param features feature vectors kept beside the statistics, at most
 */
public record ReferenceTask(SourceRef dataset, FeatureSpace space, Integer features)
    implements TaskSpec {
  public ReferenceTask {
    requireNonNull(dataset, "dataset");
    requireNonNull(space, "space");
    features = requireNonNullElse(features, EvaluationSpec.FEATURES);
    require(features >= 2, "features must be at least 2, not %s", features);
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

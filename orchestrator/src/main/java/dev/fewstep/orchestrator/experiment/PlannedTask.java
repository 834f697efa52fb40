package dev.fewstep.orchestrator.experiment;

import static java.util.Objects.requireNonNull;

import dev.fewstep.schemas.TaskKind;
import dev.fewstep.schemas.task.SourceRef;
import dev.fewstep.schemas.task.TaskSpec;
import java.util.List;
import java.util.Optional;

/**
 * A task as the grid gives it.
 *
 * @param key its task key
 * @param spec its resolved specification
 */
record PlannedTask(String key, TaskSpec spec) {
  PlannedTask {
    requireNonNull(key, "key");
    requireNonNull(spec, "spec");
  }

  TaskKind kind() {
    return spec.kind();
  }

  /** Keys of the tasks whose results it needs. */
  List<String> dependsOn() {
    return spec.sources().stream()
        .map(SourceRef::upstreamKey)
        .flatMap(Optional::stream)
        .distinct()
        .toList();
  }
}

package dev.fewstep.orchestrator.care;

import dev.fewstep.orchestrator.experiment.OrchestratorState;
import dev.fewstep.orchestrator.experiment.Reachable;
import dev.fewstep.schemas.state.CachedRecord;
import dev.fewstep.schemas.state.TaskRecord;
import dev.fewstep.schemas.state.Want;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Questions about what a state refers to. */
final class References {
  private References() {}

  /**
   * Those of some digests that the state needs; of all digests when none are given.
   *
   * @param rules which checkpoints of finished tasks are needed
   */
  static Set<String> needed(
      OrchestratorState state, KeepRules rules, Optional<Set<String>> digests) {
    Set<String> needed = new HashSet<>();
    Reachable.visit(
        state,
        reference -> {
          String digest = reference.artifact().sha256();
          if (digests.map(wanted -> wanted.contains(digest)).orElse(true)
              && !rules.frees(reference)) {
            needed.add(digest);
          }
        });
    return needed;
  }

  /** Ids of the experiments that a reference concerns; none for an input that none uses. */
  static List<String> experiments(OrchestratorState state, Reachable.Reference reference) {
    return switch (reference.reason()) {
      case INPUT -> List.of();
      case EXPERIMENT_INPUT, ARCHIVE -> List.of(reference.by());
      case RESULT, CHECKPOINT -> reference.task().map(References::experiments).orElse(List.of());
      case CLAIM -> state.task(reference.by()).map(References::experiments).orElse(List.of());
      case CACHED_RESULT ->
          state
              .cached(reference.by())
              .map(CachedRecord::experimentId)
              .map(List::of)
              .orElse(List.of());
    };
  }

  /** Ids of the experiments that want a task. */
  static List<String> experiments(TaskRecord task) {
    return task.wants().stream().map(Want::experimentId).toList();
  }
}

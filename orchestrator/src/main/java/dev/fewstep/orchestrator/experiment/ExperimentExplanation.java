package dev.fewstep.orchestrator.experiment;

import static java.util.Objects.requireNonNull;

import java.util.List;

/**
 * What an experiment waits for.
 *
 * @param experimentId the experiment
 * @param state where it stands
 * @param reasons what concerns it as a whole
 * @param tasks its open tasks by the reason that counts most for each, most tasks first
 * @param examined how many of its open tasks were looked at, oldest first
 * @param open its open tasks in all
 */
public record ExperimentExplanation(
    String experimentId,
    ExperimentState state,
    List<Explanation.Reason> reasons,
    List<Group> tasks,
    int examined,
    int open) {
  public ExperimentExplanation {
    requireNonNull(experimentId, "experimentId");
    requireNonNull(state, "state");
    reasons = List.copyOf(reasons);
    tasks = List.copyOf(tasks);
  }

  /**
   * Tasks that stand where they do for the same reason.
   *
   * @param code the reason
   * @param count how many they are
   * @param text what is said of the oldest of them
   * @param taskKey the oldest of them
   */
  public record Group(Explanation.Code code, int count, String text, String taskKey) {}
}

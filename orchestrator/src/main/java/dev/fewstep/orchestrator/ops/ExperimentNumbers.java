package dev.fewstep.orchestrator.ops;

import static java.util.Objects.requireNonNull;

import dev.fewstep.schemas.TaskState;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/**
 * Numbers of one experiment. Only of few: its id is a label.
 *
 * @param id the experiment
 * @param submittedAt when it was submitted
 * @param tasks its tasks by state
 * @param best its best trial, once one is scored
 */
public record ExperimentNumbers(
    String id, Instant submittedAt, Map<TaskState, Integer> tasks, Optional<Best> best) {
  /** Of how many experiments, the newest, meters are kept. */
  public static final int KEPT = 20;

  public ExperimentNumbers {
    requireNonNull(id, "id");
    requireNonNull(submittedAt, "submittedAt");
    tasks = Map.copyOf(tasks);
    requireNonNull(best, "best");
  }

  /**
   * The trial with the lowest Fréchet distance.
   *
   * @param space the feature space of the score
   * @param trial its index
   * @param ratio the score as a part of its paired baseline's, once known
   */
  public record Best(String space, int trial, double score, Optional<Double> ratio) {
    public Best {
      requireNonNull(space, "space");
      requireNonNull(ratio, "ratio");
    }
  }
}

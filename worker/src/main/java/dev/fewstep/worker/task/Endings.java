package dev.fewstep.worker.task;

import dev.fewstep.schemas.message.Report;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;

/** How the outcome of an execution is told. */
final class Endings {
  private Endings() {}

  /**
   * What is reported at an end, nothing when nobody asked for the task any more.
   *
   * @param took from accepting the task to its end
   * @param now when it ended
   */
  static Optional<Report> report(RunningTask task, Outcome outcome, Duration took, Instant now) {
    String key = task.message().taskKey();
    int attempt = task.message().attempt();
    UUID execution = task.executionId();
    if (outcome instanceof Outcome.Success success) {
      return Optional.of(
          new Report.Succeeded(
              now,
              key,
              attempt,
              execution,
              success.artifacts(),
              success.scores(),
              success.provenance(),
              took.toMillis() / 1000.0));
    }
    if (outcome instanceof Outcome.Failure failure) {
      return Optional.of(
          new Report.Failed(
              now,
              key,
              attempt,
              execution,
              failure.code(),
              failure.message(),
              task.taskLog().tail()));
    }
    if (((Outcome.Stopped) outcome).release()) {
      return Optional.of(new Report.Released(now, key, attempt, execution));
    }
    return Optional.empty();
  }
}

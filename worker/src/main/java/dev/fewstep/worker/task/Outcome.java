package dev.fewstep.worker.task;

import static java.util.Objects.requireNonNull;

import dev.fewstep.schemas.Artifact;
import dev.fewstep.schemas.message.FailureCode;
import java.util.List;
import java.util.Map;

/** How an execution ended. */
public sealed interface Outcome {
  /** The task is done and its artifacts are in the store. */
  record Success(
      List<Artifact> artifacts, Map<String, Double> scores, Map<String, String> provenance)
      implements Outcome {
    public Success {
      artifacts = List.copyOf(artifacts);
      scores = Map.copyOf(scores);
      provenance = Map.copyOf(provenance);
    }
  }

  /** It failed. */
  record Failure(FailureCode code, String message) implements Outcome {
    public Failure {
      requireNonNull(code, "code");
      requireNonNull(message, "message");
    }
  }

  /**
   * It stopped because it was asked to.
   *
   * @param release whether the task is handed back; otherwise nobody wants this execution
   */
  record Stopped(boolean release) implements Outcome {}

  /** A word for metrics: {@code succeeded}, {@code failed}, {@code released}, {@code abandoned}. */
  default String word() {
    if (this instanceof Success) {
      return "succeeded";
    }
    if (this instanceof Failure) {
      return "failed";
    }
    return ((Stopped) this).release() ? "released" : "abandoned";
  }
}

package dev.fewstep.schemas.message;

import static java.util.Objects.requireNonNull;

import dev.fewstep.schemas.Artifact;
import dev.fewstep.schemas.spec.ExperimentSpec;
import java.time.Instant;
import java.util.UUID;

/** What a person asks. */
public sealed interface Command extends InboxMessage {
  /** Made by the client (Idempotency-Key): a repeated command has the outcome of the first. */
  UUID commandId();

  /** Runs an experiment. Its id is made from the command's. */
  record SubmitExperiment(UUID commandId, Instant at, String submittedBy, ExperimentSpec experiment)
      implements Command {
    public SubmitExperiment {
      requireNonNull(commandId, "commandId");
      requireNonNull(at, "at");
      requireNonNull(submittedBy, "submittedBy");
      requireNonNull(experiment, "experiment");
    }
  }

  /** Withdraws what is left of an experiment. */
  record CancelExperiment(UUID commandId, Instant at, String experimentId) implements Command {
    public CancelExperiment {
      requireNonNull(commandId, "commandId");
      requireNonNull(at, "at");
      requireNonNull(experimentId, "experimentId");
    }
  }

  /** Names imported bytes, already in the store; a name may be moved to other bytes. */
  record RegisterInput(UUID commandId, Instant at, String name, Artifact artifact, String origin)
      implements Command {
    public RegisterInput {
      requireNonNull(commandId, "commandId");
      requireNonNull(at, "at");
      requireNonNull(name, "name");
      requireNonNull(artifact, "artifact");
      requireNonNull(origin, "origin");
    }
  }
}

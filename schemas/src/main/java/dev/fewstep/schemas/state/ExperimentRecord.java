package dev.fewstep.schemas.state;

import static dev.fewstep.schemas.spec.Checks.require;
import static java.util.Objects.requireNonNull;

import dev.fewstep.schemas.Artifact;
import dev.fewstep.schemas.spec.ExperimentSpec;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * An experiment: its grid, not its product.
 *
 * @param id {@code <name>-<first 8 hex digits of the command's id>}
 * @param sequence submission order, from 1
 * @param commandId the command that submitted it
 * @param spec as submitted
 * @param submittedBy who
 * @param submittedAt record time
 * @param inputs what the names in the specification meant at submission
 * @param trials number of trials
 * @param planned trials planned so far, 0 to trials
 * @param base evaluations of the base model alone; known once the first trials are planned
 * @param cancelledAt record time of its cancelling
 * @param planFailure why planning could not go on
 */
public record ExperimentRecord(
    String id,
    long sequence,
    UUID commandId,
    ExperimentSpec spec,
    String submittedBy,
    Instant submittedAt,
    Map<String, Artifact> inputs,
    int trials,
    int planned,
    List<BaseEvaluation> base,
    Optional<Instant> cancelledAt,
    Optional<String> planFailure)
    implements StateValue {
  public ExperimentRecord {
    requireNonNull(id, "id");
    requireNonNull(commandId, "commandId");
    requireNonNull(spec, "spec");
    requireNonNull(submittedBy, "submittedBy");
    requireNonNull(submittedAt, "submittedAt");
    inputs = Map.copyOf(inputs);
    require(planned >= 0 && planned <= trials, "planned must be 0 to %s, not %s", trials, planned);
    base = List.copyOf(base);
    cancelledAt = cancelledAt == null ? Optional.empty() : cancelledAt;
    planFailure = planFailure == null ? Optional.empty() : planFailure;
  }

  /** Whether nothing more is wanted of it. */
  public boolean withdrawn() {
    return cancelledAt.isPresent() || planFailure.isPresent();
  }

  /** Whether trials wait to be planned. */
  public boolean planning() {
    return !withdrawn() && planned < trials;
  }

  /** Planned further. */
  public ExperimentRecord planned(int newPlanned, List<BaseEvaluation> newBase) {
    return copy(newPlanned, newBase, cancelledAt, planFailure);
  }

  /** Cancelled by a person. */
  public ExperimentRecord cancelled(Instant at) {
    return copy(planned, base, Optional.of(at), planFailure);
  }

  /** Not plannable. */
  public ExperimentRecord unplannable(String reason) {
    return copy(planned, base, cancelledAt, Optional.of(reason));
  }

  private ExperimentRecord copy(
      int newPlanned,
      List<BaseEvaluation> newBase,
      Optional<Instant> newCancelledAt,
      Optional<String> newPlanFailure) {
    return new ExperimentRecord(
        id,
        sequence,
        commandId,
        spec,
        submittedBy,
        submittedAt,
        inputs,
        trials,
        newPlanned,
        newBase,
        newCancelledAt,
        newPlanFailure);
  }
}

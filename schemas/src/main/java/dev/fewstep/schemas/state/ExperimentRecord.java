package dev.fewstep.schemas.state;

import static dev.fewstep.schemas.spec.Checks.require;
import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonFormat;
import dev.fewstep.schemas.Artifact;
import dev.fewstep.schemas.Lineage;
import dev.fewstep.schemas.message.Command;
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
 * @param lineage the experiment that it came from
 * @param pausedAt record time of its pausing; empty while it is not paused
 * @param retryAt record time of the last request to retry failed tasks; empty once all that had
 *     failed by then are begun anew
 * @param priority priority set after submission
 * @param maxParallel bound set after submission
 * @param salt id that its task keys are salted with when its policy has no cache: that of the
 *     experiment that it replaces or extends, so that the two share results; empty for its own
 * @param servedAt record time at which one of its tasks was last published, as far as it matters
 *     for aging: noted now and then; also when it was resumed
 * @param traceparent the place in a trace to which its tasks belong, when traces were recorded as
 *     it was submitted
 */
public record ExperimentRecord(
    String id,
    long sequence,
    UUID commandId,
    ExperimentSpec spec,
    String submittedBy,
    Instant submittedAt,
    @JsonFormat(with = JsonFormat.Feature.WRITE_SORTED_MAP_ENTRIES) Map<String, Artifact> inputs,
    int trials,
    int planned,
    List<BaseEvaluation> base,
    Optional<Instant> cancelledAt,
    Optional<String> planFailure,
    Optional<Lineage> lineage,
    Optional<Instant> pausedAt,
    Optional<Instant> retryAt,
    Optional<Integer> priority,
    Optional<Integer> maxParallel,
    Optional<String> salt,
    Optional<Instant> servedAt,
    Optional<String> traceparent)
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
    lineage = lineage == null ? Optional.empty() : lineage;
    pausedAt = pausedAt == null ? Optional.empty() : pausedAt;
    retryAt = retryAt == null ? Optional.empty() : retryAt;
    priority = priority == null ? Optional.empty() : priority;
    maxParallel = maxParallel == null ? Optional.empty() : maxParallel;
    salt = salt == null ? Optional.empty() : salt;
    servedAt = servedAt == null ? Optional.empty() : servedAt;
    traceparent = traceparent == null ? Optional.empty() : traceparent;
  }

  /** Whether nothing more is wanted of it. */
  public boolean withdrawn() {
    return cancelledAt.isPresent() || planFailure.isPresent();
  }

  /** Whether it is paused: what it alone wants is not started. */
  public boolean paused() {
    return pausedAt.isPresent();
  }

  /** Whether its tasks may be started. */
  public boolean live() {
    return !withdrawn() && !paused();
  }

  /** The id that its task keys are salted with when its policy has no cache. */
  public String saltId() {
    return salt.orElse(id);
  }

  /** Whether trials wait to be planned. */
  public boolean planning() {
    return !withdrawn() && planned < trials;
  }

  /** The priority that counts now, 0 to 100. */
  public int currentPriority() {
    return priority.orElseGet(() -> spec.spec().policy().priority());
  }

  /** The bound on tasks that run at once that counts now; 0 for none. */
  public int currentMaxParallel() {
    return maxParallel.orElseGet(() -> spec.spec().policy().maxParallel());
  }

  /** Planned further. */
  public ExperimentRecord planned(int newPlanned, List<BaseEvaluation> newBase) {
    return edit().planned(newPlanned).base(newBase).build();
  }

  /** Cancelled by a person. */
  public ExperimentRecord cancelled(Instant at) {
    return edit().cancelledAt(at).build();
  }

  /** Not plannable. */
  public ExperimentRecord unplannable(String reason) {
    return edit().planFailure(reason).build();
  }

  /** A builder that starts from this record. */
  public Builder edit() {
    return new Builder(this);
  }

  /** A submitted experiment of which nothing is planned yet. */
  public static ExperimentRecord submitted(
      String id,
      long sequence,
      Command.SubmitExperiment command,
      Instant submittedAt,
      Map<String, Artifact> inputs,
      int trials) {
    return submitted(id, sequence, command, submittedAt, inputs, trials, Optional.empty());
  }

  /**
   * The same with keys salted like another experiment's.
   *
   * @param salt the other's salt
   */
  public static ExperimentRecord submitted(
      String id,
      long sequence,
      Command.SubmitExperiment command,
      Instant submittedAt,
      Map<String, Artifact> inputs,
      int trials,
      Optional<String> salt) {
    return new ExperimentRecord(
        id,
        sequence,
        command.commandId(),
        command.experiment(),
        command.submittedBy(),
        submittedAt,
        inputs,
        trials,
        0,
        List.of(),
        Optional.empty(),
        Optional.empty(),
        command.lineage(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        salt,
        Optional.empty(),
        command.traceparent());
  }

  /** Builds a changed copy. */
  public static final class Builder {
    private final ExperimentRecord from;
    private int planned;
    private List<BaseEvaluation> base;
    private Optional<Instant> cancelledAt;
    private Optional<String> planFailure;
    private Optional<Instant> pausedAt;
    private Optional<Instant> retryAt;
    private Optional<Integer> priority;
    private Optional<Integer> maxParallel;
    private Optional<Instant> servedAt;

    private Builder(ExperimentRecord from) {
      this.from = from;
      planned = from.planned;
      base = from.base;
      cancelledAt = from.cancelledAt;
      planFailure = from.planFailure;
      pausedAt = from.pausedAt;
      retryAt = from.retryAt;
      priority = from.priority;
      maxParallel = from.maxParallel;
      servedAt = from.servedAt;
    }

    /** Sets how many trials are planned. */
    public Builder planned(int value) {
      planned = value;
      return this;
    }

    /** Sets the evaluations of the base model. */
    public Builder base(List<BaseEvaluation> value) {
      base = value;
      return this;
    }

    /** Cancels. */
    public Builder cancelledAt(Instant value) {
      cancelledAt = Optional.of(value);
      return this;
    }

    /** Sets why it cannot be planned. */
    public Builder planFailure(String value) {
      planFailure = Optional.of(value);
      return this;
    }

    /** Pauses, or lets go on. */
    public Builder pausedAt(Optional<Instant> value) {
      pausedAt = value;
      return this;
    }

    /** Asks for a retry of what has failed, or notes that it is done. */
    public Builder retryAt(Optional<Instant> value) {
      retryAt = value;
      return this;
    }

    /** Sets the priority. */
    public Builder priority(int value) {
      priority = Optional.of(value);
      return this;
    }

    /** Sets the bound on tasks that run at once. */
    public Builder maxParallel(int value) {
      maxParallel = Optional.of(value);
      return this;
    }

    /** Sets when it was last served. */
    public Builder servedAt(Instant value) {
      servedAt = Optional.of(value);
      return this;
    }

    /** The changed copy. */
    public ExperimentRecord build() {
      return new ExperimentRecord(
          from.id,
          from.sequence,
          from.commandId,
          from.spec,
          from.submittedBy,
          from.submittedAt,
          from.inputs,
          from.trials,
          planned,
          base,
          cancelledAt,
          planFailure,
          from.lineage,
          pausedAt,
          retryAt,
          priority,
          maxParallel,
          from.salt,
          servedAt,
          from.traceparent);
    }
  }
}

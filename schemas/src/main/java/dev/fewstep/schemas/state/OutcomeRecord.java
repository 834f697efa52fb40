package dev.fewstep.schemas.state;

import static java.util.Objects.requireNonNull;

import java.time.Instant;
import java.util.List;
import java.util.UUID;

/**
 * What became of a command. A repeated command finds this and changes nothing.
 *
 * @param commandId the command
 * @param accepted whether it was carried out
 * @param subject id of the experiment, or name of the input, that it was about
 * @param trials trials of a submitted experiment, else 0
 * @param tasks tasks that a retry begins anew or that a pause asks to be handed back, else 0
 * @param reason one sentence when it was rejected, else empty
 * @param problems what is wrong with it, in the order of the specification
 * @param at record time
 */
public record OutcomeRecord(
    UUID commandId,
    boolean accepted,
    String subject,
    int trials,
    int tasks,
    String reason,
    List<Problem> problems,
    Instant at)
    implements StateValue {
  public OutcomeRecord {
    requireNonNull(commandId, "commandId");
    requireNonNull(subject, "subject");
    requireNonNull(reason, "reason");
    problems = List.copyOf(problems);
    requireNonNull(at, "at");
  }

  /** A command that was carried out. */
  public static OutcomeRecord accepted(UUID commandId, String subject, int trials, Instant at) {
    return new OutcomeRecord(commandId, true, subject, trials, 0, "", List.of(), at);
  }

  /** A command about tasks that was carried out. */
  public static OutcomeRecord acceptedFor(UUID commandId, String subject, int tasks, Instant at) {
    return new OutcomeRecord(commandId, true, subject, 0, tasks, "", List.of(), at);
  }

  /** A command that was not. */
  public static OutcomeRecord rejected(
      UUID commandId, String subject, String reason, List<Problem> problems, Instant at) {
    return new OutcomeRecord(commandId, false, subject, 0, 0, reason, problems, at);
  }
}

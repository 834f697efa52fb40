package dev.fewstep.chaos.check;

import static java.util.Objects.requireNonNull;

/**
 * Evidence that an invariant does not hold.
 *
 * @param invariant which
 * @param subject the task, experiment or topic that it is about
 * @param offset offset of the record that shows it, -1 where none does
 * @param evidence what was seen
 */
public record Violation(Invariant invariant, String subject, long offset, String evidence) {
  public Violation {
    requireNonNull(invariant, "invariant");
    requireNonNull(subject, "subject");
    requireNonNull(evidence, "evidence");
  }
}

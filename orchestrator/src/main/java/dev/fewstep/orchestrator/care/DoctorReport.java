package dev.fewstep.orchestrator.care;

import static java.util.Objects.requireNonNull;

import dev.fewstep.orchestrator.care.Finding.Severity;
import java.time.Instant;
import java.util.List;

/**
 * An examination.
 *
 * @param at when, by the clock of whoever examined
 * @param version version of whoever examined
 * @param worst the worst severity found
 * @param findings in the order of looking
 */
public record DoctorReport(Instant at, String version, Severity worst, List<Finding> findings) {
  public DoctorReport {
    requireNonNull(at, "at");
    requireNonNull(version, "version");
    requireNonNull(worst, "worst");
    findings = List.copyOf(findings);
  }

  /** A report whose worst severity follows from its findings. */
  public static DoctorReport of(Instant at, String version, List<Finding> findings) {
    Severity worst =
        findings.stream().map(Finding::severity).max(Severity::compareTo).orElse(Severity.OK);
    return new DoctorReport(at, version, worst, findings);
  }
}

package dev.fewstep.schemas.state;

import static dev.fewstep.schemas.spec.Checks.require;
import static java.util.Objects.requireNonNull;

import dev.fewstep.schemas.message.Report;
import java.util.List;

/**
 * Successes reported for a task whose manifests have not been seen in the store yet. Kept so that
 * another leader goes on with the verification.
 *
 * @param reports one for each execution, first come first; at least one
 */
public record ClaimRecord(String taskKey, List<Report.Succeeded> reports) implements StateValue {
  public ClaimRecord {
    requireNonNull(taskKey, "taskKey");
    reports = List.copyOf(reports);
    require(!reports.isEmpty(), "a claim needs a report");
  }
}

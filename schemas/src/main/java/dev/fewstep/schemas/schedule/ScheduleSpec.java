package dev.fewstep.schemas.schedule;

import static dev.fewstep.schemas.spec.Checks.require;
import static java.util.Objects.requireNonNull;
import static java.util.Objects.requireNonNullElse;

import dev.fewstep.schemas.spec.ExperimentSpec;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * An experiment that comes again.
 *
 * @param name lower-case letters, digits and hyphens, at most 63
 * @param cron five fields (minute, hour, day of month, month, day of week), or six with seconds
 *     first
 * @param zone time zone of the expression, such as {@code Europe/Berlin}
 * @param catchUp what becomes of slots that nobody led through
 * @param retention how many of its experiments are kept; older ones that ended are archived. 1 to
 *     1,000
 * @param experiment what is run
 * @param gate how its scores are judged; empty for not at all
 * @param webhook address that is told of its ends; empty for none
 */
public record ScheduleSpec(
    String name,
    String cron,
    String zone,
    CatchUp catchUp,
    Integer retention,
    ExperimentSpec experiment,
    Optional<GateSpec> gate,
    Optional<String> webhook) {
  /** The form of a name. */
  public static final Pattern NAME = Pattern.compile("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?");

  private static final int MOST_KEPT = 1_000;
  private static final int LONGEST_TEXT = 2_000;

  public ScheduleSpec {
    requireNonNull(name, "name is required");
    requireNonNull(cron, "cron is required");
    zone = requireNonNullElse(zone, "UTC");
    catchUp = catchUp == null ? CatchUp.usual() : catchUp;
    retention = requireNonNullElse(retention, 30);
    requireNonNull(experiment, "experiment is required");
    gate = gate == null ? Optional.empty() : gate;
    webhook = webhook == null ? Optional.empty() : webhook;
    require(NAME.matcher(name).matches(), "'%s' is no name: %s", name, NAME.pattern());
    require(cron.length() <= 200, "cron must have at most 200 characters");
    require(zone.length() <= 64, "zone must have at most 64 characters");
    require(
        retention >= 1 && retention <= MOST_KEPT,
        "retention must be 1 to %s, not %s",
        MOST_KEPT,
        retention);
    require(
        webhook.map(String::length).orElse(0) <= LONGEST_TEXT,
        "webhook must have at most %s characters",
        LONGEST_TEXT);
  }

  /** The project that it belongs to: that of its experiment. */
  public String project() {
    return experiment.metadata().project();
  }
}

package dev.fewstep.orchestrator.panel;

import static dev.fewstep.schemas.spec.Checks.require;
import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.LongStream;

/**
 * The times at which a panel is read.
 *
 * @param from the first
 * @param to the last at most
 * @param step between two, at least 1 s
 */
public record PanelRange(Instant from, Instant to, Duration step) {
  /** The most points of a line. */
  public static final int MOST_POINTS = 2_000;

  private static final long LEAST_WINDOW_SECONDS = 30;

  public PanelRange {
    requireNonNull(from, "from");
    requireNonNull(to, "to");
    requireNonNull(step, "step");
    require(step.toSeconds() >= 1, "step must be at least 1 second, not %s", step);
    require(!to.isBefore(from), "to must not be before from");
    long points = Duration.between(from, to).toSeconds() / step.toSeconds() + 1;
    require(
        points <= MOST_POINTS,
        "from, to and step ask for %s points of at most %s: use a longer step",
        points,
        MOST_POINTS);
  }

  /** Seconds over which a rate is taken at each of the times. */
  long windowSeconds() {
    return Math.max(LEAST_WINDOW_SECONDS, step.toSeconds());
  }

  /** The times, in seconds since 1970. */
  List<Long> times() {
    return LongStream.iterate(
            from.getEpochSecond(), at -> at <= to.getEpochSecond(), at -> at + step.toSeconds())
        .boxed()
        .toList();
  }
}

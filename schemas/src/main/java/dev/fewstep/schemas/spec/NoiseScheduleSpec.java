package dev.fewstep.schemas.spec;

import static dev.fewstep.schemas.spec.Checks.require;
import static java.util.Objects.requireNonNullElse;

/**
 * Linear noise schedule β₁…β_T (DDPM, 2006.11239 §4).
 *
 * @param trainTimesteps T, default 1000
 * @param betaStart β₁, default 1e-4
 * @param betaEnd β_T, default 0.02
 */
public record NoiseScheduleSpec(Integer trainTimesteps, Double betaStart, Double betaEnd) {
  public NoiseScheduleSpec {
    trainTimesteps = requireNonNullElse(trainTimesteps, 1000);
    betaStart = requireNonNullElse(betaStart, 1e-4);
    betaEnd = requireNonNullElse(betaEnd, 0.02);
    require(trainTimesteps >= 1, "trainTimesteps must be positive, not %s", trainTimesteps);
    require(
        betaStart > 0 && betaStart <= betaEnd && betaEnd < 1,
        "0 < betaStart <= betaEnd < 1 does not hold: %s, %s",
        betaStart,
        betaEnd);
  }

  /** DDPM's schedule. */
  public static NoiseScheduleSpec ddpm() {
    return new NoiseScheduleSpec(null, null, null);
  }
}

package dev.fewstep.schemas.spec;

import static dev.fewstep.schemas.spec.Checks.require;
import static java.util.Objects.requireNonNullElse;

import com.fasterxml.jackson.annotation.JsonCreator;

/**
 * Noise schedule β₁…β_T: DDIM's kinds and improved-diffusion's cosine. Without a kind it is linear
 * (DDPM, 2006.11239 §4).
 *
 * @param trainTimesteps T, at most 100,000, default 1000
 * @param betaStart β₁, default 1e-4; not read by const, jsd and cosine
 * @param betaEnd β_T, default 0.02; not read by jsd and cosine
 * @param kind the curve, default linear
 */
public record NoiseScheduleSpec(
    Integer trainTimesteps, Double betaStart, Double betaEnd, NoiseKind kind) {
  @JsonCreator
  public NoiseScheduleSpec {
    trainTimesteps = requireNonNullElse(trainTimesteps, 1000);
    betaStart = requireNonNullElse(betaStart, 1e-4);
    betaEnd = requireNonNullElse(betaEnd, 0.02);
    kind = requireNonNullElse(kind, NoiseKind.LINEAR);
    require(
        trainTimesteps >= 1 && trainTimesteps <= 100_000,
        "trainTimesteps must be 1 to 100000, not %s",
        trainTimesteps);
    require(
        betaStart > 0 && betaStart <= betaEnd && betaEnd < 1,
        "0 < betaStart <= betaEnd < 1 does not hold: %s, %s",
        betaStart,
        betaEnd);
  }

  /** A linear schedule. */
  public NoiseScheduleSpec(Integer trainTimesteps, Double betaStart, Double betaEnd) {
    this(trainTimesteps, betaStart, betaEnd, NoiseKind.LINEAR);
  }

  /** DDPM's schedule. */
  public static NoiseScheduleSpec ddpm() {
    return new NoiseScheduleSpec(null, null, null);
  }

  /**
   * The cosine schedule.
   *
   * @param trainTimesteps T
   */
  public static NoiseScheduleSpec cosine(int trainTimesteps) {
    return new NoiseScheduleSpec(trainTimesteps, null, null, NoiseKind.COSINE);
  }
}

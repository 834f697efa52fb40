package dev.fewstep.schemas.spec;

import static dev.fewstep.schemas.spec.Checks.require;
import static java.util.Objects.requireNonNullElse;

/**
 * How images are sampled.
 *
 * @param steps sampling steps asked for, 1 to 1000; the NFE really made is reported
 * @param spacing which timesteps are visited, default uniform
 * @param eta DDIM noise level in [0, 1]: 0 deterministic, 1 DDPM-like; default 0
 */
public record SamplingSpec(Integer steps, TimestepSpacing spacing, Double eta) {
  public SamplingSpec {
    steps = requireNonNullElse(steps, 5);
    spacing = requireNonNullElse(spacing, TimestepSpacing.UNIFORM);
    eta = requireNonNullElse(eta, 0.0);
    require(steps >= 1 && steps <= 1000, "steps must be 1 to 1000, not %s", steps);
    require(eta >= 0 && eta <= 1, "eta must be in [0, 1], not %s", eta);
  }
}

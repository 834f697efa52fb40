package dev.fewstep.schemas.spec;

import com.fasterxml.jackson.annotation.JsonProperty;

/** Which of the training timesteps a sampler visits. */
public enum TimestepSpacing {
  /** Exactly the asked count, evenly spaced. */
  @JsonProperty("uniform")
  UNIFORM,
  /** Exactly the asked count, denser near t = 0 (DDIM, {@code linspace(0, sqrt(0.8 T), N)²}). */
  @JsonProperty("quadratic")
  QUADRATIC,
  /** {@code range(0, T, T // N)} as published: makes more steps than asked for some N. */
  @JsonProperty("published")
  PUBLISHED,
  /** improved-diffusion's {@code ddimN}: exactly the asked count at a whole stride, or refused. */
  @JsonProperty("ddim")
  DDIM,
  /** improved-diffusion's section counts: each section evenly spaced, first and last included. */
  @JsonProperty("sections")
  SECTIONS
}

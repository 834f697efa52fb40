package dev.fewstep.schemas.spec;

import com.fasterxml.jackson.annotation.JsonProperty;

/** The curve of a noise schedule: those of DDIM's {@code get_beta_schedule}, and cosine. */
public enum NoiseKind {
  /** β evenly spaced from betaStart to betaEnd. */
  @JsonProperty("linear")
  LINEAR,
  /** √β evenly spaced. */
  @JsonProperty("quad")
  QUAD,
  /** β equal to betaEnd. */
  @JsonProperty("const")
  CONST,
  /** β = 1/T, 1/(T-1), …, 1. */
  @JsonProperty("jsd")
  JSD,
  /** β along a logistic curve from betaStart to betaEnd. */
  @JsonProperty("sigmoid")
  SIGMOID,
  /** ᾱ along a squared cosine, β at most 0.999 (improved-diffusion, 2102.09672). */
  @JsonProperty("cosine")
  COSINE
}

package dev.fewstep.schemas.spec;

import com.fasterxml.jackson.annotation.JsonProperty;

/** What a denoiser's network predicts. */
public enum PredictionKind {
  /** The noise. */
  @JsonProperty("epsilon")
  EPSILON,
  /** The clean image. */
  @JsonProperty("x0")
  X0,
  /** sqrt(alphaBar) noise − sqrt(1−alphaBar) image (Salimans and Ho 2022, 2202.00512). */
  @JsonProperty("v")
  V
}

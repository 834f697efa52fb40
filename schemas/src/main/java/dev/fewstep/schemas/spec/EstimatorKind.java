package dev.fewstep.schemas.spec;

import com.fasterxml.jackson.annotation.JsonProperty;

/** How the squared MMD is estimated. */
public enum EstimatorKind {
  /** Pairs of an image with itself are left out; may be negative. */
  @JsonProperty("unbiased")
  UNBIASED,
  /** All pairs; never negative. */
  @JsonProperty("biased")
  BIASED
}

package dev.fewstep.schemas.spec;

import com.fasterxml.jackson.annotation.JsonProperty;

/** Where the bandwidth of a radial kernel (rbf, rational-quadratic) comes from. */
public enum BandwidthRule {
  /** From gamma or sigma; gamma = 1/D when neither is given. */
  @JsonProperty("fixed")
  FIXED,
  /**
   * sigma is the median distance between the real features of the first training batch; it stays
   * the same over the training and passes no gradient.
   */
  @JsonProperty("median")
  MEDIAN
}

package dev.fewstep.schemas.spec;

import com.fasterxml.jackson.annotation.JsonProperty;

/** What is measured between the features of generated and real images. */
public enum MetricKind {
  /** Fréchet distance; FID in Inception's space. */
  @JsonProperty("fd")
  FD,
  /** Unbiased cubic kernel distance over all pairs of the kept features. */
  @JsonProperty("kd")
  KD,
  /** The same over 100 random subsets of 1000, mean and standard deviation; KID in Inception's. */
  @JsonProperty("kid")
  KID,
  /** Inception Score, of extractors that classify. */
  @JsonProperty("is")
  IS,
  /** Improved precision and recall, 3 neighbours. */
  @JsonProperty("pr")
  PR,
  /** Density and coverage, 5 neighbours. */
  @JsonProperty("dc")
  DC,
  /** Fréchet distance extrapolated to infinitely many samples. */
  @JsonProperty("fd-infinity")
  FD_INFINITY
}

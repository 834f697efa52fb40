package dev.fewstep.schemas.spec;

import com.fasterxml.jackson.annotation.JsonProperty;

/** Kernel of the MMD. D is the dimension of the features. */
public enum KernelKind {
  /** (x·y/D + 1)³. */
  @JsonProperty("cubic")
  CUBIC,
  /** x·y/D + 1. */
  @JsonProperty("linear")
  LINEAR,
  /** exp(−gamma |x−y|²), gamma = 1/D unless given; a mean of several with bandwidths. */
  @JsonProperty("rbf")
  RBF,
  /** (gamma x·y + coef0)^degree, gamma = 1/D unless given. */
  @JsonProperty("polynomial")
  POLYNOMIAL,
  /** Mean over alphas of (1 + gamma |x−y|² / alpha)^−alpha, gamma = 1/D unless given. */
  @JsonProperty("rational-quadratic")
  RATIONAL_QUADRATIC
}

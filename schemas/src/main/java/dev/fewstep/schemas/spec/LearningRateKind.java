package dev.fewstep.schemas.spec;

import com.fasterxml.jackson.annotation.JsonProperty;

/** How the learning rate goes on after the warm-up. */
public enum LearningRateKind {
  /** Stays. */
  @JsonProperty("constant")
  CONSTANT,
  /** Falls in a straight line to finalRate at the last iteration. */
  @JsonProperty("linear")
  LINEAR,
  /** Falls along half a cosine to finalRate at the last iteration. */
  @JsonProperty("cosine")
  COSINE,
  /** Is multiplied by decayFactor every decayEvery iterations. */
  @JsonProperty("step")
  STEP
}

package dev.fewstep.schemas.spec;

import com.fasterxml.jackson.annotation.JsonProperty;

/** Whose training is followed where the published code departs from what it means. */
public enum ParityKind {
  /** One MMD over the whole batch; clipped once, before the update. */
  @JsonProperty("none")
  NONE,
  /**
   * As MMD-DDM's code runs: an MMD for every mini-batch of an epoch, the last of which is smaller,
   * divided by the number accumulated; the running gradient clipped after every mini-batch.
   */
  @JsonProperty("published")
  PUBLISHED
}

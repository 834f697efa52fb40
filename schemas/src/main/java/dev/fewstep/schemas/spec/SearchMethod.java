package dev.fewstep.schemas.spec;

import com.fasterxml.jackson.annotation.JsonProperty;

/** Which trials an experiment makes, and how far each of them is trained. */
public enum SearchMethod {
  /** Every point of the grid, each to the end. */
  @JsonProperty("grid")
  GRID,
  /** Points drawn at random from the grid and from ranges, each to the end. */
  @JsonProperty("random")
  RANDOM,
  /**
   * Points of the grid, or points drawn at random: all begin, and only the better ones of a rung
   * are trained on to the next.
   */
  @JsonProperty("halving")
  HALVING
}

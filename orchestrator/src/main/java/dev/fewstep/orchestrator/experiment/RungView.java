package dev.fewstep.orchestrator.experiment;

import java.util.Optional;

/**
 * How far a trial has come whose experiment halves its trials.
 *
 * @param rung the rung that it entered last, from 0
 * @param rungs number of rungs
 * @param iterations iterations at the end of the last rung that it completed; 0 before the first
 * @param validation validation MMD there; empty before the first, and when it failed
 * @param standing what it does
 */
public record RungView(
    int rung, int rungs, int iterations, Optional<Double> validation, Standing standing) {
  /** What a trial does. */
  public enum Standing {
    /** Its task in the rung has not ended. */
    OPEN,
    /** It completed the rung; whether it is promoted depends on others. */
    WAITING,
    /** It completed the rung and others were better: nothing more is done for it. */
    STOPPED,
    /** It failed in the rung. */
    FAILED,
    /** It entered the last rung. */
    LAST
  }
}

package dev.fewstep.schemas.state;

import static java.util.Objects.requireNonNull;

import java.time.Instant;

/**
 * Why a running task was asked to hand itself back, or why it did.
 *
 * @param at record time
 * @param cause in one word
 * @param why half a sentence for people, such as {@code worker … drains}
 */
public record HandBack(Instant at, Cause cause, String why) {
  public HandBack {
    requireNonNull(at, "at");
    requireNonNull(cause, "cause");
    requireNonNull(why, "why");
  }

  /** The causes there are. */
  public enum Cause {
    /** A person drains its worker. */
    DRAINED,
    /** Its worker was stopped. */
    STOPPED,
    /** A person paused the experiments that want it. */
    PAUSED,
    /** A task of higher priority needs the device. */
    PREEMPTED
  }
}

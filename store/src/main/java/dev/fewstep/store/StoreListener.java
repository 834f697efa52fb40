package dev.fewstep.store;

import java.time.Duration;

/** Hears of every request to the store, on the thread that made it; must be quick. */
@FunctionalInterface
public interface StoreListener {
  /**
   * A request was answered, or was not.
   *
   * @param method of HTTP
   * @param outcome {@code success}, {@code absent} (404), {@code refused} (other 4xx), {@code
   *     failed} (5xx, after its repetitions) or {@code unreachable}
   * @param took until the head of the answer was there
   */
  void answered(String method, String outcome, Duration took);

  /** Hears nothing. */
  static StoreListener none() {
    return (method, outcome, took) -> {};
  }
}

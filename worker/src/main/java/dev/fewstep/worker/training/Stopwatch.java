package dev.fewstep.worker.training;

/** Splits wall time into laps. */
final class Stopwatch {
  private long last = System.nanoTime();

  /** Seconds since the last lap. */
  double lap() {
    long now = System.nanoTime();
    double seconds = (now - last) / 1e9;
    last = now;
    return seconds;
  }
}

package dev.fewstep.cli;

/** Numbers of things as people write them. */
final class Counted {
  private Counted() {}

  /** {@code 1 task}, {@code 2 tasks}. */
  static String of(int count, String thing) {
    return count + " " + thing + (count == 1 ? "" : "s");
  }
}

package dev.fewstep.worker.diffusion;

import java.util.ArrayList;
import java.util.List;

/**
 * The training timesteps that a sampler visits, from the noisiest to the cleanest.
 *
 * @param asked samplingSteps asked for
 * @param descending the timesteps, strictly falling, the last at least 0
 */
public record Timesteps(int asked, List<Integer> descending) {
  /** Checks and copies. */
  public Timesteps {
    descending = List.copyOf(descending);
    if (descending.isEmpty()) {
      throw new IllegalArgumentException("A sampler needs at least one timestep");
    }
    for (int i = 0; i < descending.size(); i++) {
      boolean falls = i == 0 || descending.get(i) < descending.get(i - 1);
      if (descending.get(i) < 0 || !falls) {
        throw new IllegalArgumentException(
            "Timesteps must fall strictly and end at 0 or above: " + descending);
      }
    }
  }

  /**
   * Exactly {@code count} timesteps i T / count, rounded down: 0 is always among them.
   *
   * @param count in [1, T]
   * @param steps T of the schedule
   * @return the timesteps
   */
  public static Timesteps uniform(int count, int steps) {
    check(count, steps);
    int[] ascending = new int[count];
    for (int i = 0; i < count; i++) {
      ascending[i] = (int) ((long) i * steps / count);
    }
    return new Timesteps(count, reversed(ascending));
  }

  /**
   * Exactly {@code count} timesteps, denser near 0: linspace(0, sqrt(0.8 T), count) squared and cut
   * to whole numbers (DDIM), where a number that would repeat is moved up by one.
   *
   * @param count in [1, 0.8 T]
   * @param steps T of the schedule
   * @return the timesteps
   */
  public static Timesteps quadratic(int count, int steps) {
    check(count, steps);
    int[] ascending = new int[count];
    double root = Math.sqrt(steps * 0.8);
    for (int i = 0; i < count; i++) {
      double point = count == 1 ? 0 : i == count - 1 ? root : i * (root / (count - 1));
      int t = (int) (point * point);
      ascending[i] = i == 0 ? t : Math.max(t, ascending[i - 1] + 1);
    }
    if (ascending[count - 1] >= steps) {
      throw new IllegalArgumentException(
          "Quadratic spacing has no " + count + " different timesteps below " + steps);
    }
    return new Timesteps(count, reversed(ascending));
  }

  /**
   * The published code's {@code range(0, T, T // count)}, which may hold more timesteps than were
   * asked for (3 makes 4, 15 makes 16).
   *
   * @param count in [1, T]
   * @param steps T of the schedule
   * @return the timesteps
   */
  public static Timesteps published(int count, int steps) {
    check(count, steps);
    int skip = steps / count;
    int[] ascending = new int[(steps + skip - 1) / skip];
    for (int i = 0; i < ascending.length; i++) {
      ascending[i] = i * skip;
    }
    return new Timesteps(count, reversed(ascending));
  }

  /**
   * improved-diffusion's {@code ddimN} (respace.py:29-38): exactly {@code count} timesteps 0, k,
   * 2k, ... for the smallest whole stride k that makes so many.
   *
   * @param count in [1, T]
   * @param steps T of the schedule
   * @return the timesteps
   * @throws IllegalArgumentException when no whole stride makes that many, naming the nearest
   *     counts that have one
   */
  public static Timesteps ddim(int count, int steps) {
    check(count, steps);
    int below = 1;
    int above = steps;
    for (int stride = 1; stride <= steps; stride++) {
      int made = (steps + stride - 1) / stride;
      if (made == count) {
        int[] ascending = new int[count];
        for (int i = 0; i < count; i++) {
          ascending[i] = i * stride;
        }
        return new Timesteps(count, reversed(ascending));
      }
      if (made > count) {
        above = made;
      } else {
        below = Math.max(below, made);
      }
    }
    throw new IllegalArgumentException(
        "No whole stride makes exactly "
            + count
            + " timesteps of "
            + steps
            + "; the nearest counts with one are "
            + below
            + " and "
            + above);
  }

  /**
   * improved-diffusion's section counts (respace.py:39-60): the T timesteps are cut into as many
   * nearly equal sections as there are counts, and each gets its count evenly spaced, first and
   * last included.
   *
   * @param counts timesteps of each section, from the cleanest to the noisiest, each at least 1
   * @param steps T of the schedule
   * @return the timesteps
   * @throws IllegalArgumentException when a section is shorter than its count
   */
  public static Timesteps sections(List<Integer> counts, int steps) {
    int asked = 0;
    for (int count : counts) {
      if (count < 1) {
        throw new IllegalArgumentException("A section needs at least 1 timestep, not " + count);
      }
      asked = Math.addExact(asked, count);
    }
    check(asked, steps);
    int[] ascending = new int[asked];
    int start = 0;
    int made = 0;
    for (int section = 0; section < counts.size(); section++) {
      int count = counts.get(section);
      int size = steps / counts.size() + (section < steps % counts.size() ? 1 : 0);
      if (size < count) {
        throw new IllegalArgumentException(
            "A section of " + size + " timesteps cannot be divided into " + count);
      }
      double stride = count == 1 ? 1 : (size - 1) / (double) (count - 1);
      double at = 0;
      for (int i = 0; i < count; i++) {
        ascending[made++] = start + (int) Math.rint(at);
        at += stride;
      }
      start += size;
    }
    return new Timesteps(asked, reversed(ascending));
  }

  /**
   * Network evaluations really made.
   *
   * @return NFE
   */
  public int nfe() {
    return descending.size();
  }

  private static void check(int count, int steps) {
    if (count < 1 || count > steps) {
      throw new IllegalArgumentException(
          "samplingSteps must be in [1, " + steps + "] but is " + count);
    }
  }

  private static List<Integer> reversed(int[] ascending) {
    List<Integer> descending = new ArrayList<>();
    for (int i = ascending.length - 1; i >= 0; i--) {
      descending.add(ascending[i]);
    }
    return descending;
  }
}

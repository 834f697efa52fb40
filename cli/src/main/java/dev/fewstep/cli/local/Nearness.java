package dev.fewstep.cli.local;

import java.util.Arrays;

/** Whether samples lie nearer to the training images than fresh real images do. */
final class Nearness {
  private final double[] samples;
  private final double[] held;

  /**
   * Compares distances.
   *
   * @param samples distance of every sample to its nearest training image
   * @param held distance of every held-out real image to its nearest training image
   */
  Nearness(double[] samples, double[] held) {
    this.samples = samples.clone();
    this.held = held.clone();
    Arrays.sort(this.held);
  }

  /** Held-out images. */
  int heldCount() {
    return held.length;
  }

  /** Median distance of the held-out images. */
  double heldMedian() {
    return median(held);
  }

  /**
   * Part of the held-out images that lie nearer to the training images than one at this distance:
   * near 0 for a copy. Those as near count half.
   */
  double quantile(double distance) {
    int below = 0;
    int equal = 0;
    for (double other : held) {
      if (other < distance) {
        below++;
      } else if (other == distance) {
        equal++;
      }
    }
    return (below + 0.5 * equal) / held.length;
  }

  /**
   * Probability that a sample lies nearer to the training images than a held-out image does (ties
   * count half): about 0.5 or less when nothing was learnt by heart, 1 when everything was.
   */
  double nearer() {
    double sum = 0;
    for (double distance : samples) {
      sum += 1 - quantile(distance);
    }
    return sum / samples.length;
  }

  /** Samples that lie nearer than every held-out image. */
  long nearest() {
    return Arrays.stream(samples).filter(distance -> distance < held[0]).count();
  }

  static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    int half = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
  }
}

package dev.fewstep.worker.evaluation;

import static dev.fewstep.schemas.spec.Checks.require;

import java.util.ArrayList;
import java.util.List;

/**
 * exp(E KL(p(y|x) ‖ p(y))) (Salimans et al. 2016) over consecutive splits, as OpenAI's ADM
 * evaluator takes them: splits of {@value #SPLIT} images, the last one shorter. Streaming: of each
 * split only the sum of the probabilities and of their negative entropies is kept, in float64.
 */
public final class InceptionScore {
  /** Images of a split in ADM's evaluator. */
  public static final int SPLIT = 5000;

  /**
   * Over the splits.
   *
   * @param mean of the splits' scores, at least 1
   * @param deviation their standard deviation (divisor n); 0 for one split
   * @param splits how many
   */
  public record Estimate(double mean, double deviation, int splits) {}

  private final int classes;
  private final int split;
  private final List<Double> done = new ArrayList<>();
  private final double[] sums;
  private double negativeEntropies;
  private int inSplit;

  /**
   * Starts empty.
   *
   * @param classes of the classifier, at least 2
   * @param split images of a split, at least 2
   */
  public InceptionScore(int classes, int split) {
    require(classes >= 2 && split >= 2, "%s classes, splits of %s", classes, split);
    this.classes = classes;
    this.split = split;
    this.sums = new double[classes];
  }

  /**
   * Adds the next images' class probabilities.
   *
   * @param probabilities row by row; a row sums to 1
   * @throws IllegalArgumentException when a value is no probability
   */
  public void add(float[] probabilities) {
    require(
        probabilities.length % classes == 0,
        "%s probabilities of %s classes",
        probabilities.length,
        classes);
    for (int row = 0; row < probabilities.length; row += classes) {
      for (int c = 0; c < classes; c++) {
        double p = probabilities[row + c];
        require(p >= 0 && p <= 1.001, "the probability of class %s is %s", c, p);
        sums[c] += p;
        negativeEntropies += p > 0 ? p * Math.log(p) : 0;
      }
      if (++inSplit == split) {
        finishSplit();
      }
    }
  }

  private void finishSplit() {
    double marginal = 0;
    for (int c = 0; c < classes; c++) {
      double mean = sums[c] / inSplit;
      marginal += mean > 0 ? mean * Math.log(mean) : 0;
      sums[c] = 0;
    }
    done.add(Math.exp(negativeEntropies / inSplit - marginal));
    negativeEntropies = 0;
    inSplit = 0;
  }

  /**
   * The score of everything added; nothing can be added to its last split afterwards.
   *
   * @throws IllegalArgumentException when nothing was added
   */
  public Estimate finish() {
    if (inSplit > 0) {
      finishSplit();
    }
    require(!done.isEmpty(), "an Inception Score needs images");
    double mean = done.stream().mapToDouble(Double::doubleValue).average().orElseThrow();
    double variance =
        done.stream().mapToDouble(s -> (s - mean) * (s - mean)).average().orElseThrow();
    return new Estimate(mean, Math.sqrt(variance), done.size());
  }
}

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
   * Adds the next images' logits.
   *
   * @param logits row by row
   * @throws IllegalArgumentException when a value is not finite
   */
  public void add(float[] logits) {
    require(logits.length % classes == 0, "%s logits of %s classes", logits.length, classes);
    double[] p = new double[classes];
    for (int row = 0; row < logits.length / classes; row++) {
      negativeEntropies += softmax(logits, row * classes, p);
      for (int c = 0; c < classes; c++) {
        sums[c] += p[c];
      }
      if (++inSplit == split) {
        finishSplit();
      }
    }
  }

  /** Σ p log p of one image, whose probabilities are written to p. */
  private double softmax(float[] logits, int at, double[] p) {
    double greatest = Double.NEGATIVE_INFINITY;
    for (int c = 0; c < classes; c++) {
      require(Float.isFinite(logits[at + c]), "logit %s of an image is not finite", c);
      greatest = Math.max(greatest, logits[at + c]);
    }
    double sum = 0;
    for (int c = 0; c < classes; c++) {
      p[c] = Math.exp(logits[at + c] - greatest);
      sum += p[c];
    }
    double negativeEntropy = 0;
    for (int c = 0; c < classes; c++) {
      p[c] /= sum;
      negativeEntropy += p[c] * (logits[at + c] - greatest - Math.log(sum));
    }
    return negativeEntropy;
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

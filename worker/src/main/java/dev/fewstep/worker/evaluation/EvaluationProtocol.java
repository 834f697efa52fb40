package dev.fewstep.worker.evaluation;

import static dev.fewstep.schemas.spec.Checks.require;
import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Everything that a score depends on beside the images. Scores with different names are never
 * compared.
 *
 * @param metric which distance
 * @param extractor name of the feature space, such as {@code fashion-a/multi}; {@link #INCEPTION}
 *     for ImageNet Inception-v3
 * @param reference name of the real images, such as {@code test}
 * @param samples generated images
 * @param resize how images reach the extractor's size, such as {@code bilinear299}; empty for none
 * @param eightBit whether generated images passed through 8 bits
 */
public record EvaluationProtocol(
    Metric metric,
    String extractor,
    String reference,
    int samples,
    Optional<String> resize,
    boolean eightBit) {
  /** The extractor whose distances are called FID and KID. */
  public static final String INCEPTION = "inception";

  /** A distance between distributions of features. */
  public enum Metric {
    /** Fréchet distance. */
    FRECHET("FD", "FID"),
    /** Kernel distance. */
    KERNEL("KD", "KID");

    private final String general;
    private final String inception;

    Metric(String general, String inception) {
      this.general = general;
      this.inception = inception;
    }
  }

  public EvaluationProtocol {
    requireNonNull(metric, "metric");
    requireNonNull(resize, "resize");
    require(!requireNonNull(extractor, "extractor").isBlank(), "extractor must not be blank");
    require(!requireNonNull(reference, "reference").isBlank(), "reference must not be blank");
    require(samples >= 2, "samples must be at least 2, not %s", samples);
  }

  /**
   * For example {@code FID-50k[train, bilinear299, u8]} or {@code FD-2048[fashion-b, test, u8]}.
   */
  public String name() {
    boolean isInception = extractor.equals(INCEPTION);
    List<String> parts = new ArrayList<>();
    if (!isInception) {
      parts.add(extractor.replace('/', '-'));
    }
    parts.add(reference);
    resize.ifPresent(parts::add);
    if (eightBit) {
      parts.add("u8");
    }
    String count = samples % 1000 == 0 ? samples / 1000 + "k" : Integer.toString(samples);
    return (isInception ? metric.inception : metric.general) + "-" + count + parts;
  }
}

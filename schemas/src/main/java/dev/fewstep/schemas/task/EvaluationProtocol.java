package dev.fewstep.schemas.task;

import static dev.fewstep.schemas.spec.Checks.require;
import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Everything that a score depends on beside the images. Scores with different names are never
 * compared.
 *
 * @param metric which score
 * @param family what the distances of its network are called
 * @param extractor name of the feature space, such as {@code fashion-a/multi}; {@link #INCEPTION}
 *     goes without saying
 * @param reference name of the real images, such as {@code test}
 * @param samples generated images
 * @param details what else it depends on, such as {@code bilinear299} or {@code k=3}
 * @param eightBit whether generated images passed through 8 bits
 */
public record EvaluationProtocol(
    Metric metric,
    Family family,
    String extractor,
    String reference,
    long samples,
    List<String> details,
    boolean eightBit) {
  /** Name of ImageNet Inception-v3 as FID uses it. */
  public static final String INCEPTION = "inception";

  /** Networks whose distances have names of their own in papers. */
  public enum Family {
    /** ImageNet Inception-v3, means of the last block. */
    INCEPTION("FID", "KID"),
    /** ImageNet Inception-v3, 7 channels with their places. */
    INCEPTION_SPATIAL("sFID", "sKID"),
    /** CLIP's image encoder. */
    CLIP("CLIP-FID", "CLIP-KID"),
    /** DINOv2. */
    DINOV2("FD-DINOv2", "KD-DINOv2"),
    /** Any other. */
    OTHER("FD", "KD");

    private final String frechet;
    private final String kernel;

    Family(String frechet, String kernel) {
      this.frechet = frechet;
      this.kernel = kernel;
    }

    /** The family of an extractor of which only the name is known. */
    public static Family named(String extractor) {
      String name = extractor.toLowerCase(Locale.ROOT);
      int slash = name.indexOf('/');
      List<String> words = List.of((slash < 0 ? name : name.substring(0, slash)).split("[-_. ]"));
      if (words.contains("clip")) {
        return CLIP;
      }
      if (words.contains("dinov2")) {
        return DINOV2;
      }
      return name.equals(EvaluationProtocol.INCEPTION) ? INCEPTION : OTHER;
    }
  }

  /** A score by the name under which it is kept. */
  public enum Metric {
    /** Fréchet distance. */
    FRECHET("fd"),
    /** Kernel distance over all pairs. */
    KERNEL("kd"),
    /** Kernel distance over random subsets. */
    KERNEL_SUBSETS("kid"),
    /** Inception Score. */
    INCEPTION_SCORE("is"),
    /** Improved precision. */
    PRECISION("precision"),
    /** Improved recall. */
    RECALL("recall"),
    /** Density. */
    DENSITY("density"),
    /** Coverage. */
    COVERAGE("coverage"),
    /** Fréchet distance without its bias in the number of samples. */
    FRECHET_INFINITY("fd-infinity");

    private final String score;

    Metric(String score) {
      this.score = score;
    }

    /** Name of the score before the colon and the space's id. */
    public String score() {
      return score;
    }

    /** The metric of a score's name, {@code <score>[:<space id>]}. */
    public static Optional<Metric> ofScore(String name) {
      int colon = name.indexOf(':');
      String score = colon < 0 ? name : name.substring(0, colon);
      return Arrays.stream(values()).filter(metric -> metric.score.equals(score)).findFirst();
    }

    private String shown(Family family) {
      return switch (this) {
        case FRECHET -> family.frechet;
        case KERNEL, KERNEL_SUBSETS -> family.kernel;
        case INCEPTION_SCORE -> "IS";
        case PRECISION -> "Precision";
        case RECALL -> "Recall";
        case DENSITY -> "Density";
        case COVERAGE -> "Coverage";
        case FRECHET_INFINITY -> family.frechet + "-infinity";
      };
    }
  }

  public EvaluationProtocol {
    requireNonNull(metric, "metric");
    requireNonNull(family, "family");
    details = List.copyOf(details);
    require(!requireNonNull(extractor, "extractor").isBlank(), "extractor must not be blank");
    require(!requireNonNull(reference, "reference").isBlank(), "reference must not be blank");
    require(samples >= 1, "samples must be at least 1, not %s", samples);
  }

  /**
   * For example {@code FID-50k[train, bilinear299, u8]}, {@code FD-2048[fashion-b, test, u8]} or
   * {@code Precision-5k[fashion-b, test, k=3, u8]}.
   */
  public String name() {
    List<String> parts = new ArrayList<>();
    if (!extractor.equals(INCEPTION)) {
      parts.add(extractor.replace('/', '-'));
    }
    if (metric != Metric.INCEPTION_SCORE) {
      parts.add(reference);
    }
    parts.addAll(details);
    if (eightBit) {
      parts.add("u8");
    }
    String count = samples % 1000 == 0 ? samples / 1000 + "k" : Long.toString(samples);
    return metric.shown(family) + "-" + count + parts;
  }
}

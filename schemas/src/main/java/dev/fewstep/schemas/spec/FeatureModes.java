package dev.fewstep.schemas.spec;

import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * What can be said of a feature extractor's mode, the part after the slash in {@code NAME/MODE},
 * before its file is opened. Which modes an extractor has, its file decides.
 */
public final class FeatureModes {
  private static final Pattern SYNTAX =
      Pattern.compile("(?:[a-z0-9][a-z0-9.-]{0,31})?(?:\\+grey)?");

  /** Modes whose images pass through 8 bits on their way to the network. */
  private static final Set<String> WITHOUT_GRADIENT =
      Set.of("clip-pil", "dinov2", "imagenet", "imagenet-logits");

  private FeatureModes() {}

  /** Whether the text can be a mode: a word, {@code +grey} after it or alone, or empty. */
  public static boolean wellFormed(String mode) {
    return SYNTAX.matcher(mode).matches();
  }

  /** Whether features in this mode may have a gradient with respect to the images. */
  public static boolean differentiable(String mode) {
    return !WITHOUT_GRADIENT.contains(withoutGrey(mode));
  }

  /** The mode of the same network to train on, for one that cannot be. */
  public static Optional<String> differentiableTwin(String mode) {
    return switch (withoutGrey(mode)) {
      case "clip-pil" -> Optional.of("clip");
      case "dinov2" -> Optional.of("dinov2-torch");
      case "imagenet" -> Optional.of("imagenet-torch");
      case "imagenet-logits" -> Optional.of("logits");
      default -> Optional.empty();
    };
  }

  private static String withoutGrey(String mode) {
    int plus = mode.indexOf('+');
    return plus < 0 ? mode : mode.substring(0, plus);
  }
}

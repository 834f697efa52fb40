package dev.fewstep.worker.features;

import static dev.fewstep.schemas.spec.Checks.require;

import java.util.Collection;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * A mode of a network that takes RGB images: the program whose preprocessing it follows, and
 * whether grey images are repeated to three channels. Written {@code PRESET} or {@code
 * PRESET+grey}.
 *
 * @param text the preset, one of those that the network has
 * @param grey whether images of one channel are taken, repeated
 */
record Preset(String text, boolean grey) {
  private static final String GREY = "+grey";

  /**
   * Reads a mode.
   *
   * @param mode as written; empty or only {@code +grey} for the first preset
   * @param network for the message
   * @param presets those there are, the default first
   * @throws IllegalArgumentException naming the presets there are
   */
  static Preset parse(String mode, String network, Collection<String> presets) {
    boolean grey = mode.endsWith(GREY);
    String text = grey ? mode.substring(0, mode.length() - GREY.length()) : mode;
    if (text.isEmpty()) {
      text = presets.iterator().next();
    }
    require(
        presets.contains(text),
        "%s has no mode '%s'; there are %s, each also with '%s' for grey images",
        network,
        text,
        presets.stream().collect(Collectors.joining(", ")),
        GREY);
    return new Preset(text, grey);
  }

  /** Name of the space: {@code base}, and the preset unless it is the default. */
  String name(String base, String standard) {
    return base + (text.equals(standard) ? "" : "/" + text) + (grey ? GREY : "");
  }

  /** The preset without a layer's name. */
  String preprocessing() {
    for (Layer layer : Layer.values()) {
      if (text.equals(layer.text())) {
        return "";
      }
      if (text.endsWith("-" + layer.text())) {
        return text.substring(0, text.length() - layer.text().length() - 1);
      }
    }
    return text;
  }

  /** Which layer its features are. */
  Layer layer() {
    for (Layer layer : Layer.values()) {
      if (text.equals(layer.text()) || text.endsWith("-" + layer.text())) {
        return layer;
      }
    }
    return Layer.POOL;
  }

  /** Layers of a classifier. */
  enum Layer {
    /** Mean of the last block, or the last hidden layer. */
    POOL,
    /** Class scores with the bias. */
    LOGITS,
    /** First 7 channels of {@code mixed_6/conv}, row by row, channels last: sFID's. */
    SPATIAL;

    String text() {
      return name().toLowerCase(Locale.ROOT);
    }
  }
}

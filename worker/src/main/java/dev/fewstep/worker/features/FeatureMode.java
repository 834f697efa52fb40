package dev.fewstep.worker.features;

import java.util.Arrays;
import java.util.stream.Collectors;

/** Which layers of a small network are its features. */
public enum FeatureMode {
  /** The penultimate layer as it is. */
  PENULTIMATE("penultimate"),
  /** Spatial means of every block and the penultimate layer, standardised on real images. */
  MULTI("multi"),
  /** As {@link #MULTI}, with the spatial standard deviations of every block too. */
  MULTI_STD("multi-std");

  private final String text;

  FeatureMode(String text) {
    this.text = text;
  }

  /** Its name in specifications. */
  public String text() {
    return text;
  }

  /**
   * Reads a mode; the empty text is {@link #PENULTIMATE}.
   *
   * @throws IllegalArgumentException naming the modes there are
   */
  public static FeatureMode parse(String text) {
    if (text.isEmpty()) {
      return PENULTIMATE;
    }
    return Arrays.stream(values())
        .filter(mode -> mode.text.equals(text))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "no feature mode '"
                        + text
                        + "'; there are "
                        + Arrays.stream(values())
                            .map(FeatureMode::text)
                            .collect(Collectors.joining(", "))));
  }

  /** Features of one image in this mode. */
  int dimensions(ExtractorConfig config) {
    int head = config.head().width();
    return switch (this) {
      case PENULTIMATE -> head;
      case MULTI -> config.blockChannels() + head;
      case MULTI_STD -> 2 * config.blockChannels() + head;
    };
  }

  /** Whether features are standardised. */
  boolean standardised() {
    return this != PENULTIMATE;
  }
}

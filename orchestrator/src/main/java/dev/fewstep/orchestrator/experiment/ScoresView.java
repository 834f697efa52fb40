package dev.fewstep.orchestrator.experiment;

import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Fréchet distances of one evaluation by extractor name.
 *
 * @param trained in the space that was trained on, the first of several
 * @param alsoTrained in the further spaces that were trained on, by extractor name
 * @param heldOut in the other spaces, by extractor name as the specification writes it
 * @param metrics every score, by extractor name and then by metric, such as {@code kid} or {@code
 *     fd-low}
 */
public record ScoresView(
    Optional<Double> trained,
    Map<String, Double> alsoTrained,
    Map<String, Double> heldOut,
    Map<String, Map<String, Double>> metrics) {
  /** No scores yet. */
  public static final ScoresView NONE =
      new ScoresView(Optional.empty(), Map.of(), Map.of(), Map.of());

  public ScoresView {
    trained = trained == null ? Optional.empty() : trained;
    alsoTrained = Collections.unmodifiableMap(new TreeMap<>(alsoTrained));
    metrics = Collections.unmodifiableMap(new TreeMap<>(metrics));
    heldOut = Collections.unmodifiableMap(new TreeMap<>(heldOut));
  }
}

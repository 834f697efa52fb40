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
 */
public record ScoresView(
    Optional<Double> trained, Map<String, Double> alsoTrained, Map<String, Double> heldOut) {
  /** No scores yet. */
  public static final ScoresView NONE = new ScoresView(Optional.empty(), Map.of(), Map.of());

  public ScoresView {
    trained = trained == null ? Optional.empty() : trained;
    alsoTrained = Collections.unmodifiableMap(new TreeMap<>(alsoTrained));
    heldOut = Collections.unmodifiableMap(new TreeMap<>(heldOut));
  }
}

package dev.fewstep.schemas.task;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fewstep.schemas.Json;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The one place that records which value of a field a task key leaves out. A field added to a
 * task's specification is recorded with the value that stands for what tasks did before it. What is
 * recorded is never changed: the defaults that people get when they leave a field out may move on,
 * these may not, or every key would.
 */
final class KeyDefaults {
  private static final String CHECKPOINT_EVERY = "checkpointEvery";
  private static final Map<String, Map<String, String>> RECORDED = load();

  private KeyDefaults() {}

  /** Whether a field is left out of keys whatever its value. */
  static boolean determinesNothing(Class<?> type, String field) {
    return CHECKPOINT_EVERY.equals(field) && RECORDED.containsKey(type.getSimpleName());
  }

  /** Canonical text of the recorded value of a field. */
  static Optional<String> of(Class<?> type, String field) {
    return Optional.ofNullable(RECORDED.getOrDefault(type.getSimpleName(), Map.of()).get(field));
  }

  /** Record to field to canonical text of the recorded value. */
  static Map<String, Map<String, String>> recorded() {
    return RECORDED;
  }

  private static Map<String, Map<String, String>> load() {
    try (InputStream in = KeyDefaults.class.getResourceAsStream("key-defaults.json")) {
      Map<String, Map<String, String>> all = new HashMap<>();
      for (Map.Entry<String, JsonNode> type : Json.specs().readTree(in).properties()) {
        Map<String, String> fields = new HashMap<>();
        type.getValue()
            .properties()
            .forEach(field -> fields.put(field.getKey(), CanonicalForm.text(field.getValue())));
        all.put(type.getKey(), Map.copyOf(fields));
      }
      return Map.copyOf(all);
    } catch (IOException e) {
      throw new UncheckedIOException("the recorded defaults are part of the program", e);
    }
  }
}

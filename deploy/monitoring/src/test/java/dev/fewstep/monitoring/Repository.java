package dev.fewstep.monitoring;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Files of the checkout that monitoring is made of. */
final class Repository {
  static final Path DEPLOY = Path.of("..").toAbsolutePath().normalize();
  static final Path PROMETHEUS = DEPLOY.resolve("prometheus");
  static final Path GRAFANA = DEPLOY.resolve("grafana");
  private static final Pattern ROW = Pattern.compile("(?m)^\\| `(\\w+)` \\|");
  private static final Pattern OTHERS = Pattern.compile("`((?:DCGM|disk)_\\w+)`");
  private static final YAMLMapper YAML = new YAMLMapper();

  private Repository() {}

  static JsonNode yaml(Path file) throws IOException {
    return YAML.readTree(Files.readString(file));
  }

  static String document(String name) throws IOException {
    return Files.readString(DEPLOY.getParent().resolve("docs").resolve(name));
  }

  /** All rules, recording ones and alerts. */
  static List<JsonNode> rules() throws IOException {
    List<JsonNode> rules = new ArrayList<>();
    for (Path file : files(PROMETHEUS.resolve("rules"), ".yml")) {
      for (JsonNode group : yaml(file).path("groups")) {
        group.path("rules").forEach(rules::add);
      }
    }
    return rules;
  }

  static List<Path> files(Path folder, String end) throws IOException {
    try (Stream<Path> found = Files.list(folder)) {
      return found.filter(file -> file.toString().endsWith(end)).sorted().toList();
    }
  }

  /** Names of {@code docs/metrics.md} and of the recording rules. */
  static Set<String> knownNames() throws IOException {
    Set<String> names =
        new TreeSet<>(
            List.of(
                "up",
                "ALERTS",
                "process_cpu_usage",
                "jvm_memory_used_bytes",
                "jvm_memory_max_bytes",
                "jvm_gc_pause_seconds"));
    String document = document("metrics.md");
    for (Pattern pattern : List.of(ROW, OTHERS)) {
      Matcher name = pattern.matcher(document);
      while (name.find()) {
        names.add(name.group(1));
      }
    }
    for (JsonNode rule : rules()) {
      if (rule.has("record")) {
        names.add(rule.path("record").asText());
      }
    }
    return names;
  }
}

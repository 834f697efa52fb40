package dev.fewstep.orchestrator.experiment;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fewstep.schemas.Artifact;
import dev.fewstep.schemas.ArtifactKind;
import dev.fewstep.schemas.spec.ExperimentBody;
import dev.fewstep.schemas.spec.Nearest;
import dev.fewstep.schemas.state.InputRecord;
import dev.fewstep.schemas.state.Problem;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The inputs that an experiment names, anywhere in its grid, and what they mean. */
final class InputNames {
  private static final Map<String, ArtifactKind> FIELDS =
      Map.of(
          "data.train", ArtifactKind.DATASET,
          "model.weights", ArtifactKind.WEIGHTS,
          "loss.extractor", ArtifactKind.EXTRACTOR,
          "loss.extractors.extractor", ArtifactKind.EXTRACTOR,
          "training.validation.dataset", ArtifactKind.DATASET);

  private final Set<Named> named = new LinkedHashSet<>();

  private InputNames() {}

  /** A name, where it is written and what it must be. */
  private record Named(String path, String name, ArtifactKind kind) {}

  /** What the names mean, or what is wrong with them. */
  record Resolved(Map<String, Artifact> inputs, List<Problem> problems) {
    Resolved {
      inputs = Map.copyOf(inputs);
      problems = List.copyOf(problems);
    }
  }

  /** Resolves every name of an experiment against the registered inputs. */
  static Resolved resolve(ExperimentBody body, OrchestratorState state) {
    InputNames names = new InputNames();
    names.collect("spec.base", "", body.base());
    body.grid()
        .forEach(
            (axis, values) ->
                values.forEach(value -> names.collect("spec.grid." + axis, axis, value)));
    body.include()
        .forEach(
            point -> point.forEach((axis, value) -> names.collect("spec.include", axis, value)));
    names.add("spec.evaluation.reference", body.evaluation().reference(), ArtifactKind.DATASET);
    body.evaluation()
        .extractors()
        .forEach(
            extractor ->
                names.add("spec.evaluation.extractors", extractor, ArtifactKind.EXTRACTOR));
    body.evaluation()
        .statistics()
        .forEach(
            (space, name) ->
                names.add("spec.evaluation.statistics." + space, name, ArtifactKind.STATISTICS));
    return names.resolve(state);
  }

  private void collect(String written, String path, JsonNode node) {
    ArtifactKind kind = FIELDS.get(path);
    if (kind != null && node.isTextual()) {
      String place =
          path.equals(written) || written.endsWith(path) ? written : written + "." + path;
      add(place, node.asText(), kind);
    } else if (node.isObject()) {
      node.properties()
          .forEach(
              field ->
                  collect(
                      written,
                      path.isEmpty() ? field.getKey() : path + "." + field.getKey(),
                      field.getValue()));
    } else if (node.isArray() && "loss.extractors".equals(path)) {
      node.forEach(item -> collect(written, path, item));
    }
  }

  private void add(String path, String name, ArtifactKind kind) {
    named.add(new Named(path, kind == ArtifactKind.EXTRACTOR ? file(name) : name, kind));
  }

  /** The file's name in {@code NAME} or {@code NAME/MODE}. */
  static String file(String extractor) {
    int slash = extractor.indexOf('/');
    return slash < 0 ? extractor : extractor.substring(0, slash);
  }

  /** The mode in it, empty for the default. */
  static String mode(String extractor) {
    int slash = extractor.indexOf('/');
    return slash < 0 ? "" : extractor.substring(slash + 1);
  }

  private Resolved resolve(OrchestratorState state) {
    Map<String, Artifact> inputs = new LinkedHashMap<>();
    List<Problem> problems = new ArrayList<>();
    for (Named wanted : named) {
      Optional<Artifact> found = state.input(wanted.name()).map(InputRecord::artifact);
      if (found.filter(artifact -> artifact.kind() == wanted.kind()).isPresent()) {
        inputs.put(wanted.name(), found.get());
        continue;
      }
      List<String> candidates =
          state.inputs().stream()
              .filter(input -> input.artifact().kind() == wanted.kind())
              .map(InputRecord::name)
              .toList();
      String kind = wanted.kind().name().toLowerCase(Locale.ROOT);
      String message =
          found
              .map(
                  other ->
                      "'"
                          + wanted.name()
                          + "' is registered as "
                          + other.kind().name().toLowerCase(Locale.ROOT)
                          + ", not as "
                          + kind)
              .orElse("no input is registered as '" + wanted.name() + "'");
      String expected =
          candidates.isEmpty()
              ? "a registered input of kind " + kind + "; there is none yet"
              : "one of " + String.join(", ", candidates);
      problems.add(
          new Problem(
              wanted.path(),
              message,
              Optional.of(expected),
              Nearest.to(wanted.name(), candidates)));
    }
    return new Resolved(inputs, problems);
  }
}

package dev.fewstep.schemas.spec;

import static java.util.Objects.requireNonNullElse;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fewstep.schemas.Json;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Changes of an experiment's specification. A path is one inside {@code base}, as an axis is
 * ({@code training.iterations}), or begins with another part of the body ({@code policy.priority}),
 * or with {@code metadata} or {@code spec}.
 *
 * @param name the new name; empty to keep it
 * @param set path to value; an axis that is set is an axis no more, and null leaves a field at its
 *     default
 * @param addAxes new axis to its values
 * @param addValues axis to values that it gets besides its own
 */
public record SpecChanges(
    Optional<String> name,
    Map<String, JsonNode> set,
    Map<String, List<JsonNode>> addAxes,
    Map<String, List<JsonNode>> addValues) {
  public SpecChanges {
    name = name == null ? Optional.empty() : name;
    set = new LinkedHashMap<>(requireNonNullElse(set, Map.of()));
    addAxes = new LinkedHashMap<>(requireNonNullElse(addAxes, Map.of()));
    addValues = new LinkedHashMap<>(requireNonNullElse(addValues, Map.of()));
  }

  /**
   * A changed copy.
   *
   * @throws SpecException when a path is none, or what the changes make could not be submitted
   */
  public ExperimentSpec of(ExperimentSpec spec) {
    ObjectNode tree = (ObjectNode) Json.toTree(spec);
    List<Finding> findings = new ArrayList<>();
    name.ifPresent(text -> group(tree, List.of("metadata")).put("name", text));
    set.forEach((path, value) -> set(tree, path, value, findings));
    addAxes.forEach((axis, values) -> addAxis(tree, axis, values, findings));
    addValues.forEach((axis, values) -> addValues(tree, axis, values, findings));
    if (!findings.isEmpty()) {
      throw new SpecException(findings.stream().map(Finding::alone).toList());
    }
    return ExperimentSpecs.read(tree);
  }

  /**
   * The same experiment with finetunes that are longer, wherever their number of iterations is
   * written: in base, in axes, in exclusions and in inclusions.
   *
   * @param more iterations more, at least 1
   * @throws SpecException when what it makes could not be submitted
   */
  public static ExperimentSpec extended(ExperimentSpec spec, int more) {
    Checks.require(more >= 1, "iterations must be +1 or more, not %s", more);
    return lengthened((ObjectNode) Json.toTree(spec), more);
  }

  /**
   * The same trials, but each trained to the end: those too that halving would stop.
   *
   * @param more iterations more, 0 or more
   * @throws SpecException when what it makes could not be submitted
   */
  public static ExperimentSpec extendedAll(ExperimentSpec spec, int more) {
    Checks.require(more >= 0, "iterations must be +0 or more, not %s", more);
    ObjectNode tree = (ObjectNode) Json.toTree(spec);
    ObjectNode body = group(tree, List.of("spec"));
    SearchSpec search = spec.spec().searched();
    if (search.method() == SearchMethod.HALVING && search.draws()) {
      ObjectNode drawn = group(body, List.of("search"));
      drawn.put("method", "random").remove(List.of("minIterations", "reduction"));
    } else if (search.method() == SearchMethod.HALVING) {
      body.remove("search");
    }
    return lengthened(tree, more);
  }

  private static ExperimentSpec lengthened(ObjectNode tree, int more) {
    ObjectNode body = group(tree, List.of("spec"));
    ObjectNode training = group(body, List.of("base", "training"));
    if (!training.path("iterations").isInt()) {
      training.put("iterations", TrainingSpec.defaults().iterations());
    }
    raise(training, "iterations", more);
    ObjectNode grid = group(body, List.of("grid"));
    if (grid.get("training.iterations") instanceof ArrayNode values) {
      for (int i = 0; i < values.size(); i++) {
        values.set(i, Json.specs().getNodeFactory().numberNode(raised(values.get(i), more)));
      }
    }
    grid.path("training").forEach(value -> raise(value, "iterations", more));
    for (String list : List.of("include", "exclude")) {
      for (JsonNode point : body.path(list)) {
        raise(point, "training.iterations", more);
        raise(point.path("training"), "iterations", more);
      }
    }
    return ExperimentSpecs.read(tree);
  }

  private static void raise(JsonNode group, String field, int more) {
    if (group instanceof ObjectNode fields && fields.path(field).isIntegralNumber()) {
      fields.put(field, raised(fields.get(field), more));
    }
  }

  private static int raised(JsonNode iterations, int more) {
    try {
      return Math.addExact(iterations.intValue(), more);
    } catch (ArithmeticException e) {
      throw new SpecException(
          List.of(
              Finding.of(
                      SpecPath.of("iterations"),
                      iterations + " + " + more + " iterations are more than there can be")
                  .alone()));
    }
  }

  private static void set(ObjectNode tree, String path, JsonNode value, List<Finding> findings) {
    List<String> segments = SpecPath.dotted(path).segments();
    Optional<SpecPath> place = place(path, segments, findings);
    if (place.isEmpty()) {
      return;
    }
    if (place.get().segments().subList(0, 2).equals(List.of("spec", "base"))) {
      String inBase = path.startsWith("spec.base.") ? path.substring("spec.base.".length()) : path;
      Optional<Finding> hidden = withoutAxes(tree, inBase);
      if (hidden.isPresent()) {
        findings.add(hidden.get());
        return;
      }
    }
    ObjectNode node = tree;
    List<String> whole = place.get().segments();
    for (String segment : whole.subList(0, whole.size() - 1)) {
      JsonNode next = node.get(segment);
      if (next != null && !next.isNull() && !next.isObject()) {
        findings.add(
            Finding.of(SpecPath.of(segments.toArray(String[]::new)), segment + " has no fields"));
        return;
      }
      node = next instanceof ObjectNode below ? below : node.putObject(segment);
    }
    String last = whole.get(whole.size() - 1);
    if (value.isNull()) {
      node.remove(last);
    } else {
      node.set(last, value);
    }
  }

  /** Where a path leads from the root. */
  private static Optional<SpecPath> place(
      String path, List<String> segments, List<Finding> findings) {
    String first = segments.get(0);
    boolean whole = Set.of("spec", "metadata").contains(first);
    if (segments.contains("") || (whole && segments.size() < 2)) {
      findings.add(Finding.of(SpecPath.dotted(path), "'" + path + "' names no field"));
      return Optional.empty();
    }
    if (whole) {
      return Optional.of(new SpecPath(segments));
    }
    if (fields(ExperimentBody.class).contains(first)) {
      return Optional.of(SpecPath.of("spec").resolve(new SpecPath(segments)));
    }
    if (fields(BaseSpec.class).contains(first)) {
      if (!SpecSchema.basePaths().containsKey(path)) {
        findings.add(
            Finding.unknown(
                SpecPath.of("spec", "base").resolve(new SpecPath(segments)),
                "unknown field",
                path,
                List.copyOf(SpecSchema.basePaths().keySet())));
        return Optional.empty();
      }
      return Optional.of(SpecPath.of("spec", "base").resolve(new SpecPath(segments)));
    }
    Set<String> names = new LinkedHashSet<>(fields(BaseSpec.class));
    names.addAll(fields(ExperimentBody.class));
    names.add("metadata");
    findings.add(
        Finding.unknown(SpecPath.dotted(path), "unknown field", first, List.copyOf(names)));
    return Optional.empty();
  }

  private static List<String> fields(Class<?> type) {
    return Arrays.stream(type.getRecordComponents()).map(RecordComponent::getName).toList();
  }

  /** Removes the axes that a fixed value ends; or says which axis would hide the value. */
  private static Optional<Finding> withoutAxes(ObjectNode tree, String path) {
    ObjectNode grid = group(tree, List.of("spec", "grid"));
    List<String> axes = new ArrayList<>();
    grid.fieldNames().forEachRemaining(axes::add);
    for (String axis : axes) {
      if (axis.equals(path) || axis.startsWith(path + ".")) {
        grid.remove(axis);
      } else if (path.startsWith(axis + ".")) {
        return Optional.of(
            Finding.of(SpecPath.of("spec", "grid", axis), "the axis " + axis + " decides " + path));
      }
    }
    return Optional.empty();
  }

  private static void addAxis(
      ObjectNode tree, String axis, List<JsonNode> values, List<Finding> findings) {
    ObjectNode grid = group(tree, List.of("spec", "grid"));
    if (grid.has(axis)) {
      findings.add(
          Finding.of(
              SpecPath.of("spec", "grid", axis),
              axis + " is an axis already",
              "another axis, or further values of this one"));
      return;
    }
    grid.set(axis, Json.specs().createArrayNode().addAll(values));
  }

  private static void addValues(
      ObjectNode tree, String axis, List<JsonNode> values, List<Finding> findings) {
    ObjectNode grid = group(tree, List.of("spec", "grid"));
    if (!(grid.get(axis) instanceof ArrayNode present)) {
      List<String> axes = new ArrayList<>();
      grid.fieldNames().forEachRemaining(axes::add);
      findings.add(
          Finding.unknown(SpecPath.of("spec", "grid", axis), axis + " is no axis", axis, axes));
      return;
    }
    Set<JsonNode> known = new LinkedHashSet<>();
    Stream.iterate(0, i -> i < present.size(), i -> i + 1)
        .forEach(i -> known.add(GridCheck.comparable(present.get(i))));
    values.stream().filter(value -> known.add(GridCheck.comparable(value))).forEach(present::add);
  }

  private static ObjectNode group(ObjectNode tree, List<String> path) {
    ObjectNode node = tree;
    for (String segment : path) {
      node = node.get(segment) instanceof ObjectNode below ? below : node.putObject(segment);
    }
    return node;
  }
}

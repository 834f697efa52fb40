package dev.fewstep.schemas.spec;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fewstep.schemas.Json;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** What can be wrong with a grid before its points are looked at. */
final class GridCheck {
  private static final SpecPath SPEC = SpecPath.of("spec");
  private static final SpecPath GRID = SPEC.child("grid");
  private static final int MAX_AXES = 16;

  /** Looking for further problems stops at about this many: a hostile text may hold millions. */
  private static final int ENOUGH = 100;

  private static final long MAX_EXCLUSIONS = 20 * Grid.MAX_TRIALS;

  private GridCheck() {}

  static List<Finding> findings(ExperimentBody body) {
    List<Finding> findings = findings(body.grid(), body.exclude(), body.include());
    return findings.isEmpty() ? SearchCheck.findings(body) : findings;
  }

  /** As far as a tree that may break the schema allows; what breaks it is passed over. */
  static List<Finding> findings(JsonNode spec) {
    Map<String, List<JsonNode>> grid = new LinkedHashMap<>();
    spec.path("grid")
        .properties()
        .forEach(
            axis -> {
              List<JsonNode> values = new ArrayList<>();
              if (axis.getValue().isArray()) {
                axis.getValue().forEach(values::add);
              }
              grid.put(axis.getKey(), values);
            });
    return findings(grid, entries(spec.path("exclude")), entries(spec.path("include")));
  }

  private static List<Map<String, JsonNode>> entries(JsonNode list) {
    List<Map<String, JsonNode>> entries = new ArrayList<>();
    for (JsonNode item : list.isArray() ? list : Json.specs().createArrayNode()) {
      Map<String, JsonNode> entry = new LinkedHashMap<>();
      item.properties().forEach(field -> entry.put(field.getKey(), field.getValue()));
      entries.add(entry);
    }
    return entries;
  }

  private static List<Finding> findings(
      Map<String, List<JsonNode>> grid,
      List<Map<String, JsonNode>> exclude,
      List<Map<String, JsonNode>> include) {
    List<Finding> findings = new ArrayList<>();
    if (grid.size() > MAX_AXES) {
      return List.of(Finding.of(GRID, grid.size() + " axes", "at most " + MAX_AXES));
    }
    overlaps(grid.keySet(), GRID, findings);
    Map<String, Set<JsonNode>> known = new LinkedHashMap<>();
    grid.forEach((axis, values) -> known.put(axis, axis(axis, values, findings)));
    for (int i = 0; i < exclude.size() && findings.size() < ENOUGH; i++) {
      exclusion(exclude.get(i), SPEC.child("exclude").child(i), known, findings);
    }
    for (int i = 0; i < include.size() && findings.size() < ENOUGH; i++) {
      inclusion(include.get(i), SPEC.child("include").child(i), findings);
    }
    size(grid, exclude).ifPresent(findings::add);
    return findings;
  }

  private static void inclusion(
      Map<String, JsonNode> entry, SpecPath place, List<Finding> findings) {
    overlaps(entry.keySet(), place, findings);
    for (Map.Entry<String, JsonNode> field : entry.entrySet()) {
      if (findings.size() >= ENOUGH) {
        return;
      }
      value(field.getKey(), field.getValue(), place.child(field.getKey()), "", findings);
    }
  }

  /** Checks an axis and returns its values in a form that is equal when they are the same. */
  private static Set<JsonNode> axis(String axis, List<JsonNode> values, List<Finding> findings) {
    SpecPath place = GRID.child(axis);
    Set<JsonNode> seen = new LinkedHashSet<>();
    boolean field = SpecSchema.basePaths().containsKey(axis);
    if (!field) {
      findings.add(unknownPath(axis, place));
    }
    for (int i = 0; i < values.size(); i++) {
      JsonNode value = values.get(i);
      if (!seen.add(comparable(value)) && findings.size() < ENOUGH) {
        findings.add(
            Finding.of(
                place.child(i),
                "axis " + axis + " has the value " + Finding.shown(value) + " twice"));
      }
      if (field && findings.size() < ENOUGH) {
        value(axis, value, place.child(i), "axis " + axis + ": ", findings);
      }
    }
    return seen;
  }

  private static Finding unknownPath(String path, SpecPath place) {
    List<String> paths = List.copyOf(SpecSchema.basePaths().keySet());
    String message = "'" + path + "' is no field of base";
    return new Finding(
        place, message, List.of("the dotted path of a field"), Nearest.to(path, paths));
  }

  /** Checks a value by laying it alone over an empty base. */
  static void value(
      String path, JsonNode value, SpecPath place, String prefix, List<Finding> findings) {
    if (!SpecSchema.basePaths().containsKey(path)) {
      findings.add(unknownPath(path, place));
      return;
    }
    int depth = SpecPath.dotted(path).segments().size();
    JsonNode alone = Grid.overlay(Json.specs().createObjectNode(), Map.of(path, value));
    for (Finding found : SpecSchema.baseFindings(alone)) {
      List<String> segments = found.path().segments();
      SpecPath inside =
          new SpecPath(segments.subList(Math.min(depth, segments.size()), segments.size()));
      findings.add(
          new Finding(
              place.resolve(inside),
              prefix + found.message() + " for " + found.path(),
              found.expected(),
              found.nearest()));
    }
  }

  static void overlaps(Set<String> paths, SpecPath place, List<Finding> findings) {
    for (String path : paths) {
      for (int dot = path.indexOf('.'); dot >= 0; dot = path.indexOf('.', dot + 1)) {
        String above = path.substring(0, dot);
        if (findings.size() < ENOUGH && paths.contains(above)) {
          findings.add(
              Finding.of(
                  place.child(path),
                  "'" + path + "' lies inside '" + above + "'",
                  "one of the two"));
        }
      }
    }
  }

  private static void exclusion(
      Map<String, JsonNode> entry,
      SpecPath place,
      Map<String, Set<JsonNode>> grid,
      List<Finding> findings) {
    for (Map.Entry<String, JsonNode> field : entry.entrySet()) {
      String axis = field.getKey();
      JsonNode value = field.getValue();
      Set<JsonNode> values = grid.get(axis);
      if (findings.size() >= ENOUGH) {
        return;
      }
      if (values == null) {
        findings.add(
            Finding.unknown(
                place.child(axis), "'" + axis + "' is no axis", axis, List.copyOf(grid.keySet())));
      } else if (!values.contains(comparable(value))) {
        findings.add(
            Finding.unknown(
                place.child(axis),
                "axis " + axis + " never has the value " + Finding.shown(value),
                value.asText(),
                values.stream().limit(20).map(JsonNode::asText).toList()));
      }
    }
  }

  private static Optional<Finding> size(
      Map<String, List<JsonNode>> grid, List<Map<String, JsonNode>> exclude) {
    double points = 1;
    for (List<JsonNode> values : grid.values()) {
      points *= values.size();
    }
    if (points > Grid.MAX_TRIALS) {
      return Optional.of(tooMany(String.format(Locale.ROOT, "%.4g grid points", points)));
    }
    double marks = 0;
    for (Map<String, JsonNode> entry : exclude) {
      double matches = points;
      for (String axis : entry.keySet()) {
        matches /= Math.max(1, grid.getOrDefault(axis, List.of()).size());
      }
      marks += matches;
    }
    return marks > MAX_EXCLUSIONS
        ? Optional.of(
            Finding.of(
                SPEC.child("exclude"),
                "the entries match too many points",
                "fewer, or an axis less"))
        : Optional.empty();
  }

  private static Finding tooMany(String count) {
    return Finding.of(GRID, count, "at most " + Grid.MAX_TRIALS + " trials");
  }

  /** Whether an experiment may have so many trials. */
  static Optional<Finding> trials(long count) {
    if (count > Grid.MAX_TRIALS) {
      return Optional.of(tooMany(count + " trials"));
    }
    return count > 0
        ? Optional.empty()
        : Optional.of(Finding.of(SPEC.child("exclude"), "no trial is left", "at least one trial"));
  }

  /** A value in a form that is equal when values are the same: 5 and 5.0 are. */
  static JsonNode comparable(JsonNode value) {
    boolean whole =
        value.isIntegralNumber()
            || (value.isNumber()
                && Math.abs(value.doubleValue()) < 1L << 53
                && value.doubleValue() == Math.rint(value.doubleValue()));
    if (whole) {
      return Json.specs().getNodeFactory().numberNode(value.longValue());
    }
    return value.isNumber() ? Json.specs().getNodeFactory().numberNode(value.doubleValue()) : value;
  }

  /**
   * Whether a dotted path is a place or below it; the root is above none, to name no axis wrongly.
   */
  static boolean below(String dotted, SpecPath place) {
    List<String> segments = SpecPath.dotted(dotted).segments();
    int depth = place.segments().size();
    return depth > 0
        && segments.size() >= depth
        && segments.subList(0, depth).equals(place.segments());
  }
}

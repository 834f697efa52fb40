package dev.fewstep.schemas.spec;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fewstep.schemas.Json;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** What can be wrong with a search. */
final class SearchCheck {
  private static final SpecPath SEARCH = SpecPath.of("spec", "search");
  private static final SpecPath TRAINING = SpecPath.of("spec", "base", "training");
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private SearchCheck() {}

  /** As far as the grid's points need not be looked at. */
  static List<Finding> findings(ExperimentBody body) {
    if (body.search().isEmpty()) {
      return List.of();
    }
    SearchSpec search = body.search().get();
    List<Finding> findings = new ArrayList<>();
    fields(search, findings);
    Set<String> paths = new LinkedHashSet<>(body.grid().keySet());
    paths.addAll(search.ranges().keySet());
    for (Map.Entry<String, RangeSpec> range : search.ranges().entrySet()) {
      range(range.getKey(), range.getValue(), body.grid().keySet(), findings);
    }
    GridCheck.overlaps(paths, SEARCH.child("ranges"), findings);
    return findings;
  }

  private static void fields(SearchSpec search, List<Finding> findings) {
    String method = Json.toTree(search.method()).asText();
    if (search.method() == SearchMethod.GRID) {
      search
          .trials()
          .ifPresent(
              count ->
                  findings.add(
                      Finding.of(
                          SEARCH.child("trials"),
                          "trials are drawn, but method: grid takes every point",
                          "method: random or halving")));
      if (!search.ranges().isEmpty()) {
        findings.add(
            Finding.of(
                SEARCH.child("ranges"),
                "ranges are drawn from, but method: grid draws nothing",
                "method: random or halving"));
      }
    } else if (search.draws() && search.trials().isEmpty()) {
      findings.add(
          Finding.of(
              search.ranges().isEmpty() ? SEARCH : SEARCH.child("ranges"),
              "trials is required by "
                  + (search.ranges().isEmpty() ? "method: " + method : "ranges"),
              "spec.search.trials, the number of points to draw"));
    }
    boolean halves = search.method() == SearchMethod.HALVING;
    if (halves && search.minIterations().isEmpty()) {
      findings.add(
          Finding.of(
              SEARCH,
              "minIterations is required by method: halving",
              "spec.search.minIterations, the iterations of the first rung"));
    }
    if (!halves && search.minIterations().isPresent()) {
      findings.add(
          Finding.of(
              SEARCH.child("minIterations"),
              "minIterations belongs to method: halving, not " + method,
              "method: halving"));
    }
  }

  private static void range(
      String path, RangeSpec range, Set<String> axes, List<Finding> findings) {
    SpecPath place = SEARCH.child("ranges").child(path);
    if (axes.contains(path)) {
      findings.add(
          Finding.of(place, "'" + path + "' is an axis of the grid too", "one of the two"));
      return;
    }
    range
        .uniform()
        .ifPresent(ends -> numbers(path, "uniform", place.child("uniform"), ends, findings));
    range
        .logUniform()
        .ifPresent(ends -> numbers(path, "logUniform", place.child("logUniform"), ends, findings));
    range
        .integers()
        .ifPresent(
            ends -> {
              List<JsonNode> nodes = new ArrayList<>();
              ends.forEach(end -> nodes.add(NODES.numberNode(end)));
              values(path, place.child("integers"), nodes, findings);
            });
    range.choice().ifPresent(values -> values(path, place.child("choice"), values, findings));
  }

  private static void numbers(
      String path, String kind, SpecPath place, List<Double> ends, List<Finding> findings) {
    JsonNode schema = SpecSchema.basePaths().get(path);
    if (schema != null && "integer".equals(schema.path("type").asText())) {
      findings.add(
          Finding.of(
              place,
              "'" + path + "' takes integers, and " + kind + " draws any numbers",
              "integers: [low, high]"));
      return;
    }
    List<JsonNode> nodes = new ArrayList<>();
    ends.forEach(end -> nodes.add(NODES.numberNode(end)));
    values(path, place, nodes, findings);
  }

  private static void values(
      String path, SpecPath place, List<JsonNode> values, List<Finding> findings) {
    for (int i = 0; i < values.size(); i++) {
      int before = findings.size();
      GridCheck.value(path, values.get(i), place.child(i), path + ": ", findings);
      if (findings.size() > before && !SpecSchema.basePaths().containsKey(path)) {
        return;
      }
    }
  }

  /** Whether so many points can be drawn. */
  static Optional<Finding> enough(SearchSpec search, long points) {
    boolean few =
        search.draws()
            && search.ranges().isEmpty()
            && search.trials().map(count -> count > points).orElse(false);
    return few
        ? Optional.of(
            Finding.of(
                SEARCH.child("trials"),
                search.trials().orElseThrow()
                    + " points are to be drawn without replacement from a grid of "
                    + points,
                "at most " + points + ", or ranges"))
        : Optional.empty();
  }

  /**
   * Why trials cannot be halved.
   *
   * @param points values of the trials, or of enough of them
   */
  static List<Finding> halving(ExperimentBody body, Grid grid, List<Map<String, JsonNode>> points) {
    Set<Finding> findings = new LinkedHashSet<>();
    Optional<Integer> iterations = Optional.empty();
    Optional<JsonNode> yardstick = Optional.empty();
    for (Map<String, JsonNode> values : points) {
      Optional<BaseSpec> read = grid.read(values);
      if (read.isEmpty()) {
        continue;
      }
      BaseSpec base = read.get();
      TrainingSpec training = base.training();
      if (training.validation().isEmpty()) {
        findings.add(
            Finding.of(
                TRAINING,
                "trials are halved by their validation, and they have none",
                "training.validation, such as {every: 10, samples: 256}"));
      }
      if (training.schedule() != LearningRateKind.CONSTANT
          && training.schedule() != LearningRateKind.STEP) {
        findings.add(
            Finding.of(
                place(body, "training.schedule", TRAINING.child("schedule")),
                "the rate of schedule: "
                    + Json.toTree(training.schedule()).asText()
                    + " depends on the number of iterations, so that a rung is not the beginning"
                    + " of the next",
                "constant",
                "step"));
      }
      if (iterations.isPresent() && !iterations.get().equals(training.iterations())) {
        findings.add(
            Finding.of(
                place(body, "training.iterations", TRAINING.child("iterations")),
                "trials that are halved train for the same number of iterations in the end",
                "one number"));
      }
      JsonNode measured = yardstick(base);
      if (yardstick.isPresent() && !yardstick.get().equals(measured)) {
        findings.add(
            Finding.of(
                place(body, "loss", SpecPath.of("spec", "grid")),
                "validations with different losses, validation images or settings cannot be"
                    + " compared, and halving compares the trials' validations",
                "one loss (but for mmdBatch and microBatch), one validation and one data.train"
                    + " for all trials; an experiment for each"));
      }
      iterations = iterations.or(() -> Optional.of(training.iterations()));
      yardstick = yardstick.or(() -> Optional.of(measured));
    }
    return List.copyOf(findings);
  }

  /** What the value of a validation means, apart from the network that it is of. */
  private static JsonNode yardstick(BaseSpec base) {
    ObjectNode all = NODES.objectNode();
    ObjectNode loss = (ObjectNode) Json.toTree(base.loss());
    loss.remove(List.of("mmdBatch", "microBatch"));
    all.set("loss", loss);
    base.training().validation().ifPresent(set -> all.set("validation", measure(set)));
    all.put("train", base.data().train());
    return all;
  }

  private static JsonNode measure(ValidationSpec validation) {
    ObjectNode measure = (ObjectNode) Json.toTree(validation);
    measure.remove(List.of("every", "patience"));
    return measure;
  }

  /** The axis or range that decides a field, else where the field stands. */
  private static SpecPath place(ExperimentBody body, String field, SpecPath otherwise) {
    Map<String, SpecPath> places = new LinkedHashMap<>();
    body.grid().keySet().forEach(axis -> places.put(axis, SpecPath.of("spec", "grid", axis)));
    body.search()
        .map(SearchSpec::ranges)
        .orElse(Map.of())
        .keySet()
        .forEach(path -> places.put(path, SEARCH.child("ranges").child(path)));
    return places.entrySet().stream()
        .filter(
            entry ->
                entry.getKey().equals(field)
                    || entry.getKey().startsWith(field + ".")
                    || field.startsWith(entry.getKey() + "."))
        .filter(entry -> !entry.getKey().matches("loss\\.m(icro|md)Batch"))
        .map(Map.Entry::getValue)
        .findFirst()
        .orElse(otherwise);
  }
}

package dev.fewstep.orchestrator.view;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.DoubleNode;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.fewstep.orchestrator.experiment.OrchestratorState;
import dev.fewstep.orchestrator.experiment.Results;
import dev.fewstep.orchestrator.experiment.RungView;
import dev.fewstep.orchestrator.experiment.TrialStanding;
import dev.fewstep.orchestrator.view.Column.Better;
import dev.fewstep.orchestrator.view.Column.Group;
import dev.fewstep.orchestrator.view.Column.Kind;
import dev.fewstep.schemas.TaskState;
import dev.fewstep.schemas.spec.MetricKind;
import dev.fewstep.schemas.spec.SearchMethod;
import dev.fewstep.schemas.state.ExperimentRecord;
import dev.fewstep.schemas.state.TaskResult;
import dev.fewstep.schemas.state.TrialKeys;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * The trials of an experiment as a table: the same columns for all of them, known from the
 * specification. What is not known of a trial is null.
 */
public final class TrialTable {
  /** What a trial is that others of its rung were better than. */
  private static final String STOPPED = "STOPPED";

  private final ExperimentRecord experiment;
  private final GridFacts facts;
  private final Function<String, Map<String, Double>> live;
  private final List<Cell> cells = new ArrayList<>();

  /** A column and how its value is found. */
  private record Cell(Column column, Function<TrialRow, JsonNode> value) {}

  /**
   * The table of an experiment.
   *
   * @param facts those of the same experiment
   * @param live what is known of the training of a finetune that runs, by its task key: numbers by
   *     the names that they have in results
   */
  public TrialTable(
      ExperimentRecord experiment, GridFacts facts, Function<String, Map<String, Double>> live) {
    this.experiment = requireNonNull(experiment, "experiment");
    this.facts = requireNonNull(facts, "facts");
    this.live = requireNonNull(live, "live");
    addTrial();
    addAxes();
    addFacts();
    if (experiment.spec().spec().searched().method() == SearchMethod.HALVING) {
      addRungs();
    }
    facts.spaces().forEach(this::addScores);
    addCurves();
  }

  /** The columns. */
  public List<Column> columns() {
    return cells.stream().map(Cell::column).toList();
  }

  /** Number of rows: the trials that wait to be planned are there too. */
  public int size() {
    return experiment.trials();
  }

  /**
   * Rows of the table, each with a value for every column, by index of the trial.
   *
   * @param state the state, which the experiment was read from
   * @param from index of the first, from 0
   * @param limit at most so many
   */
  public List<List<JsonNode>> rows(OrchestratorState state, int from, int limit) {
    Results results = new Results(state);
    int end = (int) Math.min(size(), (long) from + limit);
    List<List<JsonNode>> rows = new ArrayList<>();
    for (int trial = from; trial < end; trial++) {
      TrialRow row = row(results, trial);
      List<JsonNode> values = new ArrayList<>(cells.size());
      cells.forEach(cell -> values.add(cell.value().apply(row)));
      rows.add(values);
    }
    return rows;
  }

  private TrialRow row(Results results, int trial) {
    Map<String, JsonNode> values = facts.values(trial);
    TrialStanding standing = results.standing(experiment, trial);
    Optional<TrialKeys> keys = standing.tasks();
    Optional<TaskResult> finetune = keys.flatMap(k -> results.result(k.finetune(), experiment));
    return new TrialRow(
        trial,
        values,
        facts.seed(trial),
        standing,
        facts.settings(trial, values),
        finetune,
        keys.flatMap(k -> results.result(k.evaluate(), experiment)),
        keys.flatMap(k -> results.result(k.baseline(), experiment)),
        finetune.map(TaskResult::scores).orElseGet(() -> training(standing)));
  }

  private Map<String, Double> training(TrialStanding standing) {
    return standing.state() == TaskState.RUNNING
        ? standing.tasks().map(keys -> live.apply(keys.finetune())).orElse(Map.of())
        : Map.of();
  }

  private void addTrial() {
    add(Column.whole("trial", "Trial", Group.FACT), row -> LongNode.valueOf(row.index()));
    add(
        Column.texts("state", "State", Group.FACT, Kind.CATEGORY),
        row ->
            TextNode.valueOf(row.standing().stopped() ? STOPPED : row.standing().state().name()));
    add(Column.whole("seed", "Seed", Group.FACT), row -> LongNode.valueOf(row.seed()));
  }

  private void addAxes() {
    for (String axis : facts.axes()) {
      Column column = axisColumn(axis);
      add(column, row -> axisValue(row.values().get(axis), column));
    }
  }

  private Column axisColumn(String axis) {
    List<JsonNode> values = facts.choices(axis);
    values.removeIf(JsonNode::isNull);
    if (values.stream().allMatch(JsonNode::isNumber)) {
      return !facts.fractions(axis) && values.stream().allMatch(JsonNode::isIntegralNumber)
          ? Column.whole(axis, axis, Group.AXIS)
          : Column.number(axis, axis, Group.AXIS);
    }
    boolean groups = values.stream().anyMatch(JsonNode::isContainerNode);
    return Column.texts(axis, axis, Group.AXIS, groups ? Kind.TEXT : Kind.CATEGORY);
  }

  private static JsonNode axisValue(JsonNode value, Column column) {
    if (value == null || value.isNull()) {
      return NullNode.getInstance();
    }
    if (column.kind() == Kind.NUMBER || value.isTextual()) {
      return value;
    }
    return TextNode.valueOf(value.toString());
  }

  private void addFacts() {
    add(
        Column.whole("samplingSteps", "Sampling steps", Group.FACT),
        row -> LongNode.valueOf(row.settings().samplingSteps()));
    whole(
        Column.whole("nfe", "Network evaluations", Group.FACT),
        row -> TrialRow.score(row.evaluate(), "nfe"));
    add(
        Column.texts("kernel", "Kernel", Group.FACT, Kind.CATEGORY),
        row -> TextNode.valueOf(row.settings().kernel()));
    add(
        Column.texts("trainedSpace", "Trained in", Group.FACT, Kind.CATEGORY),
        row -> TextNode.valueOf(row.settings().trained().get(0)));
    number(
        Column.number("seconds", "Finetune and evaluation", Group.FACT).in("s"), TrialRow::seconds);
    number(
        Column.number("deviceSeconds", "Device time", Group.FACT).in("s"), TrialRow::deviceSeconds);
    number(
        Column.number("images_per_second", "Training speed", Group.FACT).in("images/s"),
        row -> row.training("images_per_second"));
  }

  private void addRungs() {
    whole(
        Column.whole("rung", "Rung", Group.FACT),
        row -> row.standing().rung().map(at -> (double) at.rung()));
    whole(
        Column.whole("rung_iterations", "Iterations at its end", Group.FACT),
        row -> row.standing().rung().map(at -> (double) at.iterations()));
    number(
        Column.number("rung_validation", "Validation MMD at its end", Group.CURVE)
            .better(Better.LOWER),
        row -> row.standing().rung().flatMap(RungView::validation));
  }

  private void addScores(Space space) {
    for (MetricKind metric : experiment.spec().spec().evaluation().metrics()) {
      switch (metric) {
        case FD -> addDistance(space, "fd", space.frechet());
        case KD -> addDistance(space, "kd", "KD");
        case KID -> addScore(space, "kid", "KID", Better.LOWER);
        case IS -> addScore(space, "is", "Inception Score", Better.HIGHER);
        case PR -> {
          addScore(space, "precision", "Precision", Better.HIGHER);
          addScore(space, "recall", "Recall", Better.HIGHER);
        }
        case DC -> {
          addScore(space, "density", "Density", Better.HIGHER);
          addScore(space, "coverage", "Coverage", Better.HIGHER);
        }
        case FD_INFINITY ->
            addScore(space, "fd-infinity", space.frechet() + " infinity", Better.LOWER);
      }
    }
  }

  /** A distance with its interval, the same of the baseline, and their ratio. */
  private void addDistance(Space space, String metric, String label) {
    addScore(space, metric, label, Better.LOWER);
    for (Side side : Side.values()) {
      score(side, space, metric + "-low", label + " lower end", Optional.empty());
      score(side, space, metric + "-high", label + " upper end", Optional.empty());
    }
    String kept = metric + ":" + space.id();
    number(
        Column.number(
                "ratio_" + metric + ":" + space.name(),
                label + " " + space.name() + " as a part of the baseline's",
                Group.BASELINE)
            .better(Better.LOWER),
        row ->
            TrialRow.score(row.evaluate(), kept)
                .flatMap(
                    own ->
                        TrialRow.score(row.baseline(), kept)
                            .filter(base -> base > 0)
                            .map(base -> own / base)));
  }

  private void addScore(Space space, String metric, String label, Better better) {
    for (Side side : Side.values()) {
      score(side, space, metric, label, Optional.of(better));
    }
  }

  /** Whose score it is. */
  private enum Side {
    FINETUNED(Group.SCORE, "", ""),
    BASE(Group.BASELINE, "baseline_", "Baseline ");

    private final Group group;
    private final String name;
    private final String label;

    Side(Group group, String name, String label) {
      this.group = group;
      this.name = name;
      this.label = label;
    }

    private Optional<TaskResult> of(TrialRow row) {
      return this == FINETUNED ? row.evaluate() : row.baseline();
    }
  }

  private void score(Side side, Space space, String metric, String label, Optional<Better> better) {
    String kept = metric + ":" + space.id();
    Column column =
        Column.number(
            side.name + metric.replace('-', '_') + ":" + space.name(),
            side.label + label + " " + space.name(),
            side.group);
    number(better.map(column::better).orElse(column), row -> TrialRow.score(side.of(row), kept));
  }

  private void addCurves() {
    number(
        Column.number("loss_last", "Loss, last", Group.CURVE).better(Better.LOWER),
        row -> row.training("final_loss"));
    number(
        Column.number("loss_min", "Loss, least", Group.CURVE).better(Better.LOWER),
        row -> row.training("loss_min"));
    whole(
        Column.whole("loss_min_step", "Step of the least loss", Group.CURVE),
        row -> row.training("loss_min_step"));
    number(
        Column.number("validation_mmd_last", "Validation MMD, last", Group.CURVE)
            .better(Better.LOWER),
        row -> row.training("validation_mmd"));
    number(
        Column.number("validation_mmd_min", "Validation MMD, least", Group.CURVE)
            .better(Better.LOWER),
        row -> row.training("validation_loss"));
    whole(
        Column.whole(
            "validation_mmd_min_step", "Iteration of the least validation MMD", Group.CURVE),
        row -> row.training("best_iteration"));
  }

  private void add(Column column, Function<TrialRow, JsonNode> value) {
    cells.add(new Cell(column, value));
  }

  private void number(Column column, Function<TrialRow, Optional<Double>> value) {
    add(column, row -> number(value.apply(row)));
  }

  private void whole(Column column, Function<TrialRow, Optional<Double>> value) {
    add(column, row -> whole(value.apply(row)));
  }

  private static JsonNode number(Optional<Double> value) {
    return value
        .filter(Double::isFinite)
        .map(finite -> (JsonNode) DoubleNode.valueOf(finite))
        .orElse(NullNode.getInstance());
  }

  private static JsonNode whole(Optional<Double> value) {
    return value
        .filter(Double::isFinite)
        .map(finite -> (JsonNode) LongNode.valueOf(Math.round(finite)))
        .orElse(NullNode.getInstance());
  }
}

package dev.fewstep.orchestrator.view;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.DoubleNode;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.fewstep.orchestrator.experiment.OrchestratorState;
import dev.fewstep.orchestrator.experiment.Results;
import dev.fewstep.orchestrator.experiment.TrialView;
import dev.fewstep.schemas.Json;
import dev.fewstep.schemas.state.ExperimentRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Scores of the trials of any experiments in one form: a row for each trial, feature space and
 * metric, whatever the axes of the grid; a trial without scores has one row without them.
 */
public final class ResultTable {
  private ResultTable() {}

  /** The columns, the same for all experiments. */
  public static List<Column> columns() {
    return List.of(
        text("experiment"),
        text("name"),
        text("project"),
        text("submitted_by"),
        text("submitted_at"),
        whole("trial"),
        whole("seed"),
        text("values"),
        text("state"),
        whole("sampling_steps"),
        whole("nfe"),
        text("kernel"),
        text("extractor"),
        text("space"),
        text("role"),
        text("metric"),
        number("finetuned"),
        number("baseline"),
        number("seconds"));
  }

  private static Column text(String name) {
    return Column.texts(name, name, Column.Group.FACT, Column.Kind.TEXT);
  }

  private static Column whole(String name) {
    return Column.whole(name, name, Column.Group.FACT);
  }

  private static Column number(String name) {
    return Column.number(name, name, Column.Group.FACT);
  }

  /**
   * Rows of some trials of an experiment; none when there is no such experiment.
   *
   * @param from index of the first trial
   * @param limit at most so many trials
   */
  public static List<List<JsonNode>> rows(
      OrchestratorState state, String experimentId, int from, int limit) {
    List<List<JsonNode>> rows = new ArrayList<>();
    Optional<ExperimentRecord> experiment = state.experiment(experimentId);
    if (experiment.isPresent()) {
      for (TrialView trial : new Results(state).trials(experimentId, from, limit)) {
        add(rows, experiment.get(), trial);
      }
    }
    return rows;
  }

  private static void add(List<List<JsonNode>> rows, ExperimentRecord experiment, TrialView trial) {
    Map<String, Map<String, Double>> finetuned = trial.scores().metrics();
    Map<String, Map<String, Double>> baseline = trial.baseline().metrics();
    TreeSet<String> spaces = new TreeSet<>(finetuned.keySet());
    spaces.addAll(baseline.keySet());
    int before = rows.size();
    for (String space : spaces) {
      boolean heldOut =
          trial.scores().heldOut().containsKey(space)
              || trial.baseline().heldOut().containsKey(space);
      Map<String, Double> ours = finetuned.getOrDefault(space, Map.of());
      Map<String, Double> theirs = baseline.getOrDefault(space, Map.of());
      TreeMap<String, Double> metrics = new TreeMap<>(theirs);
      metrics.putAll(ours);
      for (String metric : metrics.keySet()) {
        List<JsonNode> row = facts(experiment, trial);
        row.add(TextNode.valueOf(space));
        row.add(TextNode.valueOf(heldOut ? "held-out" : "trained"));
        row.add(TextNode.valueOf(metric));
        row.add(number(Optional.ofNullable(ours.get(metric))));
        row.add(number(Optional.ofNullable(theirs.get(metric))));
        row.add(number(trial.seconds()));
        rows.add(row);
      }
    }
    if (rows.size() == before) {
      List<JsonNode> row = facts(experiment, trial);
      for (int i = 0; i < 5; i++) {
        row.add(NullNode.getInstance());
      }
      row.add(number(trial.seconds()));
      rows.add(row);
    }
  }

  private static List<JsonNode> facts(ExperimentRecord experiment, TrialView trial) {
    List<JsonNode> row = new ArrayList<>();
    row.add(TextNode.valueOf(experiment.id()));
    row.add(TextNode.valueOf(experiment.spec().metadata().name()));
    row.add(TextNode.valueOf(experiment.spec().metadata().project()));
    row.add(TextNode.valueOf(experiment.submittedBy()));
    row.add(TextNode.valueOf(experiment.submittedAt().toString()));
    row.add(LongNode.valueOf(trial.index()));
    row.add(LongNode.valueOf(trial.seed()));
    row.add(TextNode.valueOf(Json.toText(trial.values())));
    row.add(TextNode.valueOf(trial.state().name()));
    row.add(LongNode.valueOf(trial.samplingSteps()));
    row.add(trial.nfe().<JsonNode>map(LongNode::valueOf).orElse(NullNode.getInstance()));
    row.add(TextNode.valueOf(trial.kernel()));
    row.add(TextNode.valueOf(trial.extractor()));
    return row;
  }

  private static JsonNode number(Optional<Double> value) {
    return value.<JsonNode>map(DoubleNode::valueOf).orElse(NullNode.getInstance());
  }
}

package dev.fewstep.orchestrator.view;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fewstep.orchestrator.experiment.Played;
import dev.fewstep.schemas.spec.ExperimentSpec;
import dev.fewstep.schemas.state.ExperimentRecord;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

class TrialTableTest {
  private final Played played = new Played();
  private Function<String, Map<String, Double>> live = key -> Map.of();

  private List<Map<String, JsonNode>> rows(ExperimentRecord experiment, int from, int limit) {
    TrialTable table = new TrialTable(experiment, GridFacts.of(experiment), live);
    return table.rows(played.state(), from, limit).stream()
        .map(
            row -> {
              Map<String, JsonNode> named = new HashMap<>();
              for (int i = 0; i < row.size(); i++) {
                named.put(table.columns().get(i).name(), row.get(i));
              }
              return named;
            })
        .toList();
  }

  private Column column(ExperimentRecord experiment, String name) {
    return new TrialTable(experiment, GridFacts.of(experiment), live)
        .columns().stream()
            .filter(column -> column.name().equals(name))
            .findFirst()
            .orElseThrow(() -> new AssertionError("no column " + name));
  }

  @Test
  void a_finished_trial_has_its_scores_intervals_and_baseline() {
    ExperimentRecord experiment =
        played.submit(Experiments.grid("e", "{\"sampling.steps\": [4, 5]}", "[1, 2]"));
    played.finishAll();

    List<Map<String, JsonNode>> rows = rows(experiment, 1, 10);

    assertThat(rows).hasSize(3);
    Map<String, JsonNode> last = rows.get(2);
    assertThat(last.get("trial").asInt()).isEqualTo(3);
    assertThat(last.get("seed").asLong()).isEqualTo(2);
    assertThat(last.get("state").asText()).isEqualTo("SUCCEEDED");
    assertThat(last.get("sampling.steps").asInt()).isEqualTo(5);
    assertThat(last.get("samplingSteps").asInt()).isEqualTo(5);
    assertThat(last.get("nfe").asInt()).isEqualTo(5);
    assertThat(last.get("kernel").asText()).isEqualTo("cubic");
    assertThat(last.get("trainedSpace").asText()).isEqualTo("small/multi");
    assertThat(last.get("seconds").asDouble()).isEqualTo(4);
    assertThat(last.get("deviceSeconds").asDouble()).isEqualTo(6);
    for (String space : List.of("small/multi", "wide")) {
      assertThat(last.get("fd:" + space).asDouble()).isEqualTo(10);
      assertThat(last.get("fd_low:" + space).asDouble()).isEqualTo(9);
      assertThat(last.get("fd_high:" + space).asDouble()).isEqualTo(11);
      assertThat(last.get("kd:" + space).asDouble()).isEqualTo(-0.25);
      assertThat(last.get("kd_low:" + space).isNull()).isTrue();
      assertThat(last.get("baseline_fd:" + space).asDouble()).isEqualTo(20);
      assertThat(last.get("baseline_fd_low:" + space).asDouble()).isEqualTo(19);
      assertThat(last.get("ratio_fd:" + space).asDouble()).isEqualTo(0.5);
      assertThat(last.get("ratio_kd:" + space).isNull()).isTrue();
    }
    assertThat(last.get("loss_last").asDouble()).isEqualTo(0.5);
    assertThat(last.get("loss_min").isNull()).isTrue();
    assertThat(last.get("validation_mmd_last").asDouble()).isEqualTo(0.1);
    assertThat(last.get("validation_mmd_min").asDouble()).isEqualTo(0.05);
    assertThat(last.get("validation_mmd_min_step").isNull()).isTrue();
  }

  @Test
  void what_is_not_known_is_null_and_a_trial_that_waits_is_a_row() {
    ExperimentRecord experiment = played.submit(Experiments.grid("e", "{}", "[7]"));

    Map<String, JsonNode> row = rows(experiment, 0, 10).get(0);

    assertThat(row.get("state").asText()).isEqualTo("QUEUED");
    for (String name : List.of("nfe", "seconds", "deviceSeconds", "fd:wide", "ratio_fd:wide")) {
      assertThat(row.get(name).isNull()).as(name).isTrue();
    }
    assertThat(rows(experiment, 1, 10)).isEmpty();
  }

  @Test
  void a_finetune_that_runs_says_how_far_its_training_has_come() {
    ExperimentRecord experiment = played.submit(Experiments.grid("e", "{}", "[7]"));
    live = key -> Map.of("final_loss", 0.75, "loss_min", 0.25, "loss_min_step", 3.0);
    assertThat(rows(experiment, 0, 1).get(0).get("loss_last").isNull()).isTrue();

    played.startAll();

    Map<String, JsonNode> row = rows(experiment, 0, 1).get(0);
    assertThat(row.get("state").asText()).isEqualTo("RUNNING");
    assertThat(row.get("loss_last").asDouble()).isEqualTo(0.75);
    assertThat(row.get("loss_min_step").asInt()).isEqualTo(3);
    assertThat(row.get("validation_mmd_min").isNull()).isTrue();
    assertThat(row.get("seconds").isNull()).isTrue();
  }

  @Test
  void columns_say_what_their_values_are() {
    ExperimentSpec spec =
        Experiments.spec(
            "e",
            "",
            "",
            """
            , "grid": {"training.learningRate": [1e-5, 2e-5], "loss.kernel": ["cubic", "rbf"],
                       "data.flip": [true, false], "loss.alphas": [[1.0, 2.0], [3.0]],
                       "training.iterations": [10, 20]},
              "include": [{"training.clipNorm": 0.5}]
            """);
    ExperimentRecord experiment = played.submit(spec);

    Column rate = column(experiment, "training.learningRate");
    assertThat(rate.kind()).isEqualTo(Column.Kind.NUMBER);
    assertThat(rate.group()).isEqualTo(Column.Group.AXIS);
    assertThat(rate.whole()).isFalse();
    assertThat(column(experiment, "training.iterations").whole()).isTrue();
    assertThat(column(experiment, "loss.kernel").kind()).isEqualTo(Column.Kind.CATEGORY);
    assertThat(column(experiment, "data.flip").kind()).isEqualTo(Column.Kind.CATEGORY);
    assertThat(column(experiment, "loss.alphas").kind()).isEqualTo(Column.Kind.TEXT);
    assertThat(column(experiment, "fd:wide").better()).contains(Column.Better.LOWER);
    assertThat(column(experiment, "fd_low:wide").better()).isEmpty();
    assertThat(column(experiment, "fd:wide").label()).isEqualTo("FD wide");
    assertThat(column(experiment, "seconds").unit()).contains("s");

    Map<String, JsonNode> first = rows(experiment, 0, 1).get(0);
    assertThat(first.get("loss.alphas").asText()).isEqualTo("[1.0,2.0]");
    assertThat(first.get("data.flip").asText()).isEqualTo("true");
    assertThat(first.get("training.clipNorm").isNull()).isTrue();
    Map<String, JsonNode> included = rows(experiment, experiment.trials() - 1, 1).get(0);
    assertThat(included.get("training.clipNorm").asDouble()).isEqualTo(0.5);
    assertThat(included.get("training.learningRate").isNull()).isTrue();
  }

  @Test
  void a_grid_over_extractors_has_columns_for_each_of_them() {
    ExperimentRecord experiment =
        played.submit(
            Experiments.grid("e", "{\"loss.extractor\": [\"small/multi\", \"wide/deep\"]}", "[1]"));
    played.finishAll();

    List<Map<String, JsonNode>> rows = rows(experiment, 0, 2);

    assertThat(rows.get(0).get("trainedSpace").asText()).isEqualTo("small/multi");
    assertThat(rows.get(1).get("trainedSpace").asText()).isEqualTo("wide/deep");
    assertThat(rows.get(0).get("fd:wide/deep").isNull()).isTrue();
    assertThat(rows.get(1).get("fd:wide/deep").asDouble()).isPositive();
  }

  @Test
  void halved_trials_say_their_rung() {
    ExperimentRecord experiment =
        played.submit(
            Experiments.spec(
                "e",
                "",
                ", \"training\": {\"iterations\": 18, \"validation\": {\"every\": 2}}",
                """
                , "grid": {"training.learningRate": [1e-5, 2e-5, 3e-5]}, "seeds": [1],
                  "search": {"method": "halving", "minIterations": 2}
                """));
    played.finishAll();

    List<Map<String, JsonNode>> rows = rows(experiment, 0, 3);

    assertThat(rows).extracting(row -> row.get("rung").asInt()).contains(0);
    assertThat(rows).extracting(row -> row.get("state").asText()).contains("STOPPED");
    assertThat(rows).extracting(row -> row.get("rung_validation").isNull()).contains(false);
  }
}

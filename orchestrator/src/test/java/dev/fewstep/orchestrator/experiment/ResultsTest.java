package dev.fewstep.orchestrator.experiment;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fewstep.schemas.TaskKind;
import dev.fewstep.schemas.TaskState;
import dev.fewstep.schemas.message.Report;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Result tables. */
class ResultsTest {
  private final World world = new World().withInputs();

  /** Scores that tell which evaluation they are of: finetuned ones halve the baseline's. */
  private void succeed(World.Execution e) {
    Report.Succeeded report = world.success(e);
    Map<String, Double> scores = new HashMap<>(report.scores());
    boolean finetuned = e.task().spec().path("weights").asText().startsWith("task:");
    double steps = e.task().spec().path("sampling").path("steps").asDouble();
    scores.replaceAll(
        (name, value) ->
            name.startsWith("fd:")
                ? (finetuned ? 50 : 100) / steps + (name.endsWith("/multi") ? 0 : 1000)
                : steps);
    world.send(
        new Report.Succeeded(
            report.at(),
            report.taskKey(),
            report.attempt(),
            report.executionId(),
            report.artifacts(),
            e.task().kind() == TaskKind.EVALUATE ? scores : Map.of(),
            report.provenance(),
            report.seconds()));
  }

  @Test
  void trialsBaseAndLeaderboardAreReadByTheNamesOfTheSpecification() {
    String experiment =
        world.submit(Specs.spec("e", "{\"sampling.steps\": [4, 5]}", Specs.TWO_SEEDS, "{}"));
    Results results = new Results(world.state);
    TrialView before = results.trials(experiment, 0, 1).get(0);
    assertThat(before.state()).isEqualTo(TaskState.QUEUED);
    assertThat(before.scores()).isEqualTo(ScoresView.NONE);
    assertThat(before.values().get("sampling.steps").asInt()).isEqualTo(4);
    assertThat(before.kernel()).isEqualTo("cubic");

    UUID worker = world.worker();
    while (!world.published.isEmpty()) {
      succeed(world.start(worker));
    }

    List<TrialView> trials = results.trials(experiment, 1, 10);
    assertThat(trials).extracting(TrialView::index).containsExactly(1, 2, 3);
    TrialView last = trials.get(2);
    assertThat(last.name()).isEqualTo(experiment + "/3");
    assertThat(last.seed()).isEqualTo(2);
    assertThat(last.state()).isEqualTo(TaskState.SUCCEEDED);
    assertThat(last.samplingSteps()).isEqualTo(5);
    assertThat(last.nfe()).contains(5);
    assertThat(last.scores().trained()).contains(10.0);
    assertThat(last.scores().heldOut()).isEqualTo(Map.of("wide", 1010.0));
    assertThat(last.baseline().trained()).contains(20.0);
    assertThat(last.seconds()).contains(4.0);

    assertThat(results.base(experiment))
        .extracting(BaseView::samplingSteps)
        .containsExactly(10, 20);
    assertThat(results.base(experiment).get(1).scores())
        .isEqualTo(Map.of("small/multi", 5.0, "wide", 1005.0));

    List<LeaderboardRow> rows = results.leaderboard(experiment, "small/multi", 10);
    assertThat(rows).extracting(LeaderboardRow::mean).containsExactly(10.0, 12.5);
    assertThat(rows.get(0).trials()).containsExactly(2, 3);
    assertThat(rows.get(0).baseline()).contains(20.0);
    assertThat(rows.get(0).halfWidth()).isPresent();
    assertThat(results.leaderboard(experiment, "unknown", 10)).isEmpty();
    assertThat(results.spaces(experiment)).containsExactly("small/multi", "wide");
  }

  @Test
  void nothingIsReadOfAnExperimentThatIsNotThere() {
    Results results = new Results(world.state);
    assertThat(results.trials("none", 0, 10)).isEmpty();
    assertThat(results.base("none")).isEmpty();
    assertThat(results.leaderboard("none", "wide", 10)).isEmpty();
  }
}

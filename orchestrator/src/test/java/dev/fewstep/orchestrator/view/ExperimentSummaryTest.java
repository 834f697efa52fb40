package dev.fewstep.orchestrator.view;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fewstep.orchestrator.experiment.Played;
import dev.fewstep.schemas.Json;
import dev.fewstep.schemas.spec.ExperimentSpec;
import dev.fewstep.schemas.state.ExperimentRecord;
import org.junit.jupiter.api.Test;

class ExperimentSummaryTest {
  private final Played played = new Played();

  private ExperimentSummary summary(ExperimentRecord experiment) {
    ExperimentRecord now = played.state().experiment(experiment.id()).orElseThrow();
    return ExperimentSummary.of(played.state(), now, GridFacts.of(now));
  }

  @Test
  void the_best_trial_is_the_one_with_the_lowest_score_that_was_held_out() {
    ExperimentRecord experiment =
        played.submit(Experiments.grid("e", "{\"sampling.steps\": [4, 10, 5]}", "[1]"));
    assertThat(summary(experiment).best()).isEmpty();
    assertThat(summary(experiment).deviceSeconds()).isZero();

    played.finishAll();

    ExperimentSummary.Best best = summary(experiment).best().orElseThrow();
    assertThat(best.space()).isEqualTo("wide");
    assertThat(best.heldOut()).isTrue();
    assertThat(best.score()).isEqualTo(5);
    assertThat(best.ratio()).contains(0.5);
    assertThat(best.trial()).isEqualTo(1);
    assertThat(best.nfe()).contains(10);
    assertThat(best.samplingSteps()).isEqualTo(10);
  }

  @Test
  void device_seconds_count_every_task_once_and_none_that_the_cache_served() {
    ExperimentRecord first =
        played.submit(Experiments.grid("a", "{\"sampling.steps\": [4, 5]}", "[1, 2]"));
    played.finishAll();
    // Two references, four finetunes, four evaluations of them, two of the base weights.
    assertThat(summary(first).deviceSeconds()).isEqualTo(24);

    ExperimentRecord second =
        played.submit(Experiments.grid("b", "{\"sampling.steps\": [4, 5]}", "[1, 2]"));
    played.finishAll();
    assertThat(summary(second).best()).isEqualTo(summary(first).best());
    assertThat(summary(second).deviceSeconds()).isZero();
  }

  @Test
  void without_a_held_out_space_the_trained_one_counts() {
    ExperimentSpec spec = Experiments.grid("e", "{}", "[1]");
    ExperimentRecord experiment =
        played.submit(
            Played.read(
                Json.toText(spec).replace("[\"small/multi\",\"wide\"]", "[\"small/multi\"]")));
    played.finishAll();

    assertThat(summary(experiment).best().orElseThrow().heldOut()).isFalse();
  }
}

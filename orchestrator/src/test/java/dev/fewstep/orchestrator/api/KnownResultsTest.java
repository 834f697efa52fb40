package dev.fewstep.orchestrator.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fewstep.orchestrator.experiment.Played;
import dev.fewstep.orchestrator.log.StateView;
import dev.fewstep.orchestrator.view.ExperimentSummary;
import dev.fewstep.schemas.state.ExperimentRecord;
import dev.fewstep.schemas.state.StateRecord;
import dev.fewstep.schemas.state.TaskRecord;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class KnownResultsTest {
  private final Played played = new Played();
  private final AtomicLong nanos = new AtomicLong();

  private ExperimentRecord submitted(String name) {
    return played.submit(
        Played.read(
            """
            {"apiVersion": "fewstep/v1", "kind": "Experiment", "metadata": {"name": "%s"},
             "spec": {"base": {"data": {"train": "train"}, "model": {"weights": "ddpm"},
                               "loss": {"extractor": "small/multi"}},
                      "policy": {"cache": false}, "seeds": [1, 2],
                      "evaluation": {"reference": "test", "extractors": ["wide"],
                                     "samples": 2048}}}
            """
                .formatted(name)));
  }

  private ExperimentSummary summary(KnownResults known, ExperimentRecord experiment) {
    ExperimentRecord now = played.state().experiment(experiment.id()).orElseThrow();
    return known.summary(played.state(), now).orElseThrow();
  }

  private static void tell(KnownResults known, StateRecord entry) {
    known.changed(List.of(new StateView.Change(1, entry)));
  }

  private TaskRecord someTask(ExperimentRecord experiment) {
    return played.state().tasks(experiment.id(), Optional.empty(), 1).get(0);
  }

  @Test
  void a_summary_is_kept_until_a_task_of_the_experiment_changes() {
    KnownResults known = new KnownResults(nanos::get, 100);
    ExperimentRecord one = submitted("one");
    ExperimentRecord other = submitted("other");
    ExperimentSummary before = summary(known, one);
    ExperimentSummary otherBefore = summary(known, other);
    played.finishAll();

    assertThat(summary(known, one)).isSameAs(before);
    tell(known, StateRecord.of(someTask(one)));
    assertThat(summary(known, one).best()).isPresent();
    assertThat(summary(known, other)).isSameAs(otherBefore);
  }

  @Test
  void a_task_that_goes_leaves_nothing_known() {
    KnownResults known = new KnownResults(nanos::get, 100);
    ExperimentRecord one = submitted("one");
    ExperimentSummary before = summary(known, one);

    tell(known, StateRecord.noTask(someTask(one).key()));

    assertThat(summary(known, one)).isEqualTo(before).isNotSameAs(before);
  }

  @Test
  void a_large_experiment_is_folded_again_after_a_while_only() {
    KnownResults known = new KnownResults(nanos::get, 1);
    ExperimentRecord one = submitted("one");
    ExperimentSummary before = summary(known, one);
    played.finishAll();
    tell(known, StateRecord.of(someTask(one)));

    nanos.addAndGet(KnownResults.PATIENCE.toNanos() - 1);
    assertThat(summary(known, one)).isSameAs(before);
    nanos.addAndGet(1);
    assertThat(summary(known, one).best()).isPresent();
  }

  @Test
  void an_experiment_that_goes_is_forgotten_and_the_facts_of_one_are_made_once() {
    KnownResults known = new KnownResults(nanos::get, 100);
    ExperimentRecord one = submitted("one");
    ExperimentSummary before = summary(known, one);

    tell(known, StateRecord.noExperiment(one.id()));

    assertThat(summary(known, one)).isEqualTo(before).isNotSameAs(before);
    assertThat(known.facts(one)).isSameAs(known.facts(one));
  }
}

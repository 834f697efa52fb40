package dev.fewstep.orchestrator.experiment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.fewstep.schemas.Lineage;
import dev.fewstep.schemas.TaskKind;
import dev.fewstep.schemas.message.Command;
import dev.fewstep.schemas.message.FailureCode;
import dev.fewstep.schemas.message.Report;
import dev.fewstep.schemas.spec.ExperimentSpec;
import dev.fewstep.schemas.spec.SpecChanges;
import dev.fewstep.schemas.task.EvaluateTask;
import dev.fewstep.schemas.task.FinetuneTask;
import dev.fewstep.schemas.task.TaskSpec;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** How long devices would work, from what earlier tasks took. */
class EstimatesTest {
  private final World world = new World().withInputs();

  private static ExperimentSpec steps(String name, String steps, String seeds) {
    return Specs.spec(name, "{\"sampling.steps\": [" + steps + "]}", seeds, "{}");
  }

  /** Finishes what is published; a task takes so many seconds for a million images. */
  private void finish(Map<TaskKind, Double> rates) {
    UUID worker = world.worker();
    while (!world.published.isEmpty()) {
      World.Execution e = world.start(worker);
      Report.Succeeded report = world.success(e);
      double images = Estimates.work(e.task().typedSpec());
      world.send(
          new Report.Succeeded(
              report.at(),
              report.taskKey(),
              report.attempt(),
              report.executionId(),
              report.artifacts(),
              report.scores(),
              report.provenance(),
              images * rates.getOrDefault(e.task().kind(), 0.0) / 1e6));
    }
  }

  private Optional<PlanPreview.DeviceTime> time(ExperimentSpec spec) {
    return Previews.plan(spec, world.state).time();
  }

  @Test
  void work_is_measured_in_images_through_the_network() {
    world.submit(Specs.pretraining("p"));
    UUID worker = world.worker();
    Set<TaskKind> seen = EnumSet.noneOf(TaskKind.class);
    while (!world.published.isEmpty()) {
      World.Execution e = world.start(worker);
      TaskSpec spec = e.task().typedSpec();
      double expected =
          switch (spec.kind()) {
            case REFERENCE -> 1;
            case PRETRAIN -> 10 * 128;
            case FINETUNE -> 50 * 64 * ((FinetuneTask) spec).sampling().steps();
            case EVALUATE -> 2048 * ((EvaluateTask) spec).sampling().steps();
          };
      assertThat(Estimates.work(spec)).isEqualTo(expected);
      seen.add(spec.kind());
      world.succeed(e);
    }
    assertThat(seen).hasSize(4);
  }

  @Test
  void nothing_is_said_before_anything_was_measured() {
    assertThat(time(steps("e", "4", Specs.ONE_SEED))).isEmpty();
  }

  @Test
  void what_earlier_tasks_took_is_scaled_by_what_is_to_be_done() {
    world.submit(steps("a", "4", Specs.TWO_SEEDS));
    finish(Map.of(TaskKind.FINETUNE, 100.0, TaskKind.EVALUATE, 10.0));

    PlanPreview.DeviceTime time = time(steps("b", "8", Specs.TWO_SEEDS)).orElseThrow();

    // Two finetunes; two evaluations of them and one of the base weights.
    double finetunes = 2 * 50 * 64 * 8 * 100e-6;
    double evaluations = 3 * 2048 * 8 * 10e-6;
    assertThat(time.estimate()).isCloseTo(finetunes + evaluations, within(1e-9));
    assertThat(time.low()).isEqualTo(time.estimate());
    assertThat(time.high()).isEqualTo(time.estimate());
    // Two finetunes, and evaluations of two, of the base weights, and of those at 10 and 20 steps.
    assertThat(time.tasks()).isEqualTo(7);
  }

  @Test
  void what_is_there_already_costs_nothing() {
    world.submit(steps("a", "4", Specs.ONE_SEED));
    finish(Map.of(TaskKind.FINETUNE, 100.0, TaskKind.EVALUATE, 10.0));

    assertThat(time(steps("b", "4", Specs.ONE_SEED))).isEmpty();
  }

  @Test
  void the_spread_of_what_was_measured_is_told() {
    world.submit(steps("a", "4", Specs.ONE_SEED));
    finish(Map.of(TaskKind.FINETUNE, 100.0, TaskKind.EVALUATE, 10.0));
    world.submit(steps("b", "5", Specs.ONE_SEED));
    finish(Map.of(TaskKind.FINETUNE, 300.0, TaskKind.EVALUATE, 10.0));

    PlanPreview.DeviceTime time = time(steps("c", "8", Specs.ONE_SEED)).orElseThrow();

    double evaluations = 2 * 2048 * 8 * 10e-6;
    assertThat(time.low()).isCloseTo(50 * 64 * 8 * 100e-6 + evaluations, within(1e-9));
    assertThat(time.high()).isCloseTo(50 * 64 * 8 * 300e-6 + evaluations, within(1e-9));
  }

  @Test
  void other_models_devices_and_repeated_tasks_tell_nothing() {
    world.submit(steps("a", "4", Specs.ONE_SEED));
    finish(Map.of(TaskKind.FINETUNE, 100.0, TaskKind.EVALUATE, 10.0));

    assertThat(time(Specs.pretraining("other"))).isEmpty();
    ExperimentSpec gpu =
        new SpecChanges(
                Optional.empty(),
                Map.of(
                    "resources.deviceClass", TextNode.valueOf("gpu"),
                    "sampling.steps", IntNode.valueOf(8)),
                Map.of(),
                Map.of())
            .of(steps("gpu", "4", Specs.ONE_SEED));
    assertThat(time(gpu)).isEmpty();
  }

  @Test
  void a_second_attempt_took_less_than_all_of_it() {
    world.submit(steps("a", "4", Specs.ONE_SEED));
    UUID worker = world.worker();
    while (!world.published.isEmpty()) {
      World.Execution e = world.start(worker);
      if (e.task().kind() == TaskKind.FINETUNE && e.task().attempt() == 1) {
        world.fail(e, FailureCode.INTERNAL);
        world.pass(Duration.ofHours(2));
        worker = world.worker();
      } else {
        world.succeed(e);
      }
    }
    assertThat(time(steps("b", "8", Specs.ONE_SEED))).isEmpty();
  }

  @Test
  void nobody_knows_what_extensions_and_halved_trials_take() {
    String a = world.submit(steps("a", "4", Specs.ONE_SEED));
    finish(Map.of(TaskKind.FINETUNE, 100.0, TaskKind.EVALUATE, 10.0));
    ExperimentSpec longer = SpecChanges.extended(steps("a", "4", Specs.ONE_SEED), 10);

    assertThat(
            Previews.plan(longer, Optional.of(new Lineage(Lineage.Kind.EXTENDS, a)), world.state)
                .time())
        .isEmpty();
    assertThat(time(longer)).isPresent();
  }

  @Test
  void what_extensions_took_tells_nothing_of_tasks_from_the_start() {
    String a = world.submit(steps("a", "4", Specs.ONE_SEED));
    finish(Map.of(TaskKind.FINETUNE, 100.0, TaskKind.EVALUATE, 10.0));
    PlanPreview.DeviceTime before = time(steps("b", "8", Specs.ONE_SEED)).orElseThrow();
    world.outcome(
        new Command.SubmitExperiment(
            world.id(),
            world.time,
            "me",
            SpecChanges.extended(steps("a", "4", Specs.ONE_SEED), 10),
            Optional.of(new Lineage(Lineage.Kind.EXTENDS, a))));
    finish(Map.of(TaskKind.FINETUNE, 1.0, TaskKind.EVALUATE, 1.0));

    assertThat(time(steps("b", "8", Specs.ONE_SEED))).contains(before);
  }
}

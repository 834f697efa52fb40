package dev.fewstep.orchestrator.experiment;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fewstep.schemas.TaskKind;
import dev.fewstep.schemas.message.Command;
import dev.fewstep.schemas.message.Report;
import dev.fewstep.schemas.schedule.CatchUp;
import dev.fewstep.schemas.schedule.GateSpec;
import dev.fewstep.schemas.schedule.ScheduleSpec;
import dev.fewstep.schemas.state.BenchmarkRecord;
import dev.fewstep.schemas.state.OutcomeRecord;
import dev.fewstep.schemas.state.StateRecord;
import dev.fewstep.schemas.state.Verdict;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Nights of a schedule with a gate: what its runs are judged to be, and what becomes of them. */
class BenchmarkTest {
  private final World world = new World().withInputs();
  private final UUID worker = world.worker();

  private void create(GateSpec gate) {
    create(gate, "{\"sampling.steps\": [3, 5]}", "[1, 2, 3]");
  }

  private void create(GateSpec gate, String grid, String seeds) {
    ScheduleSpec spec =
        new ScheduleSpec(
            "nightly",
            "0 2 * * *",
            "UTC",
            new CatchUp(CatchUp.Policy.LATEST, Duration.ofDays(1)),
            5,
            Specs.spec("n", grid, seeds, "{\"cache\": false}"),
            Optional.of(gate),
            Optional.empty());
    OutcomeRecord outcome =
        world.outcome(new Command.CreateSchedule(world.id(), world.time, "me", spec));
    assertThat(outcome.accepted()).as(outcome.toString()).isTrue();
  }

  /** A night whose distances are 7.5 and by so much more, and whose steps take that long. */
  private BenchmarkRecord night(double more, boolean fails) {
    world.pass(Duration.ofDays(1));
    for (int round = 0; round < 60; round++) {
      world.presence(worker, Optional.empty(), true);
      while (!world.published.isEmpty()) {
        World.Execution taken = world.start(worker);
        if (fails && taken.task().kind() == TaskKind.FINETUNE) {
          world.fail(taken, dev.fewstep.schemas.message.FailureCode.NOT_FINITE);
          continue;
        }
        Report.Succeeded usual = world.success(taken);
        Map<String, Double> scores = new HashMap<>();
        usual.scores().forEach((name, value) -> scores.put(name, value + more));
        if (taken.task().kind() == TaskKind.FINETUNE) {
          scores.put("step_ratio", 4.0);
        }
        world.send(
            new Report.Succeeded(
                usual.at(),
                usual.taskKey(),
                usual.attempt(),
                usual.executionId(),
                usual.artifacts(),
                scores,
                usual.provenance(),
                usual.seconds()));
      }
    }
    return world.state.benchmarks().newest("nightly").orElseThrow();
  }

  private static GateSpec gate() {
    return new GateSpec(List.of("fd", "step_ratio"), 0.02, 0.95, 5, 2, 3);
  }

  @Test
  void nightsAreJudgedByTheNightsBeforeAndWorseOnesAreNoPartOfTheBaseline() {
    create(gate());
    BenchmarkRecord first = night(0, false);
    assertThat(first.verdict()).as("nothing to compare with").isEqualTo(Verdict.INCONCLUSIVE);
    assertThat(first.accepted()).isTrue();
    assertThat(first.scores().keySet())
        .containsExactlyInAnyOrder(
            "fd:small/multi(sampling.steps=3)",
            "fd:small/multi(sampling.steps=5)",
            "fd:wide(sampling.steps=3)",
            "fd:wide(sampling.steps=5)",
            "step_ratio(sampling.steps=3)",
            "step_ratio(sampling.steps=5)");
    assertThat(first.scores().get("fd:wide(sampling.steps=3)")).containsOnlyKeys("1", "2", "3");
    night(0, false);

    assertThat(night(0, false).verdict()).isEqualTo(Verdict.PASS);
    BenchmarkRecord worse = night(1, false);
    assertThat(worse.verdict()).isEqualTo(Verdict.REGRESSED);
    assertThat(worse.accepted()).isFalse();
    assertThat(
            worse.judgements().stream()
                .filter(judgement -> judgement.verdict() == Verdict.REGRESSED)
                .map(judgement -> judgement.metric()))
        .hasSize(4)
        .allMatch(metric -> metric.startsWith("fd:"));
    assertThat(night(1, false).verdict()).as("still worse").isEqualTo(Verdict.REGRESSED);
    assertThat(night(0, false).verdict()).as("as before").isEqualTo(Verdict.PASS);
    assertThat(world.state.benchmarks().history("nightly")).hasSize(6);
    assertThat(world.state.benchmarks().names()).containsExactly("nightly");
    assertThat(world.replayed().benchmarks().history("nightly"))
        .isEqualTo(world.state.benchmarks().history("nightly"));
  }

  @Test
  void aWorseNightThatShallBeIsAcceptedOnRequest() {
    create(new GateSpec(List.of("fd"), 0.02, 0.95, 2, 2, 3));
    night(0, false);
    night(0, false);
    BenchmarkRecord worse = night(1, false);
    Command.AcceptBenchmark accept =
        new Command.AcceptBenchmark(world.id(), world.time, "nightly", worse.experimentId());
    for (int i = 0; i < 2; i++) {
      assertThat(world.outcome(accept).accepted()).isTrue();
      accept = new Command.AcceptBenchmark(world.id(), world.time, "nightly", worse.experimentId());
    }
    assertThat(world.state.benchmarks().newest("nightly").orElseThrow().accepted()).isTrue();
    BenchmarkRecord next = night(1, false);
    assertThat(next.verdict()).as("between the two").isEqualTo(Verdict.INCONCLUSIVE);
    assertThat(night(1, false).verdict())
        .as("the baseline is as it is now")
        .isEqualTo(Verdict.PASS);
    assertThat(
            world
                .outcome(new Command.AcceptBenchmark(world.id(), world.time, "nightly", "gone"))
                .reason())
        .isEqualTo("schedule nightly has no judged run gone");
  }

  @Test
  void aNightThatFailedIsInconclusiveAndNoPartOfTheBaseline() {
    create(gate());
    night(0, false);
    night(0, false);
    BenchmarkRecord failed = night(0, true);
    assertThat(failed.verdict()).isEqualTo(Verdict.INCONCLUSIVE);
    assertThat(failed.accepted()).isFalse();
    assertThat(failed.judgements()).hasSize(6).allMatch(each -> each.value().isEmpty());
    assertThat(night(0, false).verdict()).isEqualTo(Verdict.PASS);
  }

  @Test
  void metricsAreNamedByEveryAxisOfTheGridAndPlainlyWithoutOne() {
    create(gate(), "{}", "[1]");
    assertThat(night(0, false).scores().keySet())
        .containsExactlyInAnyOrder("fd:small/multi", "fd:wide", "step_ratio");
    create(gate(), "{\"sampling.steps\": [3], \"loss.kernel\": [\"rbf\"]}", "[1]");
    assertThat(night(0, false).scores()).containsKey("fd:wide(loss.kernel=rbf,sampling.steps=3)");
  }

  @Test
  void aGridThatIsNoBenchmarkIsJudgedByItsFirstMetrics() {
    StringBuilder steps = new StringBuilder("2");
    for (int i = 3; i <= BenchmarkRules.MOST_METRICS / 3 + 20; i++) {
      steps.append(", ").append(i);
    }
    create(gate(), "{\"sampling.steps\": [" + steps + "]}", "[1, 2]");
    BenchmarkRecord wide = night(0, false);
    assertThat(wide.scores()).hasSize(BenchmarkRules.MOST_METRICS);
    assertThat(wide.scores().values())
        .as("what is judged has all of its seeds")
        .allSatisfy(seeds -> assertThat(seeds).hasSize(2));
  }

  @Test
  void onlySoManyNightsAreKeptAndNoneOfASchedulesThatIsDeleted() {
    create(gate());
    BenchmarkRecord one = night(0, false);
    for (int i = 0; i < BenchmarkRules.KEPT; i++) {
      world.state.replay(
          StateRecord.of(
              new BenchmarkRecord(
                  "nightly",
                  "old-" + i,
                  one.slot().minus(Duration.ofDays(i + 1)),
                  one.at().minus(Duration.ofDays(i + 1)),
                  one.scores(),
                  one.verdict(),
                  List.of(),
                  true)));
    }
    night(0, false);
    assertThat(world.state.benchmarks().history("nightly")).hasSize(BenchmarkRules.KEPT);
    world.send(new Command.DeleteSchedule(world.id(), world.time, "nightly"));
    assertThat(world.state.benchmarks().history("nightly")).isEmpty();
    assertThat(world.state.benchmarks().names()).isEmpty();
  }
}

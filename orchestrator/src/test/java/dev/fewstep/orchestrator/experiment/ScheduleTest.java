package dev.fewstep.orchestrator.experiment;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fewstep.schemas.message.Command;
import dev.fewstep.schemas.schedule.CatchUp;
import dev.fewstep.schemas.schedule.ScheduleSpec;
import dev.fewstep.schemas.spec.ExperimentSpec;
import dev.fewstep.schemas.state.ExperimentRecord;
import dev.fewstep.schemas.state.OutcomeRecord;
import dev.fewstep.schemas.state.ScheduleRecord;
import dev.fewstep.schemas.state.ScheduledRun;
import dev.fewstep.schemas.state.StateRecord;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Experiments that come again, command by command and slot by slot. */
class ScheduleTest {
  /** The world begins at midnight, UTC. */
  private final World world = new World().withInputs();

  static ScheduleSpec spec(String name, String cron, CatchUp.Policy policy, Duration within) {
    return spec(name, cron, policy, within, 30, Specs.withPolicy("again", "{\"cache\": false}"));
  }

  static ScheduleSpec spec(
      String name,
      String cron,
      CatchUp.Policy policy,
      Duration within,
      int retention,
      ExperimentSpec experiment) {
    return new ScheduleSpec(
        name,
        cron,
        "UTC",
        new CatchUp(policy, within),
        retention,
        experiment,
        Optional.empty(),
        Optional.empty());
  }

  private OutcomeRecord create(ScheduleSpec spec) {
    return world.outcome(new Command.CreateSchedule(world.id(), world.time, "me", spec));
  }

  private ScheduleRecord hourly(CatchUp.Policy policy, Duration within) {
    assertThat(create(spec("hourly", "0 * * * *", policy, within)).accepted()).isTrue();
    return schedule("hourly");
  }

  private ScheduleRecord schedule(String name) {
    return world.state.schedules().schedule(name).orElseThrow();
  }

  private List<String> experiments() {
    return world.state.experiments(Optional.empty(), 100).stream()
        .map(ExperimentRecord::id)
        .sorted()
        .toList();
  }

  @Test
  void aSlotMakesAnExperimentOfItsOwnName() {
    hourly(CatchUp.Policy.SKIP, null);
    world.pass(Duration.ofMinutes(59));
    assertThat(experiments()).isEmpty();

    world.pass(Duration.ofMinutes(1));

    assertThat(experiments()).containsExactly("hourly-20260101t010000z");
    ExperimentRecord made = world.state.experiment("hourly-20260101t010000z").orElseThrow();
    assertThat(made.submittedBy()).isEqualTo("schedule/hourly");
    assertThat(made.spec()).isEqualTo(schedule("hourly").spec().experiment());
    ScheduledRun run = schedule("hourly").runs().get(0);
    assertThat(run.slot()).isEqualTo(world.time);
    assertThat(run.open()).isTrue();
    assertThat(run.asked()).isFalse();
    assertThat(schedule("hourly").nextSlot()).contains(world.time.plus(Duration.ofHours(1)));
    assertThat(schedule("hourly").missed()).isEmpty();
  }

  @Test
  void itsExperimentsAreWorkedOnAndTheirEndsSeen() {
    hourly(CatchUp.Policy.SKIP, null);
    world.pass(Duration.ofHours(1));
    UUID worker = world.worker();
    for (int i = 0; i < 20 && world.drain(worker) + world.published.size() > 0; i++) {
      world.presence(worker, Optional.empty(), true);
    }
    assertThat(world.progress("hourly-20260101t010000z").state())
        .isEqualTo(ExperimentState.SUCCEEDED);

    assertThat(schedule("hourly").runs().get(0).settledAt()).contains(world.time);
    assertThat(schedule("hourly").awaits()).isFalse();
    assertThat(world.state.schedules().awaiting()).isEmpty();
  }

  @Test
  void severalOfOneSlotAreAllMadeInOneRowOfDecisions() {
    for (String name : List.of("a", "b", "c")) {
      create(spec(name, "0 1 * * *", CatchUp.Policy.SKIP, null));
    }
    world.pass(Duration.ofHours(1));

    assertThat(experiments())
        .containsExactly("a-20260101t010000z", "b-20260101t010000z", "c-20260101t010000z");
    assertThat(
            world.state.experiments(Optional.empty(), 10).stream().map(ExperimentRecord::sequence))
        .doesNotHaveDuplicates();
  }

  @Test
  void lateSlotsAreLetGoByThoseThatSkip() {
    hourly(CatchUp.Policy.SKIP, null);
    world.pass(Duration.ofHours(5).plusSeconds(61));

    assertThat(experiments()).isEmpty();
    assertThat(schedule("hourly").missed().orElseThrow().from())
        .isEqualTo(Instant.parse("2026-01-01T01:00:00Z"));
    assertThat(schedule("hourly").nextSlot()).contains(Instant.parse("2026-01-01T06:00:00Z"));
    world.pass(Duration.ofMinutes(59));
    assertThat(experiments()).as("a minute late is in time").hasSize(1);
  }

  @Test
  void theNewestOfTheLateSlotsIsRunWithinItsBound() {
    hourly(CatchUp.Policy.LATEST, Duration.ofHours(2));
    world.pass(Duration.ofHours(5).plusMinutes(10));
    assertThat(experiments()).containsExactly("hourly-20260101t050000z");
    assertThat(schedule("hourly").missed().orElseThrow().before())
        .isEqualTo(Instant.parse("2026-01-01T05:00:00Z"));

    create(spec("daily", "0 6 * * *", CatchUp.Policy.LATEST, Duration.ofHours(2)));
    world.time = Instant.parse("2026-01-02T08:00:01Z");
    world.settle();
    assertThat(experiments())
        .as("the newest of the daily ones is too late")
        .containsExactly("hourly-20260101t050000z", "hourly-20260102t080000z");
    assertThat(schedule("daily").missed().orElseThrow().before()).isEqualTo(world.time);
    assertThat(schedule("daily").nextSlot()).contains(Instant.parse("2026-01-03T06:00:00Z"));
  }

  @Test
  void allLateSlotsWithinTheBoundAreRunOldestFirst() {
    hourly(CatchUp.Policy.ALL, Duration.ofHours(3));
    world.pass(Duration.ofHours(6));

    assertThat(experiments())
        .containsExactly(
            "hourly-20260101t030000z",
            "hourly-20260101t040000z",
            "hourly-20260101t050000z",
            "hourly-20260101t060000z");
    assertThat(schedule("hourly").runs().stream().map(ScheduledRun::slot)).isSorted();
    assertThat(schedule("hourly").missed().orElseThrow().before())
        .isEqualTo(Instant.parse("2026-01-01T03:00:00Z"));
  }

  @Test
  void allAreLetGoWhenNoneIsWithinTheBound() {
    create(spec("daily", "0 6 * * *", CatchUp.Policy.ALL, Duration.ofHours(1)));
    world.pass(Duration.ofHours(12));
    assertThat(experiments()).isEmpty();
    assertThat(schedule("daily").nextSlot()).contains(Instant.parse("2026-01-02T06:00:00Z"));
  }

  @Test
  void aClockThatGoesBackRepeatsNothing() {
    hourly(CatchUp.Policy.ALL, Duration.ofHours(3));
    world.pass(Duration.ofHours(2));
    world.time = Instant.parse("2026-01-01T00:30:00Z");
    world.settle();
    world.pass(Duration.ofHours(2));
    assertThat(experiments()).containsExactly("hourly-20260101t010000z", "hourly-20260101t020000z");
  }

  @Test
  void settingItAgainChangesNothingAndSettingItOtherwiseKeepsItsRuns() {
    hourly(CatchUp.Policy.SKIP, null);
    world.pass(Duration.ofHours(1));
    ScheduleRecord before = schedule("hourly");
    assertThat(create(before.spec()).accepted()).isTrue();
    assertThat(schedule("hourly")).isEqualTo(before);

    create(spec("hourly", "30 * * * *", CatchUp.Policy.LATEST, Duration.ofHours(1)));
    assertThat(schedule("hourly").runs()).isEqualTo(before.runs());
    assertThat(schedule("hourly").createdAt()).isEqualTo(before.createdAt());
    assertThat(schedule("hourly").nextSlot()).contains(Instant.parse("2026-01-01T01:30:00Z"));

    ScheduleRecord half = schedule("hourly");
    create(spec("hourly", "30 * * * *", CatchUp.Policy.SKIP, null));
    assertThat(schedule("hourly").nextSlot()).as("same times").isEqualTo(half.nextSlot());

    world.time = Instant.parse("2026-01-01T00:40:00Z");
    create(spec("hourly", "0 * * * *", CatchUp.Policy.SKIP, null));
    assertThat(schedule("hourly").nextSlot())
        .as("01:00 is decided")
        .contains(Instant.parse("2026-01-01T02:00:00Z"));
    create(spec("hourly", "0 * * * *", CatchUp.Policy.SKIP, null));
    assertThat(experiments()).hasSize(1);
  }

  @Test
  void aPausedOneLetsItsSlotsPassAndGoesOnWithTheNext() {
    hourly(CatchUp.Policy.ALL, Duration.ofDays(1));
    for (int i = 0; i < 2; i++) {
      assertThat(
              world.outcome(new Command.PauseSchedule(world.id(), world.time, "hourly")).accepted())
          .isTrue();
    }
    create(spec("hourly", "15 * * * *", CatchUp.Policy.ALL, Duration.ofDays(1)));
    world.pass(Duration.ofHours(3).plusMinutes(30));
    assertThat(experiments()).isEmpty();
    assertThat(schedule("hourly").nextSlot()).isEmpty();

    for (int i = 0; i < 2; i++) {
      world.send(new Command.ResumeSchedule(world.id(), world.time, "hourly"));
    }
    world.pass(Duration.ofHours(1));
    assertThat(experiments()).containsExactly("hourly-20260101t041500z");
  }

  @Test
  void oneThatGoesOnAfterTheClockWentBackBeginsBehindWhatItRan() {
    hourly(CatchUp.Policy.ALL, Duration.ofDays(1));
    world.send(new Command.RunScheduleNow(world.id(), world.time, "hourly"));
    world.pass(Duration.ofHours(2));
    world.time = Instant.parse("2026-01-01T00:30:00Z");
    world.send(new Command.PauseSchedule(world.id(), world.time, "hourly"));
    world.send(new Command.ResumeSchedule(world.id(), world.time, "hourly"));
    assertThat(schedule("hourly").nextSlot()).contains(Instant.parse("2026-01-01T03:00:00Z"));
    assertThat(schedule("hourly").runs()).hasSize(3);
  }

  @Test
  void anotherZoneIsAnotherTime() {
    create(spec("daily", "0 2 * * *", CatchUp.Policy.SKIP, null));
    ScheduleSpec here = schedule("daily").spec();
    create(
        new ScheduleSpec(
            here.name(),
            here.cron(),
            "Europe/Berlin",
            here.catchUp(),
            here.retention(),
            here.experiment(),
            Optional.empty(),
            Optional.empty()));
    assertThat(schedule("daily").nextSlot()).contains(Instant.parse("2026-01-01T01:00:00Z"));
  }

  @Test
  void itRunsNowWhenAskedOnceForEachCommand() {
    hourly(CatchUp.Policy.SKIP, null);
    Command.RunScheduleNow now = new Command.RunScheduleNow(world.id(), world.time, "hourly");
    OutcomeRecord outcome = world.outcome(now);
    assertThat(outcome.accepted()).isTrue();
    assertThat(outcome.trials()).isEqualTo(1);
    world.send(now);

    assertThat(experiments()).containsExactly(outcome.subject());
    assertThat(schedule("hourly").runs()).singleElement().matches(ScheduledRun::asked);
    assertThat(schedule("hourly").nextSlot()).contains(Instant.parse("2026-01-01T01:00:00Z"));
    world.pass(Duration.ofHours(1));
    assertThat(experiments()).as("its slot is run all the same").hasSize(2);
  }

  @Test
  void aDeletedOneIsNoMoreAndItsExperimentsStay() {
    hourly(CatchUp.Policy.SKIP, null);
    world.pass(Duration.ofHours(1));
    world.send(new Command.DeleteSchedule(world.id(), world.time, "hourly"));
    world.pass(Duration.ofHours(1));
    assertThat(world.state.schedules().all()).isEmpty();
    assertThat(experiments()).hasSize(1);

    // Made again at a time that was run already, because the clock went back.
    world.time = Instant.parse("2026-01-01T00:30:00Z");
    hourly(CatchUp.Policy.SKIP, null);
    world.pass(Duration.ofMinutes(30));
    assertThat(experiments()).hasSize(1);
    assertThat(schedule("hourly").runs().get(0).problem().orElseThrow()).contains("already");
  }

  @Test
  void whatCannotBeIsRefused() {
    OutcomeRecord never = create(spec("s", "0 0 30 2 *", CatchUp.Policy.SKIP, null));
    assertThat(never.accepted()).isFalse();
    assertThat(never.reason()).isEqualTo("cron: '0 0 30 2 *' never comes");
    OutcomeRecord wrong = create(spec("s", "0 25 * * *", CatchUp.Policy.SKIP, null));
    assertThat(wrong.problems().get(0).path()).isEqualTo("cron");
    OutcomeRecord inputs =
        create(
            spec(
                "s",
                "0 1 * * *",
                CatchUp.Policy.SKIP,
                null,
                1,
                Specs.read(
                    dev.fewstep.schemas.Json.toText(Specs.spec("e"))
                        .replace("\"ddpm\"", "\"ddmp\""))));
    assertThat(inputs.reason()).isEqualTo("it names inputs that are not there");
    hourly(CatchUp.Policy.SKIP, null);
    OutcomeRecord unknown =
        world.outcome(new Command.RunScheduleNow(world.id(), world.time, "hourlly"));
    assertThat(unknown.reason()).isEqualTo("there is no schedule hourlly");
    assertThat(unknown.problems().get(0).nearest()).contains("hourly");
    for (Command command :
        List.of(
            new Command.PauseSchedule(world.id(), world.time, "x"),
            new Command.ResumeSchedule(world.id(), world.time, "x"),
            new Command.DeleteSchedule(world.id(), world.time, "x"))) {
      assertThat(world.outcome(command).accepted()).isFalse();
    }
  }

  @Test
  void aSlotWhoseExperimentCannotBeIsDecidedToo() {
    world.state.replay(
        StateRecord.of(
            new ScheduleRecord(
                spec(
                    "broken",
                    "0 * * * *",
                    CatchUp.Policy.SKIP,
                    null,
                    1,
                    Specs.read(
                        dev.fewstep.schemas.Json.toText(Specs.spec("e"))
                            .replace("\"ddpm\"", "\"gone\""))),
                "me",
                world.time,
                world.time,
                Optional.empty(),
                Optional.of(world.time.plus(Duration.ofHours(1))),
                List.of(),
                Optional.empty())));
    for (int i = 0; i < 3; i++) {
      world.pass(Duration.ofHours(1));
    }
    assertThat(experiments()).isEmpty();
    assertThat(schedule("broken").awaits()).isFalse();
    assertThat(schedule("broken").runs()).hasSize(2);
    assertThat(schedule("broken").runs().get(1).problem().orElseThrow()).contains("gone");
    assertThat(
            world.outcome(new Command.RunScheduleNow(world.id(), world.time, "broken")).accepted())
        .isFalse();
  }

  @Test
  void runsOfArchivedExperimentsAreForgottenOnceTheyAreMoreThanAreKept() {
    create(spec("s", "0 * * * *", CatchUp.Policy.SKIP, null, 2, Specs.spec("again")));
    for (int i = 0; i < 3; i++) {
      world.pass(Duration.ofHours(1));
    }
    assertThat(schedule("s").runs()).as("nothing is archived yet").hasSize(3);
    String first = schedule("s").runs().get(0).experimentId();
    assertThat(world.state.schedules().surplus()).as("it runs").isEmpty();
    world.cancel(first);
    assertThat(world.state.schedules().surplus()).containsExactly(first);
    assertThat(world.archive(first, true).accepted()).isTrue();
    assertThat(schedule("s").runs().get(0).open()).isFalse();
    world.pass(Duration.ofHours(1));
    assertThat(schedule("s").runs()).hasSize(3);
    assertThat(schedule("s").runs().stream().map(ScheduledRun::experimentId)).doesNotContain(first);
  }
}

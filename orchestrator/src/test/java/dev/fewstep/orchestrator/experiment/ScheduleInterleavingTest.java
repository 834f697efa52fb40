package dev.fewstep.orchestrator.experiment;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fewstep.orchestrator.schedule.SlotTimes;
import dev.fewstep.schemas.ArtifactKind;
import dev.fewstep.schemas.message.Command;
import dev.fewstep.schemas.message.InboxMessage;
import dev.fewstep.schemas.schedule.CatchUp;
import dev.fewstep.schemas.schedule.ScheduleSpec;
import dev.fewstep.schemas.state.ExperimentRecord;
import dev.fewstep.schemas.state.MissedSlots;
import dev.fewstep.schemas.state.ScheduleRecord;
import dev.fewstep.schemas.state.ScheduledRun;
import dev.fewstep.schemas.state.StateCodec;
import dev.fewstep.schemas.state.StateRecord;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/**
 * Leaders come and go with what they had not committed, ticks come late by days, clocks jump: each
 * slot is run once or let go once, and let go only for a reason.
 */
class ScheduleInterleavingTest {
  private static final String[] CRONS = {
    "*/10 * * * *", "0 */6 * * *", "30 2 * * *", "*/30 * * * * *", "0 0 * * 1"
  };

  @Property(tries = 300)
  void eachSlotIsDecidedOnce(@ForAll long seed) {
    Run run = new Run(new Random(seed));
    for (int i = 0; i < 60; i++) {
      run.step();
    }
    run.end();
  }

  /** A log, and leaders that read from it. */
  private static final class Run {
    private final Random random;
    private final StateCodec codec = new StateCodec();
    private final Map<String, byte[]> topic = new LinkedHashMap<>();
    private final List<StateRecord> uncommitted = new ArrayList<>();
    private final Set<String> made = new HashSet<>();
    private final ScheduleSpec spec;
    private final SlotTimes times;
    private OrchestratorState state = new OrchestratorState();
    private Decider decider = new Decider(World.SETTINGS);
    private Instant time = Instant.parse("2026-03-27T20:00:00Z");
    private int commands;

    Run(Random random) {
      this.random = random;
      String cron = CRONS[random.nextInt(CRONS.length)];
      CatchUp.Policy policy = List.of(CatchUp.Policy.values()).get(random.nextInt(3));
      Duration within = Duration.ofMinutes(1 + random.nextInt(cron.length() > 13 ? 10 : 3000));
      spec =
          new ScheduleSpec(
              "s",
              cron,
              "Europe/Berlin",
              new CatchUp(policy, within),
              3,
              Specs.spec("again"),
              Optional.empty(),
              Optional.empty());
      times = SlotTimes.of(spec.cron(), spec.zone());
      for (String input : new String[] {"train", "test", "ddpm", "small", "wide"}) {
        ArtifactKind kind =
            input.startsWith("t")
                ? ArtifactKind.DATASET
                : input.equals("ddpm") ? ArtifactKind.WEIGHTS : ArtifactKind.EXTRACTOR;
        send(new Command.RegisterInput(id(), time, input, Specs.file(kind, input), "test"));
      }
      send(new Command.CreateSchedule(id(), time, "me", spec));
      commit();
    }

    private UUID id() {
      commands++;
      return new UUID(commands, commands);
    }

    private void send(InboxMessage message) {
      apply(new Input.Received(message, time));
    }

    private boolean apply(Input input) {
      Decision decision = decider.decide(input, state, time);
      assertThat(decider.decide(input, state, time.plusSeconds(99)).changes())
          .as("the leader's own clock does not matter")
          .hasSameSizeAs(decision.changes());
      for (StateRecord change : decision.changes()) {
        uncommitted.add(change);
        state.replay(change);
      }
      return decision.more();
    }

    private void commit() {
      OrchestratorState before = replayed();
      Optional<ScheduleRecord> from = before.schedules().schedule("s");
      for (StateRecord change : uncommitted) {
        StateRecord read = codec.decode(change.key(), codec.encode(change));
        topic.remove(change.key());
        codec.encode(change).ifPresent(bytes -> topic.put(change.key(), bytes));
        if (read.value().orElse(null) instanceof ExperimentRecord experiment
            && experiment.planned() == 0
            && experiment.cancelledAt().isEmpty()) {
          assertThat(made.add(experiment.id())).as("made once: " + experiment.id()).isTrue();
        }
        if (read.value().orElse(null) instanceof ScheduleRecord to) {
          from.ifPresent(old -> check(old, to));
          from = Optional.of(to);
        }
      }
      uncommitted.clear();
    }

    /** Every slot that the schedule moved past was run or let go, and what was run is there. */
    private void check(ScheduleRecord old, ScheduleRecord next) {
      if (old.nextSlot().isEmpty() || next.nextSlot().isEmpty()) {
        return;
      }
      Instant from = old.nextSlot().get();
      Instant to = next.nextSlot().get();
      assertThat(to).as("it only moves on").isAfterOrEqualTo(from);
      if (to.equals(from)) {
        return;
      }
      List<ScheduledRun> runs =
          next.runs().stream().filter(run -> !old.runs().contains(run) && run.open()).toList();
      assertThat(runs).hasSizeLessThanOrEqualTo(1);
      Optional<Instant> run = runs.stream().map(ScheduledRun::slot).findFirst();
      run.ifPresent(
          slot -> {
            assertThat(slot).isBetween(from, to.minusNanos(1));
            assertThat(times.next(slot.minusNanos(1))).as("it is a slot").contains(slot);
            assertThat(made).contains(ScheduleRules.experimentId("s", slot));
          });
      if (run.equals(Optional.of(from))) {
        assertThat(times.next(from)).as("nothing else was decided").contains(to);
        return;
      }
      MissedSlots missed = next.missed().orElseThrow();
      assertThat(missed.from()).isEqualTo(from);
      assertThat(missed.before()).isEqualTo(run.orElse(missed.noted()));
      assertThat(times.next(run.orElse(missed.noted()))).contains(to);
      Instant bound = missed.noted().minus(spec.catchUp().bound());
      boolean newest = spec.catchUp().policy() == CatchUp.Policy.LATEST;
      if (newest && run.isPresent()) {
        assertThat(times.next(run.get()).orElseThrow()).as("newest").isAfter(missed.noted());
      } else {
        Optional<Instant> lastLetGo =
            times.last(from.minusSeconds(1), missed.before().minusNanos(1));
        assertThat(lastLetGo.orElseThrow()).as("let go because too late").isBefore(bound);
      }
    }

    private OrchestratorState replayed() {
      OrchestratorState fresh = new OrchestratorState();
      topic.forEach((key, bytes) -> fresh.replay(codec.decode(key, Optional.of(bytes))));
      return fresh;
    }

    private void restart() {
      uncommitted.clear();
      state = replayed();
      decider = new Decider(World.SETTINGS);
      apply(new Input.Elected(time));
    }

    private void tick() {
      Input tick =
          random.nextInt(5) == 0
              ? new Input.Heard(time)
              : new Input.Tick(time, random.nextBoolean());
      boolean unused = apply(tick);
    }

    void step() {
      switch (random.nextInt(12)) {
        case 0, 1 -> restart();
        case 2, 3 -> commit();
        case 4 -> time = time.plus(Duration.ofMinutes(random.nextInt(4000)));
        case 5 -> time = time.minus(Duration.ofMinutes(random.nextInt(3000)));
        case 6 -> {
          boolean pause = random.nextInt(3) == 0;
          send(
              pause
                  ? new Command.PauseSchedule(id(), time, "s")
                  : new Command.ResumeSchedule(id(), time, "s"));
        }
        case 7 -> send(new Command.CreateSchedule(id(), time, "me", spec));
        case 8 -> time = time.plusSeconds(random.nextInt(100));
        default -> {
          for (int i = random.nextInt(4); i >= 0; i--) {
            tick();
          }
        }
      }
    }

    /** Whoever leads in the end has decided about every slot until now. */
    void end() {
      restart();
      send(new Command.ResumeSchedule(id(), time, "s"));
      int ticks = 0;
      while (apply(new Input.Tick(time, false)) && ticks < 5_000) {
        ticks++;
      }
      commit();
      assertThat(state.schedules().due(time)).isEmpty();
      assertThat(replayed().schedules().schedule("s")).isEqualTo(state.schedules().schedule("s"));
      for (String id : made) {
        assertThat(state.experiment(id)).isPresent();
      }
    }
  }
}

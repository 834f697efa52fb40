package dev.fewstep.orchestrator.experiment;

import dev.fewstep.orchestrator.schedule.SlotTimes;
import dev.fewstep.schemas.message.Command;
import dev.fewstep.schemas.schedule.CatchUp;
import dev.fewstep.schemas.schedule.ScheduleSpec;
import dev.fewstep.schemas.spec.Nearest;
import dev.fewstep.schemas.state.ExperimentRecord;
import dev.fewstep.schemas.state.MissedSlots;
import dev.fewstep.schemas.state.Problem;
import dev.fewstep.schemas.state.ScheduleRecord;
import dev.fewstep.schemas.state.ScheduledRun;
import dev.fewstep.schemas.state.StateRecord;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;

/**
 * Experiments that come again. A slot is decided once: the decision that makes its experiment, or
 * lets it go, also moves the schedule behind it, and both are in one transaction. The time is
 * record time; it may jump, and the schedule only ever moves on.
 */
final class ScheduleRules {
  private static final DateTimeFormatter SLOT =
      DateTimeFormatter.ofPattern("uuuuMMdd't'HHmmss'z'", Locale.ROOT).withZone(ZoneOffset.UTC);

  private ScheduleRules() {}

  /** The id of the experiment of a slot. */
  static String experimentId(String schedule, Instant slot) {
    return schedule + "-" + SLOT.format(slot);
  }

  private static SlotTimes times(ScheduleSpec spec) {
    return SlotTimes.of(spec.cron(), spec.zone());
  }

  // Commands.

  static void create(Draft draft, Command.CreateSchedule command) {
    ScheduleSpec spec = command.schedule();
    Optional<ScheduleRecord> known = draft.schedule(spec.name());
    if (known.map(ScheduleRecord::spec).equals(Optional.of(spec))) {
      Outcomes.accept(draft, command, spec.name());
      return;
    }
    Optional<Instant> first;
    try {
      first = times(spec).next(draft.recordTime());
    } catch (IllegalArgumentException e) {
      reject(draft, command, spec.name(), e.getMessage());
      return;
    }
    if (first.isEmpty()) {
      reject(draft, command, spec.name(), "cron: '" + spec.cron() + "' never comes");
      return;
    }
    SubmissionRules.Prepared prepared =
        SubmissionRules.prepare(
            draft, spec.name(), submission(spec, command.commandId(), draft.recordTime()));
    if (prepared.made().isEmpty()) {
      Outcomes.reject(draft, command, spec.name(), prepared.reason(), prepared.problems());
      return;
    }
    ScheduleRecord set =
        known
            .map(
                old ->
                    old.set(
                        spec,
                        command.setBy(),
                        draft.recordTime(),
                        slot(old, spec, draft.recordTime())))
            .orElseGet(
                () ->
                    new ScheduleRecord(
                        spec,
                        command.setBy(),
                        draft.recordTime(),
                        draft.recordTime(),
                        Optional.empty(),
                        first,
                        List.of(),
                        Optional.empty()));
    draft.put(StateRecord.of(set));
    Outcomes.accept(draft, command, spec.name());
    draft.more();
  }

  /** A schedule at the same times goes on where it is, so that nothing due is lost. */
  private static Optional<Instant> slot(ScheduleRecord old, ScheduleSpec spec, Instant now) {
    boolean sameTimes =
        old.spec().cron().equals(spec.cron()) && old.spec().zone().equals(spec.zone());
    return old.pausedAt().isPresent() || sameTimes
        ? old.nextSlot()
        : upcoming(old, times(spec), now);
  }

  /** A slot that was run stays decided, though the broker's clock went back behind it. */
  private static Optional<Instant> upcoming(ScheduleRecord old, SlotTimes times, Instant now) {
    Instant decided =
        old.runs().stream()
            .filter(run -> !run.asked())
            .map(ScheduledRun::slot)
            .max(Comparator.naturalOrder())
            .orElse(now);
    return times.next(decided.isAfter(now) ? decided : now);
  }

  private static void reject(Draft draft, Command command, String name, String message) {
    String path = message.substring(0, message.indexOf(':'));
    Outcomes.reject(draft, command, name, message, List.of(Problem.of(path, message)));
  }

  private static void about(
      Draft draft, Command command, String name, Consumer<ScheduleRecord> known) {
    draft
        .schedule(name)
        .ifPresentOrElse(
            known,
            () -> {
              String reason = "there is no schedule " + name;
              Optional<String> nearest =
                  Nearest.to(
                      name,
                      draft.state().schedules().all().stream().map(ScheduleRecord::name).toList());
              Outcomes.reject(
                  draft,
                  command,
                  name,
                  reason,
                  List.of(new Problem("name", reason, Optional.empty(), nearest)));
            });
  }

  static void pause(Draft draft, Command.PauseSchedule command) {
    about(
        draft,
        command,
        command.name(),
        schedule -> {
          if (schedule.pausedAt().isEmpty()) {
            draft.put(
                StateRecord.of(schedule.paused(Optional.of(draft.recordTime()), Optional.empty())));
          }
          Outcomes.accept(draft, command, schedule.name());
        });
  }

  static void resume(Draft draft, Command.ResumeSchedule command) {
    about(
        draft,
        command,
        command.name(),
        schedule -> {
          if (schedule.pausedAt().isPresent()) {
            draft.put(
                StateRecord.of(
                    schedule.paused(
                        Optional.empty(),
                        upcoming(schedule, times(schedule.spec()), draft.recordTime()))));
          }
          Outcomes.accept(draft, command, schedule.name());
        });
  }

  static void delete(Draft draft, Command.DeleteSchedule command) {
    about(
        draft,
        command,
        command.name(),
        schedule -> {
          draft.put(StateRecord.noSchedule(schedule.name()));
          BenchmarkRules.forget(draft, schedule.name());
          DeliveryRules.forget(draft, schedule.name());
          Outcomes.accept(draft, command, schedule.name());
        });
  }

  static void run(Draft draft, Command.RunScheduleNow command) {
    about(
        draft,
        command,
        command.name(),
        schedule -> {
          String id = SubmissionRules.experimentId(schedule.name(), command.commandId());
          SubmissionRules.Prepared prepared =
              SubmissionRules.prepare(
                  draft, id, submission(schedule.spec(), command.commandId(), draft.recordTime()));
          if (prepared.made().isEmpty()) {
            Outcomes.reject(draft, command, id, prepared.reason(), prepared.problems());
            return;
          }
          ExperimentRecord made = prepared.made().get();
          draft.put(StateRecord.of(made));
          draft.put(
              StateRecord.of(
                  kept(draft, schedule)
                      .plus(
                          new ScheduledRun(
                              draft.recordTime(),
                              true,
                              id,
                              draft.recordTime(),
                              Optional.empty(),
                              Optional.empty()))));
          Outcomes.acceptTrials(draft, command, id, made.trials());
          draft.more();
        });
  }

  // Time.

  /** Decides about one slot, or sees one experiment's end. */
  static void advance(Draft draft) {
    Instant now = draft.recordTime();
    Optional<ScheduleRecord> due = draft.state().schedules().due(now);
    if (due.isPresent()) {
      decide(draft, due.get());
      draft.more();
      return;
    }
    for (String name : draft.state().schedules().awaiting()) {
      if (settle(draft, draft.schedule(name).orElseThrow())) {
        draft.more();
        return;
      }
    }
  }

  private static void decide(Draft draft, ScheduleRecord schedule) {
    Instant now = draft.recordTime();
    Instant due = schedule.nextSlot().orElseThrow();
    SlotTimes times = times(schedule.spec());
    Optional<Instant> slot = slotToRun(schedule.spec().catchUp(), times, due, now);
    Instant decided = slot.orElse(now);
    Optional<MissedSlots> missed =
        slot.filter(due::equals).isPresent()
            ? Optional.empty()
            : Optional.of(new MissedSlots(due, slot.orElse(now), now));
    ScheduleRecord moved = kept(draft, schedule).at(times.next(decided), missed);
    if (slot.isPresent() && moved.runs().stream().noneMatch(run -> isOf(run, slot.get()))) {
      moved = moved.plus(start(draft, schedule.spec(), slot.get()));
    }
    draft.put(StateRecord.of(moved));
  }

  private static boolean isOf(ScheduledRun run, Instant slot) {
    return !run.asked() && run.slot().equals(slot);
  }

  /** The slot to run now, at {@code due} or after it; empty when all that are due are let go. */
  private static Optional<Instant> slotToRun(
      CatchUp catchUp, SlotTimes times, Instant due, Instant now) {
    Instant earliest = now.minus(catchUp.bound());
    if (catchUp.policy() == CatchUp.Policy.LATEST) {
      return times
          .last(due.minusSeconds(1), now)
          .or(() -> Optional.of(due))
          .filter(slot -> !slot.isBefore(earliest));
    }
    return due.isBefore(earliest)
        ? times.next(earliest.minusNanos(1)).filter(slot -> !slot.isAfter(now))
        : Optional.of(due);
  }

  private static ScheduledRun start(Draft draft, ScheduleSpec spec, Instant slot) {
    String id = experimentId(spec.name(), slot);
    UUID command = UUID.nameUUIDFromBytes(("schedule/" + id).getBytes(StandardCharsets.UTF_8));
    SubmissionRules.Prepared prepared =
        SubmissionRules.prepare(draft, id, submission(spec, command, draft.recordTime()));
    prepared.made().ifPresent(made -> draft.put(StateRecord.of(made)));
    Optional<String> problem =
        prepared.made().isPresent() ? Optional.empty() : Optional.of(prepared.why());
    return new ScheduledRun(
        slot, false, id, draft.recordTime(), problem.map(why -> draft.recordTime()), problem);
  }

  private static Command.SubmitExperiment submission(ScheduleSpec spec, UUID command, Instant at) {
    return new Command.SubmitExperiment(
        command, at, "schedule/" + spec.name(), spec.experiment(), Optional.empty());
  }

  /** Notes the end of the experiments of a schedule; tells whether there was one. */
  private static boolean settle(Draft draft, ScheduleRecord schedule) {
    List<ScheduledRun> runs = new ArrayList<>(schedule.runs());
    for (int i = 0; i < runs.size(); i++) {
      ScheduledRun run = runs.get(i);
      if (run.open() && ended(draft, run.experimentId())) {
        runs.set(i, run.settled(draft.recordTime()));
        draft.put(StateRecord.of(schedule.with(runs)));
        DeliveryRules.tell(draft, schedule, run, BenchmarkRules.judge(draft, schedule, run));
        return true;
      }
    }
    return false;
  }

  private static boolean ended(Draft draft, String experiment) {
    return draft.experiment(experiment).isEmpty() || draft.state().endedAt(experiment).isPresent();
  }

  /** Without runs whose experiments are no more; of those that made none, as many as are kept. */
  private static ScheduleRecord kept(Draft draft, ScheduleRecord schedule) {
    int keep = schedule.spec().retention();
    List<ScheduledRun> runs = new ArrayList<>();
    for (int i = 0; i < schedule.runs().size(); i++) {
      ScheduledRun run = schedule.runs().get(i);
      boolean recent = schedule.runs().size() - i <= keep;
      if (run.open() || recent || draft.experiment(run.experimentId()).isPresent()) {
        runs.add(run);
      }
    }
    return schedule.with(runs);
  }
}

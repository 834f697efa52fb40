package dev.fewstep.orchestrator.experiment;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fewstep.schemas.Json;
import dev.fewstep.schemas.message.Command;
import dev.fewstep.schemas.state.BenchmarkRecord;
import dev.fewstep.schemas.state.DeliveryRecord;
import dev.fewstep.schemas.state.ScheduleRecord;
import dev.fewstep.schemas.state.ScheduledRun;
import dev.fewstep.schemas.state.StateRecord;
import dev.fewstep.schemas.state.Verdict;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * What webhooks are told: made in the decision that sees a run's end, and kept with the attempts to
 * deliver it until one is noted, so that no change of leaders loses it. A leader that dies between
 * the receiver's answer and the note lets it be sent again, under the same id.
 */
final class DeliveryRules {
  /** Attempts; the last about ten hours after the first. */
  static final int MOST_ATTEMPTS = 16;

  private static final Duration FIRST_PAUSE = Duration.ofSeconds(5);
  private static final Duration LONGEST_PAUSE = Duration.ofHours(1);
  private static final int KEPT = 50;

  private DeliveryRules() {}

  /** Tells the webhook of a schedule of a run's end. */
  static void tell(
      Draft draft, ScheduleRecord schedule, ScheduledRun run, Optional<BenchmarkRecord> judged) {
    if (schedule.spec().webhook().isEmpty()) {
      return;
    }
    UUID id =
        UUID.nameUUIDFromBytes(
            ("delivery/" + schedule.name() + "/" + run.experimentId())
                .getBytes(StandardCharsets.UTF_8));
    boolean regressed = judged.map(made -> made.verdict() == Verdict.REGRESSED).orElse(false);
    String event = regressed ? "regressed" : "ended";
    ObjectNode body =
        Json.messages()
            .createObjectNode()
            .put("deliveryId", id.toString())
            .put("event", event)
            .put("schedule", schedule.name())
            .put("project", schedule.spec().project())
            .put("experimentId", run.experimentId())
            .put("slot", run.slot().toString())
            .put("endedAt", draft.recordTime().toString());
    draft
        .state()
        .progress(run.experimentId())
        .ifPresent(progress -> body.put("state", progress.state().name()));
    judged.ifPresent(
        made -> {
          body.put("verdict", made.verdict().name());
          ArrayNode worse = body.putArray("regressions");
          made.judgements().stream()
              .filter(judgement -> judgement.verdict() == Verdict.REGRESSED)
              .forEach(judgement -> worse.add(Json.toTree(judgement)));
        });
    draft.put(
        StateRecord.of(
            new DeliveryRecord(
                id,
                schedule.name(),
                schedule.spec().webhook().get(),
                event,
                body.toString(),
                draft.recordTime(),
                0,
                Optional.of(draft.recordTime()),
                Optional.empty(),
                Optional.empty())));
    List<DeliveryRecord> before = draft.state().deliveries().of(schedule.name());
    before.stream()
        .skip(KEPT - 1)
        .filter(old -> old.notBefore().isEmpty())
        .forEach(old -> draft.put(StateRecord.noDelivery(old.id())));
  }

  /** Nothing more is told of a schedule that is no more. */
  static void forget(Draft draft, String schedule) {
    draft
        .state()
        .deliveries()
        .of(schedule)
        .forEach(old -> draft.put(StateRecord.noDelivery(old.id())));
  }

  /** What became of an attempt. */
  static void note(Draft draft, Command.NoteDelivery command) {
    String subject = command.deliveryId().toString();
    Optional<DeliveryRecord> known = draft.state().deliveries().delivery(command.deliveryId());
    if (known.isEmpty()) {
      Outcomes.reject(draft, command, subject, "there is no delivery " + subject);
      return;
    }
    DeliveryRecord delivery = known.get();
    if (delivery.notBefore().isPresent()) {
      DeliveryRecord next =
          command.problem().isEmpty()
              ? delivery.delivered(draft.recordTime())
              : delivery.failed(command.problem().get(), again(delivery, draft.recordTime()));
      draft.put(StateRecord.of(next));
    }
    Outcomes.accept(draft, command, subject);
  }

  private static Optional<Instant> again(DeliveryRecord delivery, Instant now) {
    if (delivery.attempts() + 1 >= MOST_ATTEMPTS) {
      return Optional.empty();
    }
    Duration pause = FIRST_PAUSE.multipliedBy(1L << delivery.attempts());
    return Optional.of(now.plus(pause.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : pause));
  }
}

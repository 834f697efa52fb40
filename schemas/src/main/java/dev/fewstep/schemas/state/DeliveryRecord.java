package dev.fewstep.schemas.state;

import static java.util.Objects.requireNonNull;

import java.time.Instant;
import java.util.Optional;
import java.util.UUID;

/**
 * Something that a webhook is told.
 *
 * @param id made of what it is about: a receiver that sees it twice knows it
 * @param schedule the schedule
 * @param address where to
 * @param event {@code ended} or {@code regressed}
 * @param body JSON, as it is signed and sent
 * @param createdAt record time
 * @param attempts how often it was tried in vain
 * @param notBefore when it is tried next; empty once it is delivered or given up
 * @param deliveredAt record time at which the receiver's answer was noted
 * @param problem why the last attempt failed
 */
public record DeliveryRecord(
    UUID id,
    String schedule,
    String address,
    String event,
    String body,
    Instant createdAt,
    int attempts,
    Optional<Instant> notBefore,
    Optional<Instant> deliveredAt,
    Optional<String> problem)
    implements StateValue {
  public DeliveryRecord {
    requireNonNull(id, "id");
    requireNonNull(schedule, "schedule");
    requireNonNull(address, "address");
    requireNonNull(event, "event");
    requireNonNull(body, "body");
    requireNonNull(createdAt, "createdAt");
    notBefore = notBefore == null ? Optional.empty() : notBefore;
    deliveredAt = deliveredAt == null ? Optional.empty() : deliveredAt;
    problem = problem == null ? Optional.empty() : problem;
  }

  /** Delivered. */
  public DeliveryRecord delivered(Instant at) {
    return new DeliveryRecord(
        id,
        schedule,
        address,
        event,
        body,
        createdAt,
        attempts,
        Optional.empty(),
        Optional.of(at),
        Optional.empty());
  }

  /** Tried in vain; tried again then, if at all. */
  public DeliveryRecord failed(String why, Optional<Instant> again) {
    return new DeliveryRecord(
        id,
        schedule,
        address,
        event,
        body,
        createdAt,
        attempts + 1,
        again,
        Optional.empty(),
        Optional.of(why));
  }
}

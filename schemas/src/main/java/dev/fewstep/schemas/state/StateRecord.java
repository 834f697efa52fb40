package dev.fewstep.schemas.state;

import static java.util.Objects.requireNonNull;

import java.util.Optional;
import java.util.UUID;

/**
 * One record of the compacted state topic: the whole present value of an entity, or its removal.
 *
 * @param key {@code <entity>/<id>}, the topic's key; {@link StateEntity} lists the entities
 * @param value the present value; empty when the entity is no more (a tombstone)
 */
public record StateRecord(String key, Optional<StateValue> value) {
  public StateRecord {
    requireNonNull(key, "key");
    value = value == null ? Optional.empty() : value;
    StateEntity entity = StateEntity.ofKey(key);
    value.ifPresent(
        present -> {
          if (entity.type() != present.getClass()) {
            throw new IllegalArgumentException(
                "key " + key + " holds a " + entity.type().getSimpleName() + ", not " + present);
          }
        });
  }

  private static StateRecord of(StateEntity entity, String id, StateValue value) {
    return new StateRecord(entity.key(id), Optional.of(value));
  }

  /** An experiment. */
  public static StateRecord of(ExperimentRecord value) {
    return of(StateEntity.EXPERIMENT, value.id(), value);
  }

  /** Task keys of a run of trials. */
  public static StateRecord of(PlanChunk value) {
    return of(StateEntity.PLAN, value.experimentId() + "/" + value.first(), value);
  }

  /** A task. */
  public static StateRecord of(TaskRecord value) {
    return of(StateEntity.TASK, value.key(), value);
  }

  /** A lease. */
  public static StateRecord of(LeaseRecord value) {
    return of(StateEntity.LEASE, value.taskKey(), value);
  }

  /** Successes that wait for verification. */
  public static StateRecord of(ClaimRecord value) {
    return of(StateEntity.CLAIM, value.taskKey(), value);
  }

  /** A worker. */
  public static StateRecord of(WorkerRecord value) {
    return of(StateEntity.WORKER, value.workerId().toString(), value);
  }

  /** An input. */
  public static StateRecord of(InputRecord value) {
    return of(StateEntity.INPUT, value.name(), value);
  }

  /** A command's outcome. */
  public static StateRecord of(OutcomeRecord value) {
    return of(StateEntity.OUTCOME, value.commandId().toString(), value);
  }

  /** An archived experiment. */
  public static StateRecord of(ArchivedRecord value) {
    return of(StateEntity.ARCHIVED, value.experimentId(), value);
  }

  /** A result without its task. */
  public static StateRecord of(CachedRecord value) {
    return of(StateEntity.CACHED, value.taskKey(), value);
  }

  /** A project's share. */
  public static StateRecord of(ProjectRecord value) {
    return of(StateEntity.PROJECT, value.name(), value);
  }

  /** How far a trial has come that may be stopped early. */
  public static StateRecord of(RungRecord value) {
    return of(StateEntity.RUNG, value.experimentId() + "/" + value.trial(), value);
  }

  /** A schedule. */
  public static StateRecord of(ScheduleRecord value) {
    return of(StateEntity.SCHEDULE, value.name(), value);
  }

  /** The scores of a run of a schedule. */
  public static StateRecord of(BenchmarkRecord value) {
    return of(StateEntity.BENCHMARK, value.schedule() + "/" + value.experimentId(), value);
  }

  /** Something that a webhook is told. */
  public static StateRecord of(DeliveryRecord value) {
    return of(StateEntity.DELIVERY, value.id().toString(), value);
  }

  /** A token of the API. */
  public static StateRecord of(TokenRecord value) {
    return of(StateEntity.TOKEN, value.id(), value);
  }

  /** A device class. */
  public static StateRecord of(DeviceClassRecord value) {
    return of(StateEntity.CLASS, value.name(), value);
  }

  /** The next inbox offset to read. */
  public static StateRecord of(InboxPosition value) {
    return of(StateEntity.POSITION, "", value);
  }

  /** The leader. */
  public static StateRecord of(LeaderRecord value) {
    return of(StateEntity.LEADER, "", value);
  }

  /** No lease any more. */
  public static StateRecord noLease(String taskKey) {
    return new StateRecord(StateEntity.LEASE.key(taskKey), Optional.empty());
  }

  /** No claim any more. */
  public static StateRecord noClaim(String taskKey) {
    return new StateRecord(StateEntity.CLAIM.key(taskKey), Optional.empty());
  }

  /** No such worker any more. */
  public static StateRecord noWorker(UUID workerId) {
    return new StateRecord(StateEntity.WORKER.key(workerId.toString()), Optional.empty());
  }

  /** No outcome any more. */
  public static StateRecord noOutcome(UUID commandId) {
    return new StateRecord(StateEntity.OUTCOME.key(commandId.toString()), Optional.empty());
  }

  /** No such experiment any more. */
  public static StateRecord noExperiment(String id) {
    return new StateRecord(StateEntity.EXPERIMENT.key(id), Optional.empty());
  }

  /** No such run of trials any more. */
  public static StateRecord noPlan(String experimentId, int first) {
    return new StateRecord(StateEntity.PLAN.key(experimentId + "/" + first), Optional.empty());
  }

  /** Nothing of a trial's rungs any more. */
  public static StateRecord noRung(String experimentId, int trial) {
    return new StateRecord(StateEntity.RUNG.key(experimentId + "/" + trial), Optional.empty());
  }

  /** No such schedule any more. */
  public static StateRecord noSchedule(String name) {
    return new StateRecord(StateEntity.SCHEDULE.key(name), Optional.empty());
  }

  /** No such scores any more. */
  public static StateRecord noBenchmark(BenchmarkRecord value) {
    return new StateRecord(
        StateEntity.BENCHMARK.key(value.schedule() + "/" + value.experimentId()), Optional.empty());
  }

  /** Nothing that a webhook is told any more. */
  public static StateRecord noDelivery(UUID id) {
    return new StateRecord(StateEntity.DELIVERY.key(id.toString()), Optional.empty());
  }

  /** No such token any more. */
  public static StateRecord noToken(String id) {
    return new StateRecord(StateEntity.TOKEN.key(id), Optional.empty());
  }

  /** No such task any more. */
  public static StateRecord noTask(String key) {
    return new StateRecord(StateEntity.TASK.key(key), Optional.empty());
  }

  /** No result without its task any more. */
  public static StateRecord noCached(String taskKey) {
    return new StateRecord(StateEntity.CACHED.key(taskKey), Optional.empty());
  }
}

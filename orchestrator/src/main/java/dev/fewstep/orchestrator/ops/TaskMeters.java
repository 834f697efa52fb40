package dev.fewstep.orchestrator.ops;

import dev.fewstep.schemas.TaskKind;
import dev.fewstep.schemas.TaskState;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;

/**
 * The meters of the tasks of one device class, all there from the beginning: what is counted for
 * the first time is seen to rise from 0.
 */
final class TaskMeters {
  private final Map<TaskKind, Timer> waits = new EnumMap<>(TaskKind.class);
  private final Map<TaskKind, Map<TaskState, Counter>> finished = new EnumMap<>(TaskKind.class);
  private final Map<TaskKind, Map<TaskState, Timer>> durations = new EnumMap<>(TaskKind.class);
  private final Map<TaskKind, Map<AttemptEnd, Counter>> attempts = new EnumMap<>(TaskKind.class);
  private final Counter lost;

  TaskMeters(MeterRegistry registry, String deviceClass, Duration[] buckets) {
    Tags name = Tags.of("class", deviceClass);
    lost = counter(registry, Meter.LEASES_LOST, name);
    for (TaskKind kind : TaskKind.values()) {
      Tags tags = name.and("kind", OrchestratorMetrics.label(kind));
      waits.put(kind, timer(registry, Meter.TASK_WAIT, buckets, tags));
      Map<TaskState, Counter> ends = new EnumMap<>(TaskState.class);
      Map<TaskState, Timer> times = new EnumMap<>(TaskState.class);
      for (TaskState outcome : TaskState.values()) {
        if (outcome.isTerminal()) {
          Tags ended = tags.and("outcome", OrchestratorMetrics.label(outcome));
          ends.put(outcome, counter(registry, Meter.TASKS_FINISHED, ended));
          if (outcome != TaskState.CACHED) {
            times.put(outcome, timer(registry, Meter.TASK_DURATION, buckets, ended));
          }
        }
      }
      finished.put(kind, ends);
      durations.put(kind, times);
      Map<AttemptEnd, Counter> tries = new EnumMap<>(AttemptEnd.class);
      for (AttemptEnd end : AttemptEnd.values()) {
        tries.put(
            end,
            counter(
                registry,
                Meter.TASK_ATTEMPTS,
                tags.and("outcome", OrchestratorMetrics.label(end))));
      }
      attempts.put(kind, tries);
    }
  }

  void waited(TaskKind kind, Duration time) {
    waits.get(kind).record(time);
  }

  void attemptEnded(TaskKind kind, AttemptEnd end) {
    attempts.get(kind).get(end).increment();
    if (end == AttemptEnd.LOST) {
      lost.increment();
    }
  }

  void finished(TaskKind kind, TaskState outcome, Optional<Duration> ran) {
    finished.get(kind).get(outcome).increment();
    Timer timer = durations.get(kind).get(outcome);
    if (timer != null && ran.isPresent()) {
      timer.record(ran.get());
    }
  }

  private static Counter counter(MeterRegistry registry, Meter meter, Tags tags) {
    return Counter.builder(meter.id()).description(meter.help()).tags(tags).register(registry);
  }

  private static Timer timer(MeterRegistry registry, Meter meter, Duration[] buckets, Tags tags) {
    return Timer.builder(meter.id())
        .description(meter.help())
        .serviceLevelObjectives(buckets)
        .tags(tags)
        .register(registry);
  }
}

package dev.fewstep.orchestrator.ops;

import static java.util.Objects.requireNonNull;

import dev.fewstep.schemas.TaskKind;
import dev.fewstep.schemas.TaskState;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/**
 * Numbers read from one moment of the state.
 *
 * @param tasks number of tasks by kind, class and state
 * @param entities number of entities by name, such as {@code experiment}
 * @param classes queues and workers of the device classes
 * @param running the tasks that run
 */
public record StateNumbers(
    List<TaskNumbers> tasks,
    Map<String, Long> entities,
    List<DeviceClassNumbers> classes,
    List<RunningTask> running) {
  public StateNumbers {
    tasks = List.copyOf(tasks);
    entities = Map.copyOf(entities);
    classes = List.copyOf(classes);
    running = List.copyOf(running);
  }

  /** Tasks of a kind and a device class that are in a state. */
  public record TaskNumbers(TaskKind kind, String deviceClass, TaskState state, long count) {
    public TaskNumbers {
      requireNonNull(kind, "kind");
      requireNonNull(deviceClass, "deviceClass");
      requireNonNull(state, "state");
    }
  }

  /**
   * A task that runs.
   *
   * @param trial index of a trial that has it; empty for a task of the experiment as a whole
   */
  public record RunningTask(String key, TaskKind kind, String experiment, OptionalInt trial) {
    public RunningTask {
      requireNonNull(key, "key");
      requireNonNull(kind, "kind");
      requireNonNull(experiment, "experiment");
      requireNonNull(trial, "trial");
    }
  }

  /**
   * A device class.
   *
   * @param waiting ready tasks that are not published
   * @param published published tasks that are not started
   * @param idle workers that take a task
   * @param busy workers that hold one, or take none
   */
  public record DeviceClassNumbers(
      String name, long waiting, long published, long idle, long busy) {}
}

package dev.fewstep.orchestrator.ops;

import dev.fewstep.schemas.TaskKind;
import dev.fewstep.schemas.TaskState;
import java.util.List;
import java.util.Map;

/**
 * Numbers read from one moment of the state.
 *
 * @param tasks number of tasks by kind and state
 * @param entities number of entities by name, such as {@code experiment}
 * @param classes queues and workers of the device classes
 */
public record StateNumbers(
    Map<TaskKind, Map<TaskState, Long>> tasks,
    Map<String, Long> entities,
    List<DeviceClassNumbers> classes) {
  public StateNumbers {
    tasks = Map.copyOf(tasks);
    entities = Map.copyOf(entities);
    classes = List.copyOf(classes);
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

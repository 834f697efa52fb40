package dev.fewstep.orchestrator.experiment;

import dev.fewstep.schemas.TaskState;
import dev.fewstep.schemas.state.TaskRecord;
import dev.fewstep.schemas.state.Want;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What the rules look tasks up by. A function of the tasks alone: kept as they change, never
 * written.
 */
final class TaskIndex {
  private final Map<String, TaskRecord> tasks;
  private final Map<String, List<String>> dependants = new HashMap<>();
  private final Set<String> attention = new LinkedHashSet<>();
  private final Map<String, Integer> queuedByClass = new HashMap<>();
  private final Map<String, Map<String, TreeSet<TaskAge>>> queues = new TreeMap<>();
  private final Map<String, TreeSet<TaskAge>> published = new TreeMap<>();
  private final TreeSet<TaskAge> backingOff = new TreeSet<>();
  private final Set<String> checking = new LinkedHashSet<>();

  TaskIndex(Map<String, TaskRecord> tasks) {
    this.tasks = tasks;
  }

  static boolean inFlight(TaskRecord task) {
    return task.state() == TaskState.RUNNING || task.published();
  }

  void replay(Optional<TaskRecord> before, Optional<TaskRecord> task) {
    if (before.isEmpty()) {
      task.ifPresent(this::link);
    }
    before.ifPresent(this::remove);
    task.ifPresent(this::add);
    task.ifPresent(this::classify);
    if (task.isEmpty()) {
      before.ifPresent(this::unlink);
    }
    Standing was = before.map(TaskIndex::standing).orElse(Standing.OPEN);
    if (was != task.map(TaskIndex::standing).orElse(Standing.OPEN)) {
      String key = task.or(() -> before).orElseThrow().key();
      for (String dependant : dependants(key)) {
        classify(tasks.get(dependant));
      }
    }
  }

  private void link(TaskRecord task) {
    for (String upstream : task.dependsOn()) {
      dependants.computeIfAbsent(upstream, key -> new ArrayList<>(1)).add(task.key());
    }
  }

  private void unlink(TaskRecord task) {
    attention.remove(task.key());
    for (String upstream : task.dependsOn()) {
      List<String> left = dependants.get(upstream);
      left.remove(task.key());
      if (left.isEmpty()) {
        dependants.remove(upstream);
      }
    }
  }

  /** What of a task its dependants depend on. */
  private enum Standing {
    /** It has no result. */
    OPEN,
    /** Its result is being looked up: what is queued stays, nothing more is queued. */
    CHECKED,
    /** Dependants may run. */
    SERVES,
    /** Dependants can run once it is begun anew. */
    CANCELLED,
    /** Dependants can never run. */
    FAILED
  }

  private static Standing standing(TaskRecord task) {
    return switch (task.state()) {
      case PENDING, QUEUED, RUNNING, CACHED -> Standing.OPEN;
      case CANCELLED -> Standing.CANCELLED;
      case SUCCEEDED -> task.checking() ? Standing.CHECKED : Standing.SERVES;
      case FAILED -> Standing.FAILED;
    };
  }

  private void remove(TaskRecord task) {
    TaskAge age = TaskAge.of(task);
    if (waiting(task)) {
      queuedByClass.merge(task.deviceClass(), -1, Integer::sum);
      Map<String, TreeSet<TaskAge>> queue = queues.get(task.deviceClass());
      for (Want want : task.wants()) {
        if (want.settled().isEmpty()) {
          TreeSet<TaskAge> ages = queue.get(want.experimentId());
          ages.remove(age);
          if (ages.isEmpty()) {
            queue.remove(want.experimentId());
          }
        }
      }
    }
    if (task.published()) {
      published.get(task.deviceClass()).remove(age);
    }
    backingOff.remove(age);
    checking.remove(task.key());
  }

  private void add(TaskRecord task) {
    TaskAge age = TaskAge.of(task);
    if (waiting(task)) {
      queuedByClass.merge(task.deviceClass(), 1, Integer::sum);
      Map<String, TreeSet<TaskAge>> queue =
          queues.computeIfAbsent(task.deviceClass(), name -> new TreeMap<>());
      for (Want want : task.wants()) {
        if (want.settled().isEmpty()) {
          queue.computeIfAbsent(want.experimentId(), id -> new TreeSet<>()).add(age);
        }
      }
    }
    if (task.published()) {
      published.computeIfAbsent(task.deviceClass(), name -> new TreeSet<>()).add(age);
    }
    if (task.notBefore().isPresent()) {
      backingOff.add(age);
    }
    if (task.checking()) {
      checking.add(task.key());
    }
  }

  private static boolean waiting(TaskRecord task) {
    return task.state() == TaskState.QUEUED && !task.published();
  }

  private void classify(TaskRecord task) {
    boolean wanted =
        switch (task.state()) {
          case PENDING ->
              failedDependency(task).isPresent()
                  || cancelledDependency(task).isPresent()
                  || (task.notBefore().isEmpty() && dependenciesServe(task));
          case QUEUED -> !dependenciesSucceeded(task);
          case RUNNING, SUCCEEDED, FAILED, CANCELLED, CACHED -> false;
        };
    if (wanted) {
      attention.add(task.key());
    } else {
      attention.remove(task.key());
    }
  }

  /** Whether every task that it needs has a result that is seen to be there. */
  boolean dependenciesServe(TaskRecord task) {
    for (String key : task.dependsOn()) {
      TaskRecord upstream = tasks.get(key);
      if (upstream == null || !upstream.serves()) {
        return false;
      }
    }
    return true;
  }

  /** Whether every task that it needs has a result, perhaps one that is being looked up. */
  boolean dependenciesSucceeded(TaskRecord task) {
    for (String key : task.dependsOn()) {
      TaskRecord upstream = tasks.get(key);
      if (upstream == null || upstream.state() != TaskState.SUCCEEDED) {
        return false;
      }
    }
    return true;
  }

  /** A task that it needs and that has failed for good. */
  Optional<TaskRecord> failedDependency(TaskRecord task) {
    return dependency(task, TaskState.FAILED);
  }

  /** A task that it needs and that nobody wanted any more. */
  Optional<TaskRecord> cancelledDependency(TaskRecord task) {
    return dependency(task, TaskState.CANCELLED);
  }

  private Optional<TaskRecord> dependency(TaskRecord task, TaskState state) {
    for (String key : task.dependsOn()) {
      TaskRecord upstream = tasks.get(key);
      if (upstream != null && upstream.state() == state) {
        return Optional.of(upstream);
      }
    }
    return Optional.empty();
  }

  /** Tasks whose dependencies say that they are to move. */
  Set<String> attention() {
    return Collections.unmodifiableSet(attention);
  }

  /** Tasks that need the given one. */
  List<String> dependants(String key) {
    return dependants.getOrDefault(key, List.of());
  }

  /** Ready unpublished tasks of a class by each experiment that wants them, oldest first. */
  Map<String, TreeSet<TaskAge>> queue(String deviceClass) {
    return Collections.unmodifiableMap(queues.getOrDefault(deviceClass, Map.of()));
  }

  /** The classes that tasks have queued for. */
  Set<String> queuedClasses() {
    return Collections.unmodifiableSet(queues.keySet());
  }

  int queued(String deviceClass) {
    return queuedByClass.getOrDefault(deviceClass, 0);
  }

  /** Published tasks of a class. */
  NavigableSet<TaskAge> published(String deviceClass) {
    return Collections.unmodifiableNavigableSet(
        published.getOrDefault(deviceClass, new TreeSet<>()));
  }

  /** Published tasks of all classes. */
  List<TaskAge> published() {
    List<TaskAge> all = new ArrayList<>();
    published.values().forEach(all::addAll);
    return all;
  }

  /** Tasks that wait for the end of a backoff. */
  NavigableSet<TaskAge> backingOff() {
    return Collections.unmodifiableNavigableSet(backingOff);
  }

  /** Tasks whose earlier result is being looked up. */
  Set<String> checking() {
    return Collections.unmodifiableSet(checking);
  }
}

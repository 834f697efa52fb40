package dev.fewstep.orchestrator.experiment;

import dev.fewstep.schemas.TaskState;
import dev.fewstep.schemas.state.ExperimentRecord;
import dev.fewstep.schemas.state.TaskRecord;
import dev.fewstep.schemas.state.WorkerRecord;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * Who is served now, and who comes next: ready tasks in the order of {@link Shares}, of each class
 * no more than there is credit, each only while an idle worker that nobody is promised has its
 * memory. Both dispatch and explanations ask here, so that they cannot differ.
 */
final class Lineup {
  private final Draft draft;
  private final Duration aging;
  private Optional<Shares> counted = Optional.empty();
  private final Set<String> picked = new HashSet<>();
  private final Map<String, Room> rooms = new LinkedHashMap<>();

  Lineup(Draft draft, Duration aging) {
    this.draft = draft;
    this.aging = aging;
  }

  /** A task that is served, and the experiment for which it is. */
  record Pick(ExperimentRecord experiment, TaskRecord task) {}

  /** Who holds how many devices; those served are counted. */
  Shares shares() {
    if (counted.isEmpty()) {
      counted = Optional.of(new Shares(draft, aging));
    }
    return counted.get();
  }

  /** What is to be published now, in order, over all classes. */
  List<Pick> serve() {
    List<Pick> all = new ArrayList<>();
    for (String deviceClass : draft.state().index().queuedClasses()) {
      Room room = room(deviceClass);
      if (room.credit() > 0 && draft.state().deviceClass(deviceClass).isPresent()) {
        serve(lines(deviceClass), room, all);
      }
    }
    return all;
  }

  private void serve(List<Line> lines, Room room, List<Pick> all) {
    while (room.credit() > 0) {
      Optional<Pick> next = next(lines, room);
      if (next.isEmpty()) {
        return;
      }
      room.promise(need(next.get().task()));
      all.add(next.get());
    }
  }

  /**
   * Those that would be served next if devices became free one by one, in order, at most so many;
   * what has the memory on no worker is left out. Counts them as served.
   */
  List<Pick> waiting(String deviceClass, int limit) {
    Room room = Room.of(draft, deviceClass, worker -> worker.accepting() && !worker.draining());
    List<Line> lines = lines(deviceClass);
    List<Pick> picks = new ArrayList<>();
    while (picks.size() < limit) {
      Optional<Pick> next = next(lines, room);
      if (next.isEmpty()) {
        return picks;
      }
      picks.add(next.get());
    }
    return picks;
  }

  private Optional<Pick> next(List<Line> lines, Room room) {
    Optional<Pick> next =
        lines.stream()
            .filter(line -> shares().mayRun(line.experiment))
            .filter(line -> line.head(room).isPresent())
            .min(Comparator.comparing(Line::candidate, shares().order()))
            .map(line -> line.take(room));
    next.ifPresent(
        pick -> {
          picked.add(pick.task().key());
          shares().took(pick.task());
        });
    return next;
  }

  /** What a class has to give. */
  Room room(String deviceClass) {
    return rooms.computeIfAbsent(
        deviceClass, name -> Room.unpromised(draft, name, draft.state().index().published(name)));
  }

  /** The device memory that a task asks for. */
  long need(TaskRecord task) {
    return MemoryNeed.bytes(task, draft::experiment);
  }

  /** Whether a task is ready to be published, but for credit, bounds and memory. */
  static boolean ready(Draft draft, TaskRecord task) {
    return task.state() == TaskState.QUEUED
        && !task.published()
        && draft.state().index().dependenciesSucceeded(task);
  }

  private List<Line> lines(String deviceClass) {
    List<Line> lines = new ArrayList<>();
    for (Map.Entry<String, TreeSet<TaskAge>> queue :
        draft.state().index().queue(deviceClass).entrySet()) {
      draft
          .experiment(queue.getKey())
          .filter(ExperimentRecord::live)
          .ifPresent(experiment -> lines.add(new Line(experiment, queue.getValue())));
    }
    return lines;
  }

  /** What waits for one experiment. */
  private final class Line {
    private final ExperimentRecord experiment;
    private final Iterator<TaskAge> waiting;
    private Optional<TaskAge> first = Optional.empty();

    Line(ExperimentRecord experiment, TreeSet<TaskAge> waiting) {
      this.experiment = experiment;
      this.waiting = waiting.iterator();
    }

    Shares.Candidate candidate() {
      return new Shares.Candidate(experiment, first.orElseThrow());
    }

    /** The first task that may be served; those before it cannot be in this decision. */
    Optional<TaskRecord> head(Room room) {
      while (true) {
        Optional<TaskRecord> task =
            first
                .flatMap(age -> draft.task(age.key()))
                .filter(found -> !picked.contains(found.key()))
                .filter(found -> ready(draft, found))
                .filter(found -> room.has(need(found)));
        if (task.isPresent() || !waiting.hasNext()) {
          return task;
        }
        first = Optional.of(waiting.next());
      }
    }

    Pick take(Room room) {
      return new Pick(experiment, head(room).orElseThrow());
    }
  }

  /** Idle workers of a class by memory, and what is promised of them. */
  static final class Room {
    private final List<Long> idle;
    private final List<Long> promised = new ArrayList<>();

    private Room(List<Long> idle) {
      this.idle = idle;
    }

    static Room of(Draft draft, String deviceClass, Predicate<WorkerRecord> counts) {
      return new Room(
          draft.workers().stream()
              .filter(worker -> worker.deviceClass().equals(deviceClass))
              .filter(counts)
              .map(WorkerRecord::memoryBytes)
              .toList());
    }

    /** The idle workers of a class, less what is published and not started. */
    static Room unpromised(Draft draft, String deviceClass, Iterable<TaskAge> published) {
      Room room = of(draft, deviceClass, WorkerRecord::idle);
      for (TaskAge age : published) {
        draft
            .task(age.key())
            .filter(TaskRecord::published)
            .ifPresent(task -> room.promise(MemoryNeed.bytes(task, draft::experiment)));
      }
      return room;
    }

    /** Tasks that may still be published. */
    int credit() {
      return Math.max(0, idle.size() - promised.size());
    }

    void promise(long need) {
      promised.add(need);
    }

    /**
     * Whether a task can be promised a worker with its memory: for each need up to its own there
     * are more idle workers that have that much than tasks that were promised one.
     */
    boolean has(long need) {
      return free(need) > 0
          && promised.stream().filter(other -> other < need).allMatch(other -> free(other) > 0);
    }

    private long free(long need) {
      return idle.stream().filter(memory -> memory >= need).count()
          - promised.stream().filter(other -> other >= need).count();
    }
  }
}

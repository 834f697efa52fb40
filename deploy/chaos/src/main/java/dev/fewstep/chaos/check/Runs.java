package dev.fewstep.chaos.check;

import dev.fewstep.schemas.state.TaskRecord;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;

/** Who held which task, from when to when. */
final class Runs {
  private final List<Run> over = new ArrayList<>();
  private final Map<String, Run> running = new HashMap<>();

  /** A task as the state has it from a time on. */
  void follow(Instant at, TaskRecord task) {
    Run before = running.get(task.key());
    boolean same =
        before != null && task.executionId().isPresent() && before.attempt() == task.attempt();
    if (same) {
      return;
    }
    if (before != null) {
      running.remove(task.key());
      over.add(
          new Run(
              before.taskKey(),
              before.attempt(),
              before.workerId(),
              before.from(),
              Optional.of(at)));
    }
    if (task.executionId().isPresent()) {
      running.put(
          task.key(),
          new Run(
              task.key(),
              task.attempt(),
              task.workerId().map(UUID::toString).orElse(""),
              task.startedAt().orElse(at),
              Optional.empty()));
    }
  }

  /** All, those that go on last. */
  List<Run> all() {
    List<Run> all = new ArrayList<>(over);
    all.addAll(running.values());
    return all;
  }

  /** Ids of the workers that hold a task now. */
  Set<String> holders() {
    return running.values().stream().map(Run::workerId).collect(Collectors.toSet());
  }
}

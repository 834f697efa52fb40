package dev.fewstep.orchestrator.experiment;

import dev.fewstep.schemas.TaskKind;
import dev.fewstep.schemas.state.TaskRecord;
import java.time.Instant;
import java.util.Comparator;

/** A task's place among others: oldest first, then in the order of the trials. */
record TaskAge(Instant createdAt, int trial, TaskKind kind, String key)
    implements Comparable<TaskAge> {
  private static final Comparator<TaskAge> ORDER =
      Comparator.comparing(TaskAge::createdAt)
          .thenComparingInt(TaskAge::trial)
          .thenComparing(TaskAge::kind)
          .thenComparing(TaskAge::key);

  static TaskAge of(TaskRecord task) {
    return new TaskAge(task.createdAt(), task.origin().trial(), task.kind(), task.key());
  }

  @Override
  public int compareTo(TaskAge other) {
    return ORDER.compare(this, other);
  }
}

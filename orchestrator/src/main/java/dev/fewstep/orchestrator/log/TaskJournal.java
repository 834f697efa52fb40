package dev.fewstep.orchestrator.log;

import dev.fewstep.orchestrator.experiment.OrchestratorState;
import dev.fewstep.schemas.TaskState;
import dev.fewstep.schemas.state.StateRecord;
import dev.fewstep.schemas.state.TaskRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A line of the log for each move of a task, once it is committed, with the ids as key-value pairs
 * for who searches logs: {@code experiment}, {@code task}, {@code attempt}, {@code execution}.
 */
final class TaskJournal {
  private static final Logger LOG = LoggerFactory.getLogger(TaskJournal.class);

  private final List<Move> moves = new ArrayList<>();

  private record Move(Optional<TaskState> from, TaskRecord task, Optional<UUID> execution) {}

  /** Takes note of a change before it is replayed. */
  void watch(OrchestratorState before, StateRecord change) {
    if (!LOG.isInfoEnabled()
        || change.value().isEmpty()
        || !(change.value().get() instanceof TaskRecord task)) {
      return;
    }
    Optional<TaskRecord> known = before.task(task.key());
    Optional<TaskState> from = known.map(TaskRecord::state);
    if (!from.equals(Optional.of(task.state()))) {
      Optional<UUID> execution =
          task.executionId().or(() -> known.flatMap(TaskRecord::executionId));
      moves.add(new Move(from, task, execution));
    }
  }

  /** What was noted has been written. */
  void committed() {
    for (Move move : moves) {
      TaskRecord task = move.task();
      var line =
          LOG.atInfo()
              .addKeyValue("experiment", task.origin().experimentId())
              .addKeyValue("task", task.key())
              .addKeyValue("attempt", task.attempt())
              .addKeyValue("state", task.state());
      if (move.execution().isPresent()) {
        line = line.addKeyValue("execution", move.execution().get());
      }
      line.log(
          "{} {} of {}: {} -> {}",
          task.kind(),
          task.key().substring(0, 12),
          task.origin().experimentId(),
          move.from().map(Enum::name).orElse("new"),
          task.state());
    }
    moves.clear();
  }
}

package dev.fewstep.orchestrator.experiment;

import dev.fewstep.schemas.state.ExperimentRecord;
import dev.fewstep.schemas.state.TaskRecord;
import dev.fewstep.schemas.state.WorkerRecord;
import java.util.Optional;
import java.util.function.Function;

/** The device memory that a task asks for: that of the experiment it was first planned for. */
final class MemoryNeed {
  private MemoryNeed() {}

  /**
   * Bytes needed, 0 when nothing is asked for.
   *
   * @param experiments finds experiments by id
   */
  static long bytes(TaskRecord task, Function<String, Optional<ExperimentRecord>> experiments) {
    return experiments
        .apply(task.origin().experimentId())
        .map(experiment -> experiment.spec().spec().resources().memoryBytes().orElse(0L))
        .orElse(0L);
  }

  /** Whether a worker's device has that much. */
  static boolean fits(long bytes, WorkerRecord worker) {
    return worker.memoryBytes() >= bytes;
  }
}

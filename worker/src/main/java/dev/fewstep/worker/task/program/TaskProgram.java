package dev.fewstep.worker.task.program;

import dev.fewstep.schemas.task.TaskSpec;
import java.io.IOException;

/**
 * The computation of one kind of task. The result depends on the specification and the inputs only:
 * not on timing, earlier runs, or where an interrupted run was resumed.
 *
 * @param <S> the kind's specification
 */
public interface TaskProgram<S extends TaskSpec> {
  /**
   * Runs a task to its end on the calling thread.
   *
   * @param spec what to compute
   * @param context the inputs, where outputs go, and who listens
   * @return the files made, in the context's directory, and the scores
   * @throws TaskStoppedException when the context asked to stop; a checkpoint was handed over
   *     before when the request was {@link StopSignal.Request#RELEASE} and the kind has checkpoints
   * @throws TaskFailure when the task cannot be done, with the code and a sentence for people
   * @throws IOException when a file cannot be read or written
   */
  TaskResult run(S spec, TaskContext context) throws IOException, TaskStoppedException;
}

package dev.fewstep.worker.task.program;

import dev.fewstep.schemas.task.EvaluateTask;
import dev.fewstep.schemas.task.FinetuneTask;
import dev.fewstep.schemas.task.PretrainTask;
import dev.fewstep.schemas.task.ReferenceTask;
import dev.fewstep.schemas.task.TaskSpec;
import java.io.IOException;

/** The program of each kind of task. */
public final class Programs {
  private Programs() {}

  /** Runs a task of any kind; see {@link TaskProgram#run}. */
  public static TaskResult run(TaskSpec spec, TaskContext context)
      throws IOException, TaskStoppedException {
    if (spec instanceof ReferenceTask reference) {
      return new ReferenceProgram().run(reference, context);
    }
    if (spec instanceof PretrainTask pretrain) {
      return new PretrainProgram().run(pretrain, context);
    }
    if (spec instanceof FinetuneTask finetune) {
      return new FinetuneProgram().run(finetune, context);
    }
    return new EvaluateProgram().run((EvaluateTask) spec, context);
  }
}

package dev.fewstep.worker.task.program;

/** Tells a running task, at its step boundaries, whether to go on. Cheap to ask. */
@FunctionalInterface
public interface StopSignal {
  /** What is asked of the task. */
  enum Request {
    /** Go on. */
    CONTINUE,
    /** Hand over a checkpoint, then stop: another worker goes on from it. */
    RELEASE,
    /** Stop: nobody wants the result of this execution. */
    ABANDON
  }

  /** What is asked now; once it is not CONTINUE it never becomes so again. */
  Request request();

  /** A signal that never stops a task. */
  static StopSignal never() {
    return () -> Request.CONTINUE;
  }
}

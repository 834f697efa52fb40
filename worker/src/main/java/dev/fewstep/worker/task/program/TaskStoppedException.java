package dev.fewstep.worker.task.program;

import static java.util.Objects.requireNonNull;

/** A task stopped before its end because it was asked to. */
public final class TaskStoppedException extends Exception {
  private static final long serialVersionUID = 1L;

  private final StopSignal.Request request;

  /** Stopped for that request. */
  public TaskStoppedException(StopSignal.Request request) {
    super("the task stopped because it was asked to (" + request + ")");
    this.request = requireNonNull(request, "request");
  }

  /** What was asked. */
  public StopSignal.Request request() {
    return request;
  }
}

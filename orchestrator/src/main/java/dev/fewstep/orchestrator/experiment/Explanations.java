package dev.fewstep.orchestrator.experiment;

import dev.fewstep.orchestrator.experiment.Explanation.Code;
import dev.fewstep.orchestrator.experiment.Explanation.Reason;
import dev.fewstep.schemas.state.ExperimentRecord;
import dev.fewstep.schemas.state.LeaseRecord;
import dev.fewstep.schemas.state.TaskFailure;
import dev.fewstep.schemas.state.TaskRecord;
import dev.fewstep.schemas.state.Want;
import dev.fewstep.schemas.state.WorkerRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Says why a task waits, or why it ended. */
public final class Explanations {
  private Explanations() {}

  /** Why a task stands where it does; empty when there is no such task. */
  public static Optional<Explanation> explain(String taskKey, OrchestratorState state) {
    return state
        .task(taskKey)
        .map(task -> new Explanation(taskKey, task.state(), reasons(task, state)));
  }

  private static List<Reason> reasons(TaskRecord task, OrchestratorState state) {
    List<Reason> reasons = new ArrayList<>();
    if (task.checking()) {
      reasons.add(
          new Reason(Code.CHECKING, "the store is asked whether its earlier result is there"));
    }
    state
        .claim(task.key())
        .ifPresent(
            claim ->
                reasons.add(
                    new Reason(
                        Code.VERIFYING,
                        "success was reported; the store is asked for its artifacts")));
    switch (task.state()) {
      case PENDING -> pending(task, state, reasons);
      case QUEUED -> queued(task, state, reasons);
      case RUNNING -> reasons.add(running(task, state));
      case FAILED ->
          reasons.add(
              new Reason(
                  Code.FAILED,
                  task.failure().map(TaskFailure::message).orElse("no reason is kept")));
      case CANCELLED -> reasons.add(new Reason(Code.CANCELLED, "no experiment wants it any more"));
      case SUCCEEDED, CACHED ->
          reasons.add(
              new Reason(
                  Code.SUCCEEDED,
                  "attempt "
                      + task.result().map(result -> result.attempt()).orElse(task.attempt())
                      + " succeeded"));
    }
    return reasons;
  }

  private static void pending(TaskRecord task, OrchestratorState state, List<Reason> reasons) {
    for (String key : task.dependsOn()) {
      Optional<TaskRecord> upstream = state.task(key);
      if (upstream.isPresent() && !upstream.get().serves()) {
        reasons.add(
            new Reason(
                Code.DEPENDENCY,
                "it needs the "
                    + upstream.get().kind()
                    + " task "
                    + key.substring(0, 12)
                    + ", which is "
                    + (upstream.get().checking()
                        ? "looked up in the store"
                        : upstream.get().state())));
      }
    }
    task.notBefore()
        .ifPresent(
            end ->
                reasons.add(
                    new Reason(
                        Code.BACKOFF,
                        "attempt "
                            + task.attempt()
                            + " starts after "
                            + end
                            + "; the last failed: "
                            + task.failure().map(TaskFailure::message).orElse(""))));
    if (reasons.isEmpty()) {
      reasons.add(new Reason(Code.NEXT, "all that it needs is there; it is about to be queued"));
    }
  }

  private static void queued(TaskRecord task, OrchestratorState state, List<Reason> reasons) {
    if (task.published()) {
      reasons.add(
          new Reason(
              Code.PUBLISHED,
              "attempt "
                  + task.attempt()
                  + " is published; if no worker starts it by "
                  + task.dispatchDeadline().orElseThrow()
                  + " it is published again"));
      return;
    }
    List<WorkerRecord> workers =
        state.workers().stream()
            .filter(worker -> worker.deviceClass().equals(task.deviceClass()))
            .toList();
    if (workers.isEmpty()) {
      reasons.add(
          new Reason(
              Code.NO_WORKER, "no worker of device class " + task.deviceClass() + " is there"));
    }
    long need = MemoryNeed.bytes(task, state::experiment);
    if (!workers.isEmpty() && workers.stream().noneMatch(w -> MemoryNeed.fits(need, w))) {
      reasons.add(
          new Reason(
              Code.NO_WORKER,
              "no worker of device class "
                  + task.deviceClass()
                  + " has the "
                  + need
                  + " bytes of memory that it asks for"));
    }
    bounded(task, state).ifPresent(reasons::add);
    long idle = workers.stream().filter(WorkerRecord::idle).count();
    OrchestratorState.QueueDepth depth = state.queueDepth(task.deviceClass());
    if (!workers.isEmpty() && idle <= depth.published()) {
      reasons.add(
          new Reason(
              Code.CREDIT,
              "of "
                  + workers.size()
                  + " workers of class "
                  + task.deviceClass()
                  + " "
                  + idle
                  + " are idle, and "
                  + depth.published()
                  + " published tasks wait for them; "
                  + depth.waiting()
                  + " tasks are queued"));
    }
    if (reasons.isEmpty()) {
      reasons.add(new Reason(Code.NEXT, "it is ready for the next dispatch"));
    }
  }

  /** Said when every experiment that wants the task is at its bound. */
  private static Optional<Reason> bounded(TaskRecord task, OrchestratorState state) {
    List<String> full = new ArrayList<>();
    for (Want want : task.wants()) {
      Optional<ExperimentRecord> experiment = state.experiment(want.experimentId());
      if (want.settled().isPresent() || experiment.isEmpty()) {
        continue;
      }
      int bound = experiment.get().currentMaxParallel();
      int running = state.experimentFold(want.experimentId()).orElseThrow().inFlight();
      if (bound == 0 || running < bound) {
        return Optional.empty();
      }
      full.add(want.experimentId() + " runs " + running + " of at most " + bound + " tasks");
    }
    return full.isEmpty()
        ? Optional.empty()
        : Optional.of(new Reason(Code.MAX_PARALLEL, String.join(", ", full)));
  }

  private static Reason running(TaskRecord task, OrchestratorState state) {
    String where =
        state
            .lease(task.key())
            .filter(lease -> lease.totalSteps() > 0)
            .map((LeaseRecord lease) -> ", step " + lease.step() + " of " + lease.totalSteps())
            .orElse("");
    return new Reason(
        Code.RUNNING,
        "attempt "
            + task.attempt()
            + " runs on worker "
            + task.workerId().map(Object::toString).orElse("unknown")
            + where);
  }
}

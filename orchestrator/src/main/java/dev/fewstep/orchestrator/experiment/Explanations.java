package dev.fewstep.orchestrator.experiment;

import static java.util.Objects.requireNonNull;

import dev.fewstep.orchestrator.experiment.Explanation.Code;
import dev.fewstep.orchestrator.experiment.Explanation.Reason;
import dev.fewstep.schemas.TaskKind;
import dev.fewstep.schemas.state.ExperimentRecord;
import dev.fewstep.schemas.state.HandBack;
import dev.fewstep.schemas.state.LeaseRecord;
import dev.fewstep.schemas.state.RungRecord;
import dev.fewstep.schemas.state.TaskFailure;
import dev.fewstep.schemas.state.TaskRecord;
import dev.fewstep.schemas.state.Want;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Says why tasks wait, or why they ended, at one moment. What it says of ready tasks comes from the
 * {@link Lineup} that the next dispatch uses. For one thread, and for a state that does not change
 * meanwhile.
 */
public final class Explanations {
  private static final int MOST_EXAMINED = 2000;

  private final OrchestratorState state;
  private final WaitingReasons waiting;

  /**
   * Explanations of a state.
   *
   * @param settings those of the leader
   * @param time the present record time, as far as it is known
   */
  public Explanations(OrchestratorState state, Settings settings, Instant time) {
    this.state = requireNonNull(state, "state");
    this.waiting = new WaitingReasons(state, settings, time);
  }

  /** Why a task stands where it does; empty when there is no such task. */
  public Optional<Explanation> task(String taskKey) {
    return state.task(taskKey).map(task -> new Explanation(taskKey, task.state(), reasons(task)));
  }

  /** What an experiment waits for; empty when there is no such experiment. */
  public Optional<ExperimentExplanation> experiment(String experimentId) {
    return state.experiment(experimentId).map(this::explain);
  }

  /** What waits for which devices, and why. */
  public QueueView queue() {
    return QueueView.of(state, this);
  }

  private ExperimentExplanation explain(ExperimentRecord experiment) {
    ExperimentProgress progress = state.progress(experiment.id()).orElseThrow();
    List<Reason> reasons = new ArrayList<>();
    experiment
        .cancelledAt()
        .ifPresent(at -> reasons.add(new Reason(Code.CANCELLED, "it was cancelled at " + at)));
    experiment
        .planFailure()
        .ifPresent(why -> reasons.add(new Reason(Code.FAILED, "it cannot be planned: " + why)));
    experiment
        .pausedAt()
        .ifPresent(at -> reasons.add(new Reason(Code.PAUSED, "it is paused since " + at)));
    if (experiment.planning()) {
      reasons.add(
          new Reason(
              Code.PLANNING,
              experiment.planned() + " of " + experiment.trials() + " trials are planned"));
    }
    Map<Code, ExperimentExplanation.Group> groups = new EnumMap<>(Code.class);
    int examined = 0;
    int open = 0;
    for (TaskAge age : state.experimentFold(experiment.id()).orElseThrow().open()) {
      open++;
      if (examined < MOST_EXAMINED) {
        examined++;
        Reason first = reasons(state.task(age.key()).orElseThrow()).get(0);
        groups.merge(
            first.code(),
            new ExperimentExplanation.Group(first.code(), 1, first.text(), age.key()),
            (old, one) ->
                new ExperimentExplanation.Group(
                    old.code(), old.count() + 1, old.text(), old.taskKey()));
      }
    }
    List<ExperimentExplanation.Group> tasks = new ArrayList<>(groups.values());
    tasks.sort(Comparator.comparing(ExperimentExplanation.Group::count).reversed());
    return new ExperimentExplanation(
        experiment.id(), progress.state(), reasons, tasks, examined, open);
  }

  private List<Reason> reasons(TaskRecord task) {
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
      case PENDING -> pending(task, reasons);
      case QUEUED -> queued(task, reasons);
      case RUNNING -> running(task, reasons);
      case FAILED ->
          reasons.add(
              new Reason(
                  Code.FAILED,
                  task.failure().map(TaskFailure::message).orElse("no reason is kept")));
      case CANCELLED -> reasons.add(new Reason(Code.CANCELLED, "no experiment wants it any more"));
      case SUCCEEDED, CACHED -> {
        halved(task, state, reasons);
        reasons.add(
            new Reason(
                Code.SUCCEEDED,
                "attempt "
                    + task.result().map(result -> result.attempt()).orElse(task.attempt())
                    + " succeeded"));
      }
    }
    return reasons;
  }

  /** What becomes of the trials whose rung it is. */
  private static void halved(TaskRecord task, OrchestratorState state, List<Reason> reasons) {
    for (Want want : task.wants()) {
      Optional<Halving> halving =
          state.experimentFold(want.experimentId()).flatMap(ExperimentFold::halving);
      if (halving.isEmpty() || task.kind() != TaskKind.FINETUNE) {
        continue;
      }
      for (RungRecord rung : halving.get().rungs().of(task.key())) {
        RungView.Standing standing =
            halving.get().view(rung.trial()).map(RungView::standing).orElseThrow();
        String text = "of experiment " + want.experimentId() + " ";
        if (standing == RungView.Standing.STOPPED) {
          reasons.add(new Reason(Code.STOPPED, text + halving.get().explain(rung)));
        } else if (standing == RungView.Standing.WAITING) {
          reasons.add(new Reason(Code.WAITS_FOR_PROMOTION, text + halving.get().explain(rung)));
        }
      }
    }
  }

  private void pending(TaskRecord task, List<Reason> reasons) {
    notWanted(task, state).ifPresent(reasons::add);
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
                            + " is tried after "
                            + end
                            + task.failure()
                                .map(failure -> "; the last failed: " + failure.message())
                                .orElse(": a worker without the memory for it took the last"))));
    if (reasons.isEmpty()) {
      reasons.add(new Reason(Code.READY, "all that it needs is there; it is about to be queued"));
    }
  }

  /** Why no experiment lets a task start; empty when one does. */
  static Optional<Reason> notWanted(TaskRecord task, OrchestratorState state) {
    List<String> paused = new ArrayList<>();
    for (Want want : task.wants()) {
      Optional<ExperimentRecord> experiment = state.experiment(want.experimentId());
      if (want.settled().isPresent() || experiment.isEmpty() || experiment.get().withdrawn()) {
        continue;
      }
      if (experiment.get().live()) {
        return Optional.empty();
      }
      paused.add(
          "experiment "
              + want.experimentId()
              + " is paused since "
              + experiment.get().pausedAt().orElseThrow());
    }
    return Optional.of(
        paused.isEmpty()
            ? new Reason(
                Code.WITHDRAWN, "no experiment wants it any more; it is about to be cancelled")
            : new Reason(Code.PAUSED, String.join(", ", paused)));
  }

  private void queued(TaskRecord task, List<Reason> reasons) {
    if (task.published()) {
      reasons.add(
          new Reason(
              Code.PUBLISHED,
              "attempt "
                  + task.attempt()
                  + " is published; if no worker starts it by "
                  + task.dispatchDeadline().orElseThrow()
                  + " it is published again"));
    } else {
      waiting.add(task, reasons);
    }
    task.handedBack()
        .ifPresent(
            back ->
                reasons.add(
                    new Reason(
                        back.cause() == HandBack.Cause.PREEMPTED
                            ? Code.PREEMPTED
                            : Code.HANDED_BACK,
                        "it was handed back at "
                            + back.at()
                            + ", because "
                            + back.why()
                            + "; it goes on from "
                            + task.checkpoint()
                                .map(checkpoint -> "step " + checkpoint.step())
                                .orElse("its beginning"))));
  }

  private void running(TaskRecord task, List<Reason> reasons) {
    Optional<LeaseRecord> lease = state.lease(task.key());
    reasons.add(
        new Reason(
            Code.RUNNING,
            "attempt "
                + task.attempt()
                + " runs on worker "
                + task.workerId().map(Object::toString).orElse("unknown")
                + lease
                    .filter(held -> held.totalSteps() > 0)
                    .map(held -> ", step " + held.step() + " of " + held.totalSteps())
                    .orElse("")
                + lease
                    .flatMap(LeaseRecord::handBack)
                    .map(asked -> "; it was asked back at " + asked.at() + ": " + asked.why())
                    .orElse("")));
  }
}

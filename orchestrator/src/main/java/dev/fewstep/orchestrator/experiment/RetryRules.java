package dev.fewstep.orchestrator.experiment;

import dev.fewstep.schemas.Digests;
import dev.fewstep.schemas.TaskState;
import dev.fewstep.schemas.message.FailureCode;
import dev.fewstep.schemas.spec.RetrySpec;
import dev.fewstep.schemas.state.ExperimentRecord;
import dev.fewstep.schemas.state.HandBack;
import dev.fewstep.schemas.state.LeaseRecord;
import dev.fewstep.schemas.state.TaskFailure;
import dev.fewstep.schemas.state.TaskRecord;
import dev.fewstep.schemas.state.Want;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** Whether, and when, a task that lost its execution is tried again. */
final class RetryRules {
  private static final int MAX_DOUBLINGS = 30;
  private static final double JITTER = 0.25;

  private final Settings settings;

  RetryRules(Settings settings) {
    this.settings = settings;
  }

  /** A failure of the current execution: charged to the budget. */
  void attemptFailed(Draft draft, TaskRecord task, TaskFailure failure) {
    RetrySpec retry = policy(draft, task);
    boolean again =
        failure.code().map(FailureCode::retryable).orElse(true)
            && task.charged() + 1 < retry.maxAttempts();
    TaskRecord.Builder changed = task.edit().charge().failure(failure).reached(step(draft, task));
    if (again) {
      TaskRecord next =
          draft.move(
              task,
              Transition.Trigger.ATTEMPT_FAILED,
              changed
                  .state(TaskState.PENDING)
                  .nextAttempt()
                  .losses(0)
                  .notBefore(draft.recordTime().plus(backoff(retry, task))));
      draft.release(task);
      draft.control(next);
    } else {
      draft.end(task, Transition.Trigger.FAILED_FOR_GOOD, changed.state(TaskState.FAILED));
    }
    draft.more();
  }

  /** The execution fell silent: not charged, but too many in a row without progress are poison. */
  void leaseLost(Draft draft, TaskRecord task) {
    boolean progressed = draft.lease(task.key()).map(LeaseRecord::progressed).orElse(false);
    int losses = progressed ? 0 : task.losses() + 1;
    if (losses < settings.poisonLosses()) {
      again(draft, task, task.edit(), Transition.Trigger.LEASE_LOST, losses);
      return;
    }
    String message =
        losses
            + " executions in a row fell silent without getting further than step "
            + task.furthestStep()
            + ": the task seems to kill its workers";
    draft.end(
        task,
        Transition.Trigger.POISONED,
        task.edit()
            .state(TaskState.FAILED)
            .losses(losses)
            .failure(
                new TaskFailure(
                    TaskFailure.Cause.POISON,
                    Optional.empty(),
                    message,
                    List.of(),
                    task.attempt(),
                    draft.recordTime())));
    draft.more();
  }

  /** The worker handed it back: neither charged nor a loss. */
  void handedBack(Draft draft, TaskRecord task) {
    HandBack why =
        draft
            .lease(task.key())
            .flatMap(LeaseRecord::handBack)
            .orElseGet(
                () ->
                    new HandBack(
                        draft.recordTime(), HandBack.Cause.STOPPED, "its worker was stopped"));
    TaskRecord.Builder changed =
        task.edit().handedBack(new HandBack(draft.recordTime(), why.cause(), why.why()));
    again(draft, task, changed, Transition.Trigger.RELEASED, task.losses());
  }

  /** Queues the next attempt, not charged; it resumes from the last checkpoint. */
  private void again(
      Draft draft,
      TaskRecord task,
      TaskRecord.Builder changed,
      Transition.Trigger trigger,
      int losses) {
    TaskRecord next =
        draft.move(
            task,
            trigger,
            changed
                .state(TaskState.QUEUED)
                .nextAttempt()
                .losses(losses)
                .reached(step(draft, task)));
    draft.release(task);
    draft.control(next);
    draft.more();
  }

  private static long step(Draft draft, TaskRecord task) {
    return draft.lease(task.key()).map(LeaseRecord::step).orElse(0L);
  }

  /** The most patient policy among the experiments that want the task. */
  private static RetrySpec policy(Draft draft, TaskRecord task) {
    return task.wants().stream()
        .filter(want -> want.settled().isEmpty())
        .map(Want::experimentId)
        .map(draft::experiment)
        .flatMap(Optional::stream)
        .filter(experiment -> !experiment.withdrawn())
        .map(ExperimentRecord::spec)
        .map(spec -> spec.spec().policy().retry())
        .max(Comparator.comparing(RetrySpec::maxAttempts))
        .orElse(new RetrySpec(1, Duration.ZERO));
  }

  /**
   * Doubled for each attempt charged before, bounded, and spread by up to a quarter either way, so
   * that tasks that failed together do not come back together. The spread is a function of task and
   * attempt.
   */
  private Duration backoff(RetrySpec retry, TaskRecord task) {
    Duration wait = retry.backoff();
    for (int i = 0; i < Math.min(task.charged(), MAX_DOUBLINGS); i++) {
      wait = wait.multipliedBy(2);
      if (wait.compareTo(settings.maxBackoff()) >= 0) {
        break;
      }
    }
    Duration bounded = wait.compareTo(settings.maxBackoff()) > 0 ? settings.maxBackoff() : wait;
    return Duration.ofMillis(
        Math.round(bounded.toMillis() * (1 + JITTER * spread(task.key() + "/" + task.attempt()))));
  }

  /**
   * How long a task waits after a worker without the memory for it took it: 1 to 2 s, so that a
   * worker that has the memory comes first some time, and the two cannot keep the leader busy.
   */
  static Duration unfitPause(TaskRecord task) {
    return Duration.ofMillis(
        Math.round(1500 * (1 + spread(task.key() + "/" + task.attempt()) / 3)));
  }

  /** A number in [-1, 1) made from a text. */
  private static double spread(String text) {
    long bits = Long.parseLong(Digests.sha256Hex(text).substring(0, 8), 16);
    return bits / (double) (1L << 31) - 1;
  }
}

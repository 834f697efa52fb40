package dev.fewstep.orchestrator.experiment;

import dev.fewstep.schemas.TaskKind;
import dev.fewstep.schemas.TaskState;
import dev.fewstep.schemas.state.ExperimentRecord;
import dev.fewstep.schemas.state.HandBack;
import dev.fewstep.schemas.state.LeaseRecord;
import dev.fewstep.schemas.state.TaskRecord;
import dev.fewstep.schemas.state.Want;
import dev.fewstep.schemas.state.WorkerRecord;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Takes devices from running tasks for experiments whose policy asks for it. Only a task that would
 * be served next has a device freed, so that the freed one goes to it; only tasks that can go on
 * from a checkpoint are asked, of strictly lower priority as people set it: age gives a task its
 * turn, never another's device. A task is asked once in an execution, and not charged.
 */
final class PreemptionRules {
  void advance(Draft draft, Lineup lineup) {
    for (String deviceClass : draft.state().index().queuedClasses()) {
      boolean asked =
          draft.state().index().queue(deviceClass).keySet().stream()
              .map(draft::experiment)
              .flatMap(Optional::stream)
              .anyMatch(experiment -> experiment.live() && preempts(experiment));
      if (asked) {
        preempt(draft, lineup, deviceClass);
      }
    }
  }

  private static boolean preempts(ExperimentRecord experiment) {
    return experiment.spec().spec().policy().preempt();
  }

  private static void preempt(Draft draft, Lineup lineup, String deviceClass) {
    List<Holder> holders = holders(draft, deviceClass);
    List<Holder> coming = new ArrayList<>(holders.stream().filter(Holder::askedBack).toList());
    List<Holder> left = new ArrayList<>(holders.stream().filter(Holder::mayBeAsked).toList());
    for (Lineup.Pick next : lineup.waiting(deviceClass, holders.size())) {
      long need = lineup.need(next.task());
      if (takeFirst(coming, holder -> holder.fits(need)).isPresent()) {
        continue;
      }
      if (!preempts(next.experiment())) {
        return;
      }
      int priority = next.experiment().currentPriority();
      takeFirst(left, holder -> holder.fits(need) && holder.priority() < priority)
          .ifPresent(
              holder ->
                  draft.handBack(
                      holder.task(),
                      HandBack.Cause.PREEMPTED,
                      "experiment "
                          + next.experiment().id()
                          + " of priority "
                          + priority
                          + " needs its device"));
    }
  }

  private static Optional<Holder> takeFirst(List<Holder> holders, Predicate<Holder> wanted) {
    Optional<Holder> first = holders.stream().filter(wanted).findFirst();
    first.ifPresent(holders::remove);
    return first;
  }

  /**
   * The running tasks of a class whose workers take another: lowest priority, then newest first.
   */
  private static List<Holder> holders(Draft draft, String deviceClass) {
    List<Holder> holders = new ArrayList<>();
    for (LeaseRecord known : draft.state().leases()) {
      Optional<LeaseRecord> lease = draft.lease(known.taskKey());
      Optional<TaskRecord> task =
          draft
              .task(known.taskKey())
              .filter(running -> running.state() == TaskState.RUNNING)
              .filter(running -> running.deviceClass().equals(deviceClass));
      Optional<WorkerRecord> worker =
          task.flatMap(TaskRecord::workerId)
              .flatMap(draft::worker)
              .filter(holder -> holder.accepting() && !holder.draining());
      if (lease.isPresent() && worker.isPresent()) {
        holders.add(
            new Holder(
                task.get(),
                worker.get(),
                priority(draft, task.get()),
                lease.get().askedBack(),
                draft.claim(known.taskKey()).isPresent()));
      }
    }
    holders.sort(
        Comparator.comparingInt(Holder::priority)
            .thenComparing(
                holder -> holder.task().startedAt().orElseThrow(), Comparator.reverseOrder())
            .thenComparing(holder -> holder.task().key()));
    return holders;
  }

  /** The highest among the experiments that want the task. */
  private static int priority(Draft draft, TaskRecord task) {
    return task.wants().stream()
        .filter(want -> want.settled().isEmpty())
        .map(Want::experimentId)
        .map(draft::experiment)
        .flatMap(Optional::stream)
        .filter(experiment -> !experiment.withdrawn())
        .mapToInt(ExperimentRecord::currentPriority)
        .max()
        .orElse(0);
  }

  /**
   * A running task.
   *
   * @param claimed whether its success is being verified
   */
  private record Holder(
      TaskRecord task, WorkerRecord worker, int priority, boolean askedBack, boolean claimed) {
    boolean mayBeAsked() {
      boolean resumable = task.kind() == TaskKind.FINETUNE || task.kind() == TaskKind.PRETRAIN;
      return resumable && !askedBack && !claimed;
    }

    boolean fits(long need) {
      return MemoryNeed.fits(need, worker);
    }
  }
}

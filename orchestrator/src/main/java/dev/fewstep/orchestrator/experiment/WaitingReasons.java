package dev.fewstep.orchestrator.experiment;

import dev.fewstep.orchestrator.experiment.Explanation.Code;
import dev.fewstep.orchestrator.experiment.Explanation.Reason;
import dev.fewstep.schemas.spec.Nearest;
import dev.fewstep.schemas.state.ExperimentRecord;
import dev.fewstep.schemas.state.LeaseRecord;
import dev.fewstep.schemas.state.ProjectRecord;
import dev.fewstep.schemas.state.TaskRecord;
import dev.fewstep.schemas.state.Want;
import dev.fewstep.schemas.state.WorkerRecord;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Why ready tasks are not published. Runs the leader's next decision as far as its dispatch, and
 * asks that dispatch's {@link Lineup} whom it serves; what it does not serve has a reason among the
 * conditions that the lineup goes by.
 */
final class WaitingReasons {
  private static final int LONGEST_QUEUE = 1000;

  private final OrchestratorState state;
  private final Settings settings;
  private final Instant time;
  private final Map<String, List<Lineup.Pick>> queues = new HashMap<>();
  private final Set<String> next = new HashSet<>();
  private Optional<Draft> ahead = Optional.empty();
  private Shares shares;

  WaitingReasons(OrchestratorState state, Settings settings, Instant time) {
    this.state = state;
    this.settings = settings;
    this.time = time;
  }

  private Draft ahead() {
    if (ahead.isEmpty()) {
      Draft draft = new Decider(settings).ahead(state, time);
      Lineup lineup = new Lineup(draft, settings.aging());
      lineup.serve().forEach(pick -> next.add(pick.task().key()));
      shares = lineup.shares();
      ahead = Optional.of(draft);
    }
    return ahead.get();
  }

  /** Adds the reasons of a queued task that is not published; there is at least one. */
  void add(TaskRecord known, List<Reason> reasons) {
    Draft draft = ahead();
    TaskRecord task = draft.task(known.key()).orElse(known);
    if (next.contains(task.key())) {
      reasons.add(new Reason(Code.NEXT, "the leader publishes it in its next decision"));
      return;
    }
    Optional<Reason> unwanted = Explanations.notWanted(task, state);
    if (unwanted.isPresent()) {
      reasons.add(unwanted.get());
      return;
    }
    if (!Lineup.ready(draft, task)) {
      reasons.add(new Reason(Code.DEPENDENCY, "a task that it needs is done anew"));
      return;
    }
    Optional<Reason> nobody = nobody(draft, task);
    nobody.ifPresent(reasons::add);
    List<Reason> bounds = bounds(draft, task);
    reasons.addAll(bounds);
    if (nobody.isEmpty()) {
      credit(draft, task).ifPresent(reasons::add);
      if (bounds.isEmpty()) {
        behind(task, reasons.isEmpty()).ifPresent(reasons::add);
      }
    }
  }

  /** Said when no worker could take it even if all were idle. */
  private Optional<Reason> nobody(Draft draft, TaskRecord task) {
    List<WorkerRecord> workers = workers(draft, task.deviceClass());
    if (workers.isEmpty()) {
      return Optional.of(new Reason(Code.NO_WORKER, noWorker(draft, task.deviceClass())));
    }
    long need = MemoryNeed.bytes(task, draft::experiment);
    List<WorkerRecord> eligible =
        workers.stream().filter(worker -> MemoryNeed.fits(need, worker)).toList();
    if (eligible.isEmpty()) {
      long most = workers.stream().mapToLong(WorkerRecord::memoryBytes).max().orElseThrow();
      return Optional.of(
          new Reason(
              Code.NOT_ELIGIBLE,
              "it asks for "
                  + mebibytes(need)
                  + " of memory; the largest of "
                  + workers.size()
                  + " workers of device class "
                  + task.deviceClass()
                  + " has "
                  + mebibytes(most)));
    }
    if (eligible.stream().noneMatch(WaitingReasons::takes)) {
      return Optional.of(
          new Reason(
              Code.DRAINING,
              "all "
                  + eligible.size()
                  + " workers of device class "
                  + task.deviceClass()
                  + " that could take it take no task now: they drain, leave, or their disk is full"));
    }
    return Optional.empty();
  }

  private static String noWorker(Draft draft, String deviceClass) {
    Set<String> there = new TreeSet<>();
    draft.workers().forEach(worker -> there.add(worker.deviceClass()));
    String others =
        there.isEmpty()
            ? "; there are no workers at all"
            : Nearest.to(deviceClass, there)
                .map(nearest -> "; the nearest that is there is " + nearest)
                .orElse("; there are workers of " + String.join(", ", there));
    return "no worker of device class " + deviceClass + " is there" + others;
  }

  private static String mebibytes(long bytes) {
    return bytes / (1L << 20) + " MiB";
  }

  private static boolean takes(WorkerRecord worker) {
    return worker.accepting() && !worker.draining();
  }

  private static List<WorkerRecord> workers(Draft draft, String deviceClass) {
    return draft.workers().stream()
        .filter(worker -> worker.deviceClass().equals(deviceClass))
        .toList();
  }

  /** Said when every experiment that wants it is at a bound. */
  private List<Reason> bounds(Draft draft, TaskRecord task) {
    List<Reason> bounds = new ArrayList<>();
    for (Want want : task.wants()) {
      Optional<ExperimentRecord> known = draft.experiment(want.experimentId());
      if (want.settled().isPresent() || known.isEmpty() || !known.get().live()) {
        continue;
      }
      ExperimentRecord experiment = known.get();
      if (shares.mayRun(experiment)) {
        return List.of();
      }
      if (shares.full(experiment)) {
        bounds.add(
            new Reason(
                Code.MAX_PARALLEL,
                "experiment "
                    + experiment.id()
                    + " holds "
                    + shares.held(experiment)
                    + " of at most "
                    + experiment.currentMaxParallel()
                    + " devices"));
      }
      ProjectRecord project = draft.project(Shares.project(experiment));
      if (shares.full(project)) {
        bounds.add(
            new Reason(
                Code.PROJECT_QUOTA,
                "project "
                    + project.name()
                    + " holds "
                    + shares.held(project.name())
                    + " of at most "
                    + project.maxDevices()
                    + " devices"));
      }
    }
    return bounds;
  }

  /** Said when no idle worker was left for it, whoever goes first. */
  private Optional<Reason> credit(Draft draft, TaskRecord task) {
    String deviceClass = task.deviceClass();
    long need = MemoryNeed.bytes(task, draft::experiment);
    if (new Lineup(draft, settings.aging()).room(deviceClass).has(need)) {
      return Optional.empty();
    }
    List<WorkerRecord> eligible =
        workers(draft, deviceClass).stream()
            .filter(worker -> MemoryNeed.fits(need, worker))
            .toList();
    long idle = eligible.stream().filter(WorkerRecord::idle).count();
    long draining = eligible.stream().filter(worker -> !takes(worker)).count();
    long coming =
        draft.state().leases().stream()
            .filter(LeaseRecord::askedBack)
            .map(lease -> draft.task(lease.taskKey()))
            .flatMap(Optional::stream)
            .filter(held -> held.deviceClass().equals(deviceClass))
            .count();
    return Optional.of(
        new Reason(
            Code.CREDIT,
            "of "
                + eligible.size()
                + " workers of device class "
                + deviceClass
                + " that could take it "
                + (eligible.size() - idle - draining)
                + " are busy, "
                + draining
                + " drain and "
                + idle
                + " are promised to published tasks"
                + (coming == 0 ? "" : "; " + coming + " running tasks are asked back")));
  }

  /** Who goes first; empty when nobody does and another reason was said. */
  private Optional<Reason> behind(TaskRecord task, boolean onlyReason) {
    List<Lineup.Pick> queue = queue(task.deviceClass());
    int place = 0;
    while (place < queue.size() && !queue.get(place).task().key().equals(task.key())) {
      place++;
    }
    if (place == 0 && !onlyReason) {
      return Optional.empty();
    }
    String count = "other tasks";
    if (place > 0 && place < queue.size()) {
      count = place == 1 ? "1 task" : place + " tasks";
    } else if (place == LONGEST_QUEUE) {
      count = "more than " + LONGEST_QUEUE + " tasks";
    }
    String first =
        queue.stream()
            .findFirst()
            .map(Lineup.Pick::experiment)
            .map(
                experiment ->
                    "; the next is of experiment "
                        + experiment.id()
                        + ", project "
                        + Shares.project(experiment)
                        + ", priority "
                        + experiment.currentPriority())
            .orElse("");
    return Optional.of(
        new Reason(Code.BEHIND, count + " of its device class go before it" + first));
  }

  private List<Lineup.Pick> queue(String deviceClass) {
    return queues.computeIfAbsent(
        deviceClass,
        name -> {
          Lineup lineup = new Lineup(ahead(), settings.aging());
          List<Lineup.Pick> queue = new ArrayList<>(lineup.serve());
          queue.removeIf(pick -> !pick.task().deviceClass().equals(name));
          queue.addAll(lineup.waiting(name, LONGEST_QUEUE - queue.size()));
          return queue;
        });
  }
}

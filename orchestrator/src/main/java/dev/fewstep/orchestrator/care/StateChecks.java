package dev.fewstep.orchestrator.care;

import dev.fewstep.orchestrator.experiment.OrchestratorState;
import dev.fewstep.orchestrator.experiment.Settings;
import dev.fewstep.schemas.TaskState;
import dev.fewstep.schemas.message.Report;
import dev.fewstep.schemas.state.ClaimRecord;
import dev.fewstep.schemas.state.LeaseRecord;
import dev.fewstep.schemas.state.TaskRecord;
import dev.fewstep.schemas.state.WorkerRecord;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Judges a state against the rules that its records should follow. */
final class StateChecks {
  private static final Duration VERIFICATION = Duration.ofMinutes(10);
  private static final int NAMED = 3;
  private static final int SHORT = 12;

  private final OrchestratorState state;
  private final Settings settings;
  private final Instant now;
  private final List<Finding> findings = new ArrayList<>();

  StateChecks(OrchestratorState state, Settings settings, Instant now) {
    this.state = state;
    this.settings = settings;
    this.now = now;
  }

  List<Finding> findings(String version) {
    workers(version);
    int before = findings.size();
    tasks();
    leases();
    claims();
    noWorker();
    if (findings.size() == before) {
      findings.add(
          Finding.ok("tasks", "state", state.tasks().size() + " tasks stand as the rules say"));
    }
    before = findings.size();
    orphans();
    if (findings.size() == before) {
      findings.add(Finding.ok("orphans", "state", "every entity refers to one that is there"));
    }
    return findings;
  }

  private void workers(String version) {
    List<String> silent = new ArrayList<>();
    Map<String, List<String>> commits = new TreeMap<>();
    List<String> others = new ArrayList<>();
    for (WorkerRecord worker : state.workers()) {
      String id = worker.workerId().toString();
      if (worker.seenAt().plus(settings.presence().multipliedBy(2)).isBefore(now)) {
        silent.add(id);
      }
      String theirs = worker.versions().getOrDefault("fewstep", "unknown");
      if (!theirs.equals(version) && known(version) && known(theirs)) {
        others.add(id + " (" + theirs + ")");
      }
      String commit = worker.versions().getOrDefault("commit", "unknown");
      if (known(commit)) {
        commits.computeIfAbsent(commit, key -> new ArrayList<>()).add(id);
      }
    }
    if (!silent.isEmpty()) {
      findings.add(
          Finding.warn(
              "worker.silent",
              named(silent),
              silent.size() + " workers have not been heard for twice their bound",
              "a presence every " + settings.presence().toSeconds() + " s at most, or none at all",
              "the leader forgets silent workers when it reads: see the findings of leader and"
                  + " inbox"));
    }
    if (!others.isEmpty()) {
      findings.add(
          Finding.warn(
              "worker.version",
              named(others),
              others.size() + " workers run another version than this server's " + version,
              "the same version everywhere",
              "'fewstep workers drain ID', then start them from the same build as the server"));
    } else if (commits.size() > 1) {
      findings.add(
          Finding.warn(
              "worker.version",
              named(new ArrayList<>(commits.keySet())),
              "workers run " + commits.size() + " different builds",
              "the same build everywhere: results of others may differ in their last bits",
              "'fewstep workers drain ID', then start them from one build"));
    }
    if (silent.isEmpty() && others.isEmpty() && commits.size() <= 1) {
      findings.add(Finding.ok("worker", "state", state.workers().size() + " workers"));
    }
  }

  private static boolean known(String version) {
    return !version.equals("unknown") && !version.equals("development");
  }

  private void tasks() {
    List<String> unheld = new ArrayList<>();
    List<String> late = new ArrayList<>();
    for (TaskRecord task : state.tasks()) {
      if (task.state() == TaskState.RUNNING && state.lease(task.key()).isEmpty()) {
        unheld.add(task.key());
      }
      if (task.dispatchDeadline()
          .map(deadline -> deadline.plus(settings.dispatch()).isBefore(now))
          .orElse(false)) {
        late.add(task.key());
      }
    }
    if (!unheld.isEmpty()) {
      findings.add(
          Finding.error(
              "task.unheld",
              shortened(unheld),
              unheld.size() + " tasks run without a lease",
              "a lease for each running task",
              "nobody ends these by themselves: cancel their experiment and submit it again"));
    }
    if (!late.isEmpty()) {
      findings.add(
          Finding.error(
              "task.late",
              shortened(late),
              late.size() + " tasks were published, not started, and not published again",
              "published again at their deadline, " + settings.dispatch().toSeconds() + " s",
              "the leader does not decide: see the findings of leader and inbox"));
    }
  }

  private void leases() {
    List<String> expired = new ArrayList<>();
    List<String> stray = new ArrayList<>();
    for (LeaseRecord lease : state.leases()) {
      Optional<TaskRecord> task = state.task(lease.taskKey());
      if (task.isEmpty() || task.get().state() != TaskState.RUNNING) {
        stray.add(lease.taskKey());
      } else if (lease.renewedAt().plus(settings.lease().multipliedBy(2)).isBefore(now)) {
        expired.add(lease.taskKey());
      }
    }
    if (!expired.isEmpty()) {
      findings.add(
          Finding.error(
              "task.expired",
              shortened(expired),
              expired.size() + " leases ended long ago and their tasks still count as running",
              "given up " + settings.lease().toSeconds() + " s after the last report",
              "the leader does not decide: see the findings of leader and inbox"));
    }
    if (!stray.isEmpty()) {
      findings.add(
          Finding.error(
              "orphan.lease",
              shortened(stray),
              stray.size() + " leases of tasks that do not run",
              "a running task for each lease",
              "report this as a defect, with 'fewstep describe' of the task"));
    }
  }

  private void claims() {
    List<String> old = new ArrayList<>();
    List<String> stray = new ArrayList<>();
    for (ClaimRecord claim : state.claims()) {
      if (state.task(claim.taskKey()).isEmpty()) {
        stray.add(claim.taskKey());
      } else if (claim.reports().stream()
          .map(Report.Succeeded::at)
          .allMatch(at -> at.plus(VERIFICATION).isBefore(now))) {
        old.add(claim.taskKey());
      }
    }
    if (!old.isEmpty()) {
      findings.add(
          Finding.error(
              "task.unverified",
              shortened(old),
              old.size() + " reported successes wait for their artifacts to be looked up",
              "looked up within " + VERIFICATION.toMinutes() + " min",
              "the leader cannot ask the store: see the findings of store; its log says more"));
    }
    if (!stray.isEmpty()) {
      findings.add(
          Finding.error(
              "orphan.claim",
              shortened(stray),
              stray.size() + " reported successes of no known task",
              "a task for each",
              "report this as a defect, with the server's log"));
    }
  }

  private void noWorker() {
    Map<String, Long> waiting = new TreeMap<>();
    for (TaskRecord task : state.tasks()) {
      if (task.state() == TaskState.QUEUED) {
        waiting.merge(task.deviceClass(), 1L, Long::sum);
      }
    }
    waiting.forEach(
        (deviceClass, tasks) -> {
          if (state.workers().stream()
              .noneMatch(worker -> worker.deviceClass().equals(deviceClass))) {
            findings.add(
                Finding.warn(
                    "task.no-worker",
                    "device class " + deviceClass,
                    tasks + " tasks wait and no worker takes their class",
                    "a worker of the class",
                    "fewstep worker --device-class " + deviceClass));
          }
        });
  }

  private void orphans() {
    List<String> unknown = state.unknownExperiments();
    if (!unknown.isEmpty()) {
      findings.add(
          Finding.error(
              "orphan.plan",
              named(unknown),
              unknown.size() + " experiments are named by plans or tasks but not known",
              "a record for each",
              "restore a backup with 'fewstep restore', or report this as a defect"));
    }
    List<String> homeless = new ArrayList<>();
    List<String> dangling = new ArrayList<>();
    for (TaskRecord task : state.tasks()) {
      if (!task.state().isTerminal()) {
        if (state.experiment(task.origin().experimentId()).isEmpty()) {
          homeless.add(task.key());
        }
        if (task.dependsOn().stream()
            .anyMatch(key -> state.task(key).isEmpty() && state.cached(key).isEmpty())) {
          dangling.add(task.key());
        }
      }
    }
    if (!homeless.isEmpty()) {
      findings.add(
          Finding.error(
              "orphan.task",
              shortened(homeless),
              homeless.size() + " open tasks come from experiments that are gone",
              "the experiment that each is derived from",
              "restore a backup with 'fewstep restore', or report this as a defect"));
    }
    if (!dangling.isEmpty()) {
      findings.add(
          Finding.error(
              "orphan.dependency",
              shortened(dangling),
              dangling.size() + " open tasks wait for tasks that are not known",
              "a task for each dependency",
              "cancel their experiment and submit it again"));
    }
  }

  private static String shortened(List<String> keys) {
    return named(
        keys.stream().map(key -> key.substring(0, Math.min(SHORT, key.length()))).toList());
  }

  /** The first few names and how many more there are. */
  static String named(List<String> names) {
    String first = String.join(", ", names.subList(0, Math.min(NAMED, names.size())));
    return names.size() <= NAMED ? first : first + " and " + (names.size() - NAMED) + " more";
  }
}

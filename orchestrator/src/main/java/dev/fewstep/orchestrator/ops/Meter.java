package dev.fewstep.orchestrator.ops;

import static java.util.Objects.requireNonNull;

/**
 * Every meter of the orchestrator; the only place that names one. In the Prometheus text a dot is
 * an underscore, a counter ends in {@code _total} and a time in {@code _seconds}. What each means
 * to people is in {@code docs/metrics.md}, which a test compares with a real run.
 */
enum Meter {
  BUILD_INFO("fewstep.build.info", "Always 1; the labels say what runs here"),
  LEADER("fewstep.leader", "1 while this replica leads"),
  LEADER_TERMS("fewstep.leader.terms", "Terms that this replica began to lead"),
  LEADER_ABORTS("fewstep.leader.aborts", "Terms that ended with an error, by reason"),
  INBOX_LAG("fewstep.inbox.lag", "Inbox records not read yet, as last seen by this leader"),
  INBOX_RECORDS("fewstep.inbox.records", "Inbox records that this leader read"),
  INBOX_REJECTED("fewstep.inbox.rejected", "Inbox records that were skipped"),
  COMMANDS("fewstep.commands", "Commands that this leader decided, by kind and outcome"),
  TRANSACTION("fewstep.transaction", "Time of a leader's transaction"),
  REPLAY("fewstep.replay", "Time of replaying the state when taking over"),
  STATE_CHANGES("fewstep.state.changes", "Records of the state that this leader wrote"),
  STATE_OFFSET("fewstep.state.offset", "Next offset of the state topic that this replica reads"),
  STATE_ENTITIES("fewstep.state.entities", "Entities of the state"),
  TASKS("fewstep.tasks", "Tasks by kind, class and state"),
  TASKS_QUEUED("fewstep.tasks.queued", "Ready tasks that are not published, by class"),
  TASKS_PUBLISHED("fewstep.tasks.published", "Published tasks not started, by class"),
  TASKS_FINISHED("fewstep.tasks.finished", "Tasks that ended"),
  TASK_WAIT("fewstep.task.wait", "Time from ready to started"),
  TASK_DURATION("fewstep.task.duration", "Time from started to ended"),
  TASK_ATTEMPTS("fewstep.task.attempts", "Executions that ended, by how"),
  TASK_TRANSITIONS("fewstep.task.transitions", "Moves of tasks"),
  TASK_RUNNING("fewstep.task.running.info", "Always 1; the trial of each running task"),
  LEASES_LOST("fewstep.leases.lost", "Executions that fell silent"),
  WORKERS("fewstep.workers", "Live workers by class"),
  EXPERIMENT_TASKS("fewstep.experiment.tasks", "Tasks of the newest experiments, by state"),
  EXPERIMENT_SUBMITTED(
      "fewstep.experiment.submitted.timestamp", "When the newest experiments were submitted"),
  EXPERIMENT_SCORE(
      "fewstep.experiment.score", "Lowest Frechet distance of a trial of the newest experiments"),
  EXPERIMENT_SCORE_RATIO(
      "fewstep.experiment.score.ratio", "That score as a part of its paired baseline's"),
  API_REQUEST("fewstep.api.request", "Time to answer a request"),
  SSE_CLIENTS("fewstep.sse.clients", "Open event streams"),
  SSE_DROPPED("fewstep.sse.dropped", "Event streams closed for being slow"),
  NIGHTLY_SCORE(
      "fewstep.nightly.score", "Score of the newest run of a benchmark, mean over its seeds"),
  NIGHTLY_BASELINE(
      "fewstep.nightly.baseline",
      "Mean of the accepted runs that it was compared with, same seeds"),
  NIGHTLY_VERDICT(
      "fewstep.nightly.verdict",
      "1 for the verdict on the newest run of a benchmark, 0 for the others"),
  NIGHTLY_ACCEPTED(
      "fewstep.nightly.accepted", "1 if the newest run of a benchmark is part of later baselines"),
  STORE_REQUEST("fewstep.store.request", "Time of a request to the object store");

  private final String id;
  private final String help;

  Meter(String id, String help) {
    this.id = requireNonNull(id, "id");
    this.help = requireNonNull(help, "help");
  }

  /** Its name, with dots. */
  String id() {
    return id;
  }

  /** One line for the Prometheus text. */
  String help() {
    return help;
  }
}

package dev.fewstep.monitoring;

import static dev.fewstep.monitoring.Panel.lines;

import dev.fewstep.monitoring.Dashboard.Section;
import dev.fewstep.monitoring.Dashboard.Variable;
import java.util.List;

/** The inside of the servers. */
final class ServersDashboard {
  private static final String JOB = "{job=\"fewstep-server\"}";
  private static final String RATE = "[$__rate_interval]";

  private ServersDashboard() {}

  private static String rate(String by, String metric) {
    return "sum by (" + by + ") (rate(" + metric + RATE + "))";
  }

  private static Query quantile(int percent, String metric) {
    return new Query(
        "histogram_quantile(" + percent / 100.0 + ", " + rate("le", metric + "_bucket") + ")",
        "p" + percent);
  }

  static Dashboard make() {
    return new Dashboard(
        "servers",
        "Servers",
        List.of(new Variable("operation", "fewstep_api_request_seconds_count")),
        List.of(
            Section.of(
                "Leadership",
                lines(
                    "Leader",
                    "none",
                    "1 for the server that leads.",
                    new Query("fewstep_leader", "{{instance}}")),
                lines(
                    "Terms",
                    "none",
                    "Begun by each server, and ended with an error, in the last hour.",
                    new Query("increase(fewstep_leader_terms_total[1h])", "{{instance}} begun"),
                    new Query(
                        "sum by (instance, reason) (increase(fewstep_leader_aborts_total[1h]))",
                        "{{instance}} {{reason}}")),
                lines(
                    "Replay",
                    "s",
                    "Mean time from election to the whole state.",
                    new Query(
                        "fewstep_replay_seconds_sum / (fewstep_replay_seconds_count > 0)",
                        "{{instance}}")),
                lines(
                    "Lag of the followers",
                    "none",
                    "Records of the state that a server has not read and another has.",
                    new Query(
                        "scalar(max(fewstep_state_offset)) - fewstep_state_offset",
                        "{{instance}}"))),
            Section.of(
                "The leader",
                lines(
                    "Inbox lag",
                    "none",
                    "Commands and reports that it has not read.",
                    new Query("max(fewstep_inbox_lag_records)", "records")),
                lines(
                    "Inbox",
                    "ops",
                    "Records read and skipped.",
                    new Query("sum(rate(fewstep_inbox_records_total" + RATE + "))", "read"),
                    new Query("sum(rate(fewstep_inbox_rejected_total" + RATE + "))", "skipped")),
                lines(
                    "Transactions",
                    "s",
                    "Time of a transaction.",
                    quantile(50, "fewstep_transaction_seconds"),
                    quantile(95, "fewstep_transaction_seconds")),
                lines(
                    "Changes of the state",
                    "ops",
                    "Records written.",
                    new Query("sum(rate(fewstep_state_changes_total" + RATE + "))", "changes")),
                lines(
                    "Commands",
                    "ops",
                    "By kind and what became of them.",
                    new Query(
                        rate("command, outcome", "fewstep_commands_total"),
                        "{{command}} {{outcome}}")),
                lines(
                    "Moves of tasks",
                    "ops",
                    "By what moved them.",
                    new Query(rate("trigger", "fewstep_task_transitions_total"), "{{trigger}}")),
                lines(
                    "Size of the state",
                    "none",
                    "Entities.",
                    new Query("max by (entity) (fewstep_state_entities)", "{{entity}}")),
                lines(
                    "Tasks by state",
                    "none",
                    "All that the state holds.",
                    new Query(
                        "sum by (state) (max by (class, kind, state) (fewstep_tasks))",
                        "{{state}}"))),
            Section.of(
                "API",
                lines(
                    "Requests",
                    "reqps",
                    "By operation.",
                    new Query(
                        rate(
                            "operation",
                            "fewstep_api_request_seconds_count{operation=~\"$operation\"}"),
                        "{{operation}}")),
                lines(
                    "Time of answers",
                    "s",
                    "95 of 100 within, by operation.",
                    new Query(
                        "histogram_quantile(0.95, "
                            + rate(
                                "operation, le",
                                "fewstep_api_request_seconds_bucket{operation=~\"$operation\"}")
                            + ")",
                        "{{operation}}")),
                lines(
                    "Answers by status",
                    "reqps",
                    "5xx are the servers' own faults.",
                    new Query(rate("status", "fewstep_api_request_seconds_count"), "{{status}}")),
                lines(
                    "Event streams",
                    "none",
                    "Open ones, and in an hour closed for being slow.",
                    new Query("sum by (instance) (fewstep_sse_clients)", "{{instance}} open"),
                    new Query(
                        "sum by (instance) (increase(fewstep_sse_dropped_total[1h]))",
                        "{{instance}} closed"))),
            Section.of(
                "Parts",
                lines(
                    "Failures of the store",
                    "percentunit",
                    "Part of the requests that failed or found nobody.",
                    new Query("job:fewstep_store_request_failures:ratio_rate5m", "{{job}}")),
                lines(
                    "Requests to the store",
                    "reqps",
                    "By method and outcome.",
                    new Query(
                        rate("method, outcome", "fewstep_store_request_seconds_count" + JOB),
                        "{{method}} {{outcome}}")),
                lines(
                    "Kafka, time of requests",
                    "ms",
                    "Mean, of the producers.",
                    new Query(
                        "kafka_producer_request_latency_avg" + JOB, "{{instance}} {{client}}")),
                lines(
                    "Kafka, failed sends",
                    "ops",
                    "And repeated ones.",
                    new Query(
                        rate("client", "kafka_producer_record_error_total" + JOB),
                        "{{client}} failed"),
                    new Query(
                        rate("client", "kafka_producer_record_retry_total" + JOB),
                        "{{client}} repeated"))),
            Section.of(
                "Process",
                lines(
                    "Java heap",
                    "bytes",
                    "In use and its limit.",
                    new Query(
                        "sum by (instance)"
                            + " (jvm_memory_used_bytes{job=\"fewstep-server\",area=\"heap\"})",
                        "{{instance}} used"),
                    new Query(
                        "sum by (instance)"
                            + " (jvm_memory_max_bytes{job=\"fewstep-server\",area=\"heap\"} > 0)",
                        "{{instance}} limit")),
                lines(
                    "Collections",
                    "percentunit",
                    "Part of the time that the JVM pauses.",
                    new Query(
                        "sum by (instance) (rate(jvm_gc_pause_seconds_sum" + JOB + RATE + "))",
                        "{{instance}}")),
                lines(
                    "Processor",
                    "percentunit",
                    "Part of the host's that the server uses.",
                    new Query("process_cpu_usage" + JOB, "{{instance}}")),
                lines(
                    "Disk in use",
                    "percentunit",
                    "Of the disk of uploads.",
                    new Query(
                        "1 - disk_free_bytes" + JOB + " / disk_total_bytes" + JOB,
                        "{{instance}} {{path}}")))));
  }
}

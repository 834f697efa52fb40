package dev.fewstep.monitoring;

import static dev.fewstep.monitoring.Panel.lines;
import static dev.fewstep.monitoring.Panel.number;
import static dev.fewstep.monitoring.Panel.table;

import dev.fewstep.monitoring.Dashboard.Section;
import dev.fewstep.monitoring.Dashboard.Variable;
import java.util.List;

/** Whether all is well, on one page. */
final class OverviewDashboard {
  private OverviewDashboard() {}

  static Dashboard make() {
    return new Dashboard(
        "overview",
        "Overview",
        List.of(new Variable("class", "fewstep_workers")),
        List.of(
            Section.of(
                "Now",
                number(
                    "Leaders",
                    "none",
                    "Servers that lead; one, but for the time of an election.",
                    "sum(fewstep_leader)"),
                number(
                    "Servers",
                    "none",
                    "Servers that answer Prometheus.",
                    "sum(up{job=\"fewstep-server\"})"),
                number(
                    "Workers",
                    "none",
                    "Live workers, as the leader knows them.",
                    "sum(class_state:fewstep_workers:max{class=~\"$class\"})"),
                number(
                    "Running tasks",
                    "none",
                    "Tasks that a worker holds.",
                    "sum(max by (class, kind) (fewstep_tasks{state=\"running\",class=~\"$class\"}))"),
                number(
                    "Waiting tasks",
                    "none",
                    "Ready tasks that nobody has started.",
                    "sum(class:fewstep_tasks_queued:max{class=~\"$class\"}"
                        + " + class:fewstep_tasks_published:max)"),
                number(
                    "Firing alerts",
                    "none",
                    "Alerts of deploy/prometheus/rules/alerts.yml; docs/operating.md has their runbooks.",
                    "count(ALERTS{alertname=~\"Fewstep.*\",alertstate=\"firing\"}) or vector(0)")),
            Section.of(
                "Work",
                lines(
                    "Ends of tasks",
                    "ops",
                    "By kind and outcome.",
                    new Query(
                        "kind_outcome:fewstep_tasks_finished:rate5m", "{{kind}} {{outcome}}")),
                lines(
                    "Queue",
                    "none",
                    "Ready tasks that are not published, by class.",
                    new Query("class:fewstep_tasks_queued:max{class=~\"$class\"}", "{{class}}")),
                lines(
                    "Busy workers",
                    "percentunit",
                    "Part of the live workers that runs a task.",
                    new Query("class:fewstep_workers_busy:ratio{class=~\"$class\"}", "{{class}}")),
                lines(
                    "Wait of tasks",
                    "s",
                    "95 of 100 tasks started within this time of being ready, over 15 minutes.",
                    new Query(
                        "class:fewstep_task_wait_seconds:p95_15m{class=~\"$class\"}",
                        "{{class}} p95")),
                lines(
                    "Training",
                    "ops",
                    "Real images a second that finetunes and pretrainings use.",
                    new Query(
                        "sum by (class)"
                            + " (rate(fewstep_train_images_total{class=~\"$class\"}[$__rate_interval]))",
                        "{{class}} images/s")),
                lines(
                    "Answers of the API",
                    "s",
                    "95 of 100 answers took at most this.",
                    new Query("fewstep:api_request_seconds:p95_5m", "p95"))),
            Section.of(
                "Experiments",
                table(
                        "Newest experiments",
                        "dateTimeAsIso",
                        "When they were submitted.",
                        "max by (experiment) (fewstep_experiment_submitted_timestamp_seconds) * 1000")
                    .toExperiment(),
                table(
                        "Tasks of the newest experiments",
                        "none",
                        "By state.",
                        "max by (experiment, state) (fewstep_experiment_tasks) > 0")
                    .toExperiment(),
                table(
                    "Firing now",
                    "none",
                    "The alerts themselves.",
                    "ALERTS{alertname=~\"Fewstep.*\",alertstate=\"firing\"}"),
                table(
                    "Builds",
                    "none",
                    "Versions that run.",
                    "count by (component, version, commit, java) (fewstep_build_info)"))));
  }
}

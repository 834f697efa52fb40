package dev.fewstep.monitoring;

import static dev.fewstep.monitoring.Panel.lines;

import dev.fewstep.monitoring.Dashboard.Section;
import dev.fewstep.monitoring.Dashboard.Variable;
import java.util.List;

/** How training goes and where its time goes. */
final class TrainingDashboard {
  private static final String CLASS = "{class=~\"$class\"}";

  private TrainingDashboard() {}

  private static String quantile(String part, String metric, String by) {
    return "histogram_quantile("
        + part
        + ", sum by ("
        + by
        + ", le) (rate("
        + metric
        + "_bucket"
        + CLASS
        + "[$__rate_interval])))";
  }

  static Dashboard make() {
    return new Dashboard(
        "training",
        "Training",
        List.of(new Variable("class", "fewstep_workers")),
        List.of(
            Section.of(
                "Steps",
                lines(
                    "Where the time of steps goes",
                    "percentunit",
                    "Seconds a second that workers spend in each part of training steps.",
                    new Query("part:fewstep_train_step_seconds:rate5m", "{{part}}")),
                lines(
                    "Mean time of a step by part",
                    "s",
                    "The parts add up to the whole step.",
                    new Query(
                        "sum by (part) (rate(fewstep_train_step_seconds_sum"
                            + CLASS
                            + "[$__rate_interval])) / sum by (part)"
                            + " (rate(fewstep_train_step_seconds_count"
                            + CLASS
                            + "[$__rate_interval]) > 0)",
                        "{{part}}")),
                lines(
                    "Images a second by class",
                    "ops",
                    "Real images that training uses.",
                    new Query(
                        "sum by (class) (rate(fewstep_train_images_total"
                            + CLASS
                            + "[$__rate_interval]))",
                        "{{class}}")),
                lines(
                        "Images a second by task",
                        "ops",
                        "Of the newest step.",
                        new Query(
                            ExperimentDashboard.ofTrial("fewstep_train_images_per_second", CLASS),
                            "{{experiment}} trial {{trial}}"))
                    .toTrial(),
                lines(
                        "Loss of running tasks",
                        "none",
                        "A line leads to the page of its trial.",
                        new Query(
                            ExperimentDashboard.ofTrial("fewstep_train_loss", CLASS),
                            "{{experiment}} trial {{trial}}"))
                    .toTrial(),
                lines(
                        "Gradient norm of running tasks",
                        "none",
                        "Before clipping.",
                        new Query(
                            ExperimentDashboard.ofTrial("fewstep_train_gradient_norm", CLASS),
                            "{{experiment}} trial {{trial}}"))
                    .toTrial()),
            Section.of(
                "Tasks",
                lines(
                    "Duration of tasks",
                    "s",
                    "From started to ended: half of them, and 95 of 100, within.",
                    new Query(
                        quantile("0.5", "fewstep_task_duration_seconds", "kind"), "{{kind}} p50"),
                    new Query(
                        quantile("0.95", "fewstep_task_duration_seconds", "kind"), "{{kind}} p95")),
                lines(
                    "Executions on workers",
                    "s",
                    "Mean wall time by kind and outcome, as workers see it.",
                    new Query(
                        "sum by (kind, outcome) (rate(fewstep_execution_duration_seconds_sum"
                            + CLASS
                            + "[$__rate_interval])) / sum by (kind, outcome)"
                            + " (rate(fewstep_execution_duration_seconds_count"
                            + CLASS
                            + "[$__rate_interval]) > 0)",
                        "{{kind}} {{outcome}}")),
                lines(
                    "Ends of executions",
                    "none",
                    "In the last hour, by outcome.",
                    new Query(
                        "sum by (outcome) (increase(fewstep_task_attempts_total" + CLASS + "[1h]))",
                        "{{outcome}}")),
                lines(
                    "Lost leases",
                    "none",
                    "Executions that fell silent, in the last hour.",
                    new Query(
                        "sum by (class) (increase(fewstep_leases_lost_total" + CLASS + "[1h]))",
                        "{{class}}")))));
  }
}

package dev.fewstep.monitoring;

import static dev.fewstep.monitoring.Panel.lines;
import static dev.fewstep.monitoring.Panel.table;

import dev.fewstep.monitoring.Dashboard.Section;
import dev.fewstep.monitoring.Dashboard.Variable;
import java.util.List;

/** One experiment, or some. */
final class ExperimentDashboard {
  private static final String CHOSEN = "{experiment=~\"$experiment\"}";

  private ExperimentDashboard() {}

  /** What a worker exports of its task, with the trial that the servers know. */
  static String ofTrial(String metric, String labels) {
    return metric
        + labels
        + " * on (task) group_left (trial) max by (task, trial) (fewstep_task_running_info)";
  }

  static Dashboard make() {
    return new Dashboard(
        "experiment",
        "Experiment",
        List.of(new Variable("experiment", "fewstep_experiment_tasks")),
        List.of(
            Section.of(
                "Results",
                lines(
                        "Best score",
                        "none",
                        "Lowest Fréchet distance of a trial so far.",
                        new Query(
                            "max by (experiment, space, trial) (fewstep_experiment_score"
                                + CHOSEN
                                + ")",
                            "{{experiment}} trial {{trial}} {{space}}"))
                    .toTrial(),
                lines(
                        "Best score against its baseline",
                        "percentunit",
                        "That distance as a part of the paired baseline's: below 100 % finetuning has helped.",
                        new Query(
                            "max by (experiment, space, trial) (fewstep_experiment_score_ratio"
                                + CHOSEN
                                + ")",
                            "{{experiment}} trial {{trial}}"))
                    .toTrial(),
                lines(
                        "Tasks by state",
                        "none",
                        "All tasks that the experiment wants.",
                        new Query(
                            "max by (experiment, state) (fewstep_experiment_tasks" + CHOSEN + ")",
                            "{{experiment}} {{state}}"))
                    .toExperiment(),
                table(
                        "Submitted",
                        "dateTimeAsIso",
                        "When it was submitted.",
                        "max by (experiment) (fewstep_experiment_submitted_timestamp_seconds"
                            + CHOSEN
                            + ") * 1000")
                    .toExperiment()),
            Section.of(
                "What runs",
                lines(
                        "Running tasks",
                        "none",
                        "Each running task and its trial.",
                        new Query(
                            "max by (experiment, trial, kind, task) (fewstep_task_running_info"
                                + CHOSEN
                                + ")",
                            "trial {{trial}} {{kind}} {{task}}"))
                    .toTrial(),
                lines(
                        "Progress",
                        "percentunit",
                        "Steps that running tasks have made, of those that they have in all.",
                        new Query(
                            "(fewstep_task_step"
                                + CHOSEN
                                + " / fewstep_task_steps"
                                + CHOSEN
                                + ") * on (task) group_left (trial)"
                                + " max by (task, trial) (fewstep_task_running_info)",
                            "trial {{trial}} {{kind}}"))
                    .toTrial(),
                lines(
                        "Loss",
                        "none",
                        "Newest loss of running finetunes and pretrainings.",
                        new Query(
                            ofTrial("fewstep_train_loss", CHOSEN), "trial {{trial}} {{kind}}"))
                    .toTrial(),
                lines(
                        "Gradient norm",
                        "none",
                        "Newest global norm before clipping.",
                        new Query(
                            ofTrial("fewstep_train_gradient_norm", CHOSEN),
                            "trial {{trial}} {{kind}}"))
                    .toTrial(),
                lines(
                        "Images a second",
                        "ops",
                        "Of the newest step of each running task.",
                        new Query(
                            ofTrial("fewstep_train_images_per_second", CHOSEN),
                            "trial {{trial}} {{kind}}"))
                    .toTrial())));
  }
}

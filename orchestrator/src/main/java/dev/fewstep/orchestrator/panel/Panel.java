package dev.fewstep.orchestrator.panel;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The panels there are. */
public enum Panel {
  /** Ends of tasks by kind. */
  FINISHED(
      "Tasks finished",
      "tasks/s",
      "Ends of tasks by kind, failed and cancelled ones included",
      "sum by (kind) (rate(fewstep_tasks_finished_total[$window]))"),
  /** Ready tasks by class. */
  QUEUED(
      "Waiting",
      "tasks",
      "Ready tasks that are not published, by device class",
      "max by (class) (fewstep_tasks_queued)"),
  /** Busy workers by class. */
  RUNNING(
      "Running",
      "workers",
      "Workers that run a task, by device class",
      "max by (class) (fewstep_workers{state=\"busy\"})"),
  /** Part of the workers that is busy. */
  UTILISATION(
      "Utilisation",
      "%",
      "Workers that run a task, of all live ones, by device class",
      "100 * max by (class) (fewstep_workers{state=\"busy\"})"
          + " / sum by (class) (max by (class, state) (fewstep_workers))"),
  /** Images that finetunes use. */
  IMAGES(
      "Training speed",
      "images/s",
      "Real images that running finetunes use",
      "sum(rate(fewstep_train_images_total[$window]))"),
  /** Unread inbox records. */
  INBOX_LAG(
      "Inbox lag",
      "records",
      "Reports and commands that the leader has not read",
      "max(fewstep_inbox_lag_records)"),
  /** Time of a transaction. */
  TRANSACTION(
      "Transaction time",
      "ms",
      "Mean time of the leader's transactions",
      "1000 * sum(rate(fewstep_transaction_seconds_sum[$window]))"
          + " / sum(rate(fewstep_transaction_seconds_count[$window]))"),
  /** Time of an answer. */
  API_LATENCY(
      "API latency",
      "ms",
      "Mean time of the servers' answers",
      "1000 * sum(rate(fewstep_api_request_seconds_sum[$window]))"
          + " / sum(rate(fewstep_api_request_seconds_count[$window]))");

  private final String title;
  private final String unit;
  private final String help;
  private final String query;

  Panel(String title, String unit, String help, String query) {
    this.title = title;
    this.unit = unit;
    this.help = help;
    this.query = query;
  }

  /** What it is called in addresses, such as {@code inbox-lag}. */
  public String id() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** What people call it. */
  public String title() {
    return title;
  }

  /** The unit of its values. */
  public String unit() {
    return unit;
  }

  /** One sentence. */
  public String help() {
    return help;
  }

  /**
   * In PromQL.
   *
   * @param windowSeconds over which rates are taken
   */
  String query(long windowSeconds) {
    return query.replace("$window", windowSeconds + "s");
  }

  /** The panel of an id. */
  public static Optional<Panel> of(String id) {
    return Arrays.stream(values()).filter(panel -> panel.id().equals(id)).findFirst();
  }

  /** All ids. */
  public static List<String> ids() {
    return Arrays.stream(values()).map(Panel::id).toList();
  }
}

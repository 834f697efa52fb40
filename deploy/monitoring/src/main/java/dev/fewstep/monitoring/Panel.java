package dev.fewstep.monitoring;

import static java.util.Objects.requireNonNull;

import java.util.List;
import java.util.Optional;

/**
 * A panel.
 *
 * @param title what it shows, unique within its dashboard
 * @param kind how it shows it
 * @param unit one of Grafana's units, such as {@code s} or {@code percentunit}
 * @param help one sentence
 * @param queries at least one
 * @param link path on the server that a series leads to, with its labels as {@code
 *     ${__field.labels.NAME}}
 * @param width of the grid's 24 columns
 */
record Panel(
    String title,
    Kind kind,
    String unit,
    String help,
    List<Query> queries,
    Optional<String> link,
    int width) {
  /** How a panel shows what it shows. */
  enum Kind {
    LINES("timeseries", 8),
    NUMBER("stat", 4),
    TABLE("table", 8);

    private final String type;
    private final int height;

    Kind(String type, int height) {
      this.type = type;
      this.height = height;
    }

    /** Grafana's name. */
    String type() {
      return type;
    }

    /** Rows of the grid. */
    int height() {
      return height;
    }
  }

  Panel {
    requireNonNull(title, "title");
    requireNonNull(kind, "kind");
    requireNonNull(unit, "unit");
    requireNonNull(help, "help");
    requireNonNull(link, "link");
    queries = List.copyOf(queries);
    if (queries.isEmpty() || width < 1 || width > 24) {
      throw new IllegalArgumentException(title + " has no query, or no width of 1 to 24");
    }
  }

  /** Lines over time, half a row wide. */
  static Panel lines(String title, String unit, String help, Query... queries) {
    return new Panel(title, Kind.LINES, unit, help, List.of(queries), Optional.empty(), 12);
  }

  /** The newest number, a sixth of a row wide. */
  static Panel number(String title, String unit, String help, String expression) {
    return new Panel(
        title, Kind.NUMBER, unit, help, List.of(new Query(expression, title)), Optional.empty(), 4);
  }

  /** The newest values by label, half a row wide. */
  static Panel table(String title, String unit, String help, String expression) {
    return new Panel(
        title, Kind.TABLE, unit, help, List.of(new Query(expression, title)), Optional.empty(), 12);
  }

  /** Whose series lead to the page of their trial; they have the labels experiment and trial. */
  Panel toTrial() {
    return linked("/#/experiments/${__field.labels.experiment}/trials/${__field.labels.trial}");
  }

  /** Whose series lead to the page of their experiment. */
  Panel toExperiment() {
    return linked("/#/experiments/${__field.labels.experiment}");
  }

  private Panel linked(String path) {
    String labels = kind == Kind.TABLE ? path.replace("__field.labels", "__data.fields") : path;
    return new Panel(title, kind, unit, help, queries, Optional.of(labels), width);
  }
}

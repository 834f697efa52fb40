package dev.fewstep.monitoring;

import static java.util.Objects.requireNonNull;

import java.util.List;

/**
 * A dashboard.
 *
 * @param id part of its address and its file's name
 * @param title its name
 * @param variables what a person chooses, beside the data source and the server's address
 * @param sections rows of panels
 */
record Dashboard(String id, String title, List<Variable> variables, List<Section> sections) {
  Dashboard {
    requireNonNull(id, "id");
    requireNonNull(title, "title");
    variables = List.copyOf(variables);
    sections = List.copyOf(sections);
  }

  /** Panels under a heading. */
  record Section(String title, List<Panel> panels) {
    Section {
      requireNonNull(title, "title");
      panels = List.copyOf(panels);
    }

    static Section of(String title, Panel... panels) {
      return new Section(title, List.of(panels));
    }
  }

  /**
   * A choice among the values of a label; several, or all of them.
   *
   * @param name its name, and the label's
   * @param metric whose label
   */
  record Variable(String name, String metric) {
    Variable {
      requireNonNull(name, "name");
      requireNonNull(metric, "metric");
    }
  }
}

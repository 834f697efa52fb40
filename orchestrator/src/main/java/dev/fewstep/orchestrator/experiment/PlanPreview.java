package dev.fewstep.orchestrator.experiment;

import dev.fewstep.schemas.TaskKind;
import dev.fewstep.schemas.state.Problem;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * What submitting an experiment would do.
 *
 * @param trials number of trials
 * @param byKind distinct tasks by kind; every kind is there
 * @param problems why it would be rejected; empty when it would be accepted
 */
public record PlanPreview(int trials, Map<TaskKind, Counts> byKind, List<Problem> problems) {
  public PlanPreview {
    byKind = Collections.unmodifiableMap(new EnumMap<>(byKind));
    problems = List.copyOf(problems);
  }

  /** The sum over all kinds. */
  public Counts tasks() {
    return byKind.values().stream().reduce(Counts.NONE, Counts::plus);
  }

  /**
   * Distinct tasks.
   *
   * @param fresh nobody has run, or that are to be run again
   * @param cached an earlier result will serve if its artifacts are still there
   * @param joined another experiment has in flight
   */
  public record Counts(int fresh, int cached, int joined) {
    /** No tasks. */
    public static final Counts NONE = new Counts(0, 0, 0);

    Counts plus(Counts other) {
      return new Counts(fresh + other.fresh, cached + other.cached, joined + other.joined);
    }
  }
}

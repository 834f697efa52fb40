package dev.fewstep.orchestrator.view;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.Optional;

/**
 * A column of the table of trials.
 *
 * @param name unique in the table; stable
 * @param label what people call it
 * @param group where it belongs
 * @param unit unit of its numbers
 * @param better which end is good, of a column that trials are compared by
 * @param kind what its values are
 * @param whole whether its numbers are whole
 */
public record Column(
    String name,
    String label,
    Group group,
    Optional<String> unit,
    Optional<Better> better,
    Kind kind,
    boolean whole) {
  public Column {
    requireNonNull(name, "name");
    requireNonNull(label, "label");
    requireNonNull(group, "group");
    unit = unit == null ? Optional.empty() : unit;
    better = better == null ? Optional.empty() : better;
    requireNonNull(kind, "kind");
  }

  /** A column of numbers. */
  static Column number(String name, String label, Group group) {
    return new Column(name, label, group, Optional.empty(), Optional.empty(), Kind.NUMBER, false);
  }

  /** A column of whole numbers. */
  static Column whole(String name, String label, Group group) {
    return new Column(name, label, group, Optional.empty(), Optional.empty(), Kind.NUMBER, true);
  }

  /** A column of texts. */
  static Column texts(String name, String label, Group group, Kind kind) {
    return new Column(name, label, group, Optional.empty(), Optional.empty(), kind, false);
  }

  Column in(String measure) {
    return new Column(name, label, group, Optional.of(measure), better, kind, whole);
  }

  Column better(Better end) {
    return new Column(name, label, group, unit, Optional.of(end), kind, whole);
  }

  /** Where a column belongs. */
  public enum Group {
    /** A value of the grid. */
    @JsonProperty("axis")
    AXIS,
    /** Something known of the trial. */
    @JsonProperty("fact")
    FACT,
    /** A score of the finetuned weights. */
    @JsonProperty("score")
    SCORE,
    /** A score of the base weights with the same sampling. */
    @JsonProperty("baseline")
    BASELINE,
    /** A number of its training curves. */
    @JsonProperty("curve")
    CURVE
  }

  /** Which end of a column is good. */
  public enum Better {
    /** The lower the better. */
    @JsonProperty("lower")
    LOWER,
    /** The higher the better. */
    @JsonProperty("higher")
    HIGHER
  }

  /** What the values of a column are. */
  public enum Kind {
    /** Numbers. */
    @JsonProperty("number")
    NUMBER,
    /** Texts or truths of which there are few. */
    @JsonProperty("category")
    CATEGORY,
    /** Other texts. */
    @JsonProperty("text")
    TEXT
  }
}

package dev.fewstep.orchestrator.care;

import static java.util.Objects.requireNonNull;

/**
 * Something that an examination has shown.
 *
 * @param severity how bad it is
 * @param check what was looked at, such as {@code topic.config}; stable, for scripts
 * @param where the thing itself, such as a topic's name
 * @param found what is so
 * @param expected what should be so; empty when all is well
 * @param fix one command or sentence; empty when all is well
 * @param repair what {@code POST /doctor:fix} takes to repair it; empty when a person must
 */
public record Finding(
    Severity severity,
    String check,
    String where,
    String found,
    String expected,
    String fix,
    String repair) {
  public Finding {
    requireNonNull(severity, "severity");
    requireNonNull(check, "check");
    requireNonNull(where, "where");
    requireNonNull(found, "found");
    requireNonNull(expected, "expected");
    requireNonNull(fix, "fix");
    requireNonNull(repair, "repair");
    if (severity != Severity.OK && fix.isEmpty()) {
      throw new IllegalArgumentException("the finding " + check + " says not what to do");
    }
  }

  /** All is well there. */
  public static Finding ok(String check, String where, String found) {
    return new Finding(Severity.OK, check, where, found, "", "", "");
  }

  /** Something to look at. */
  public static Finding warn(
      String check, String where, String found, String expected, String fix) {
    return new Finding(Severity.WARN, check, where, found, expected, fix, "");
  }

  /** Something that does not work, or endangers what is stored. */
  public static Finding error(
      String check, String where, String found, String expected, String fix) {
    return new Finding(Severity.ERROR, check, where, found, expected, fix, "");
  }

  /** The same, which can be repaired without loss. */
  public Finding repairable(String id) {
    return new Finding(severity, check, where, found, expected, fix, id);
  }

  /** How bad a finding is. */
  public enum Severity {
    /** As it should be. */
    OK,
    /** Works, but is not as it should be. */
    WARN,
    /** Does not work, or endangers what is stored. */
    ERROR
  }
}

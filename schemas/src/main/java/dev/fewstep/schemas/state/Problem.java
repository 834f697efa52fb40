package dev.fewstep.schemas.state;

import static java.util.Objects.requireNonNull;

import java.util.Optional;

/**
 * One thing that is wrong with a command.
 *
 * @param path dotted path into the specification, empty for the whole
 * @param message what is wrong
 * @param expected what was expected
 * @param nearest the nearest valid name
 */
public record Problem(
    String path, String message, Optional<String> expected, Optional<String> nearest) {
  public Problem {
    requireNonNull(path, "path");
    requireNonNull(message, "message");
    expected = expected == null ? Optional.empty() : expected;
    nearest = nearest == null ? Optional.empty() : nearest;
  }

  /** A problem with neither an expectation nor a neighbour. */
  public static Problem of(String path, String message) {
    return new Problem(path, message, Optional.empty(), Optional.empty());
  }
}

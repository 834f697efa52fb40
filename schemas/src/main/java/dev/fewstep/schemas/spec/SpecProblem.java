package dev.fewstep.schemas.spec;

import static java.util.Objects.requireNonNull;

import java.util.List;
import java.util.Optional;

/**
 * One thing that is wrong with a specification.
 *
 * @param file name of the file, or what stands for it; empty when there is none
 * @param line line from 1; 0 when the problem has no place in the text
 * @param column column from 1; 0 when the problem has no place in the text
 * @param path field in dotted form, such as {@code spec.base.sampling.steps}; empty for the whole
 * @param message what is wrong, without place, expectation or suggestion
 * @param expected what would have been right: names of fields or values, or one description
 * @param nearest the valid name that is closest to what was written
 */
public record SpecProblem(
    String file,
    int line,
    int column,
    String path,
    String message,
    List<String> expected,
    Optional<String> nearest) {
  public SpecProblem {
    requireNonNull(file, "file");
    requireNonNull(path, "path");
    requireNonNull(message, "message");
    expected = List.copyOf(expected);
    nearest = nearest == null ? Optional.empty() : nearest;
  }

  /** A problem without a place in a text. */
  public static SpecProblem at(
      SpecPath path, String message, List<String> expected, Optional<String> nearest) {
    return new SpecProblem("", 0, 0, path.toString(), message, expected, nearest);
  }

  /**
   * One line for people: {@code grid.yaml:12: spec.base.sampling.stpes: unknown field; expected one
   * of steps, spacing, eta; did you mean 'steps'?}.
   */
  public String toLine() {
    StringBuilder text = new StringBuilder();
    if (!file.isEmpty()) {
      text.append(file);
      if (line > 0) {
        text.append(':').append(line);
      }
      text.append(": ");
    }
    if (!path.isEmpty()) {
      text.append(path).append(": ");
    }
    text.append(message);
    if (expected.size() == 1) {
      text.append("; expected ").append(expected.get(0));
    } else if (!expected.isEmpty()) {
      text.append("; expected one of ").append(String.join(", ", expected));
    }
    nearest.ifPresent(name -> text.append("; did you mean '").append(name).append("'?"));
    return text.toString();
  }
}

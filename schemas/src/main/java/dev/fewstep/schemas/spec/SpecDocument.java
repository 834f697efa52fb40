package dev.fewstep.schemas.spec;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A text that was read: its tree, where each field stands, and what was wrong with the text.
 *
 * @param file name of the file, or what stands for it
 * @param tree the content
 * @param positions where each place of the tree stands in the text; a field's is its key's
 * @param problems ambiguous or malformed places; the tree holds their raw text
 */
public record SpecDocument(
    String file, JsonNode tree, Map<SpecPath, Position> positions, List<SpecProblem> problems) {
  public SpecDocument {
    requireNonNull(file, "file");
    requireNonNull(tree, "tree");
    positions = Map.copyOf(positions);
    problems = List.copyOf(problems);
  }

  /**
   * A place in a text.
   *
   * @param line from 1
   * @param column from 1
   */
  public record Position(int line, int column) {}

  /** Where a place stands, or the closest place above it that has a position. */
  public Optional<Position> position(SpecPath path) {
    SpecPath place = path;
    while (!positions.containsKey(place) && !place.segments().isEmpty()) {
      place = place.parent();
    }
    return Optional.ofNullable(positions.get(place));
  }

  /** A problem at a place of this document. */
  public SpecProblem problem(
      SpecPath path, String message, List<String> expected, Optional<String> nearest) {
    Position position = position(path).orElse(new Position(0, 0));
    return new SpecProblem(
        file, position.line(), position.column(), path.toString(), message, expected, nearest);
  }

  /**
   * Refuses the document when there are problems: those of the text, then the given ones except
   * where the text had one at the same place already.
   *
   * @throws SpecException with all of them, in the order of the text
   */
  public void refuseIfAny(List<SpecProblem> found) {
    Set<String> unclear = new LinkedHashSet<>();
    problems.forEach(problem -> unclear.add(problem.path()));
    List<SpecProblem> all = new ArrayList<>(problems);
    found.stream().filter(problem -> !unclear.contains(problem.path())).forEach(all::add);
    if (!all.isEmpty()) {
      all.sort(
          (a, b) ->
              a.line() != b.line()
                  ? Integer.compare(a.line(), b.line())
                  : Integer.compare(a.column(), b.column()));
      throw new SpecException(all.stream().distinct().toList());
    }
  }
}

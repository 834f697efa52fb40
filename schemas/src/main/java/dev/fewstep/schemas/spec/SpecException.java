package dev.fewstep.schemas.spec;

import java.util.List;
import java.util.stream.Collectors;

/** A specification is refused; carries everything that is wrong with it. */
public final class SpecException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  private final transient List<SpecProblem> problems;

  /**
   * Refuses a specification.
   *
   * @param problems what is wrong, at least one thing
   */
  public SpecException(List<SpecProblem> problems) {
    super(problems.stream().map(SpecProblem::toLine).collect(Collectors.joining("\n")));
    if (problems.isEmpty()) {
      throw new IllegalArgumentException("a refusal needs a problem");
    }
    this.problems = List.copyOf(problems);
  }

  /** Everything that is wrong, in the order of the text. */
  public List<SpecProblem> problems() {
    return problems;
  }
}

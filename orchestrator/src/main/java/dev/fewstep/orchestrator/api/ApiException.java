package dev.fewstep.orchestrator.api;

import static java.util.Objects.requireNonNull;

import dev.fewstep.schemas.spec.SpecException;
import dev.fewstep.schemas.spec.SpecProblem;
import dev.fewstep.schemas.state.OutcomeRecord;
import dev.fewstep.schemas.state.Problem;
import java.util.List;
import java.util.Optional;

/** A request that is answered with a problem document. */
final class ApiException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int status;
  private final transient List<Item> errors;

  private ApiException(int status, String detail, List<Item> errors) {
    super(requireNonNull(detail, "detail"));
    this.status = status;
    this.errors = List.copyOf(errors);
  }

  /**
   * One thing that is wrong.
   *
   * @param line line of the text sent, from 1; empty when it has no place
   */
  record Item(
      String path,
      Optional<Integer> line,
      String message,
      Optional<String> expected,
      Optional<String> nearest) {}

  /** An answer with that status and one sentence. */
  static ApiException of(int status, String detail) {
    return new ApiException(status, detail, List.of());
  }

  /** Nothing there. */
  static ApiException notFound(String what) {
    return of(404, what);
  }

  /** A specification that could not be run. */
  static ApiException of(SpecException refused) {
    List<Item> items = refused.problems().stream().map(ApiException::item).toList();
    return new ApiException(422, refused.problems().get(0).toLine(), items);
  }

  private static Item item(SpecProblem problem) {
    return new Item(
        problem.path(),
        problem.line() > 0 ? Optional.of(problem.line()) : Optional.empty(),
        problem.message(),
        problem.expected().isEmpty()
            ? Optional.empty()
            : Optional.of(String.join(", ", problem.expected())),
        problem.nearest());
  }

  /** A command that was rejected. */
  static ApiException of(OutcomeRecord rejected) {
    return new ApiException(409, rejected.reason(), items(rejected.problems()));
  }

  /** A specification that would be rejected. */
  static ApiException refused(String detail, List<Problem> problems) {
    return new ApiException(422, detail, items(problems));
  }

  private static List<Item> items(List<Problem> problems) {
    return problems.stream()
        .map(
            problem ->
                new Item(
                    problem.path(),
                    Optional.empty(),
                    problem.message(),
                    problem.expected(),
                    problem.nearest()))
        .toList();
  }

  int status() {
    return status;
  }

  List<Item> errors() {
    return errors;
  }
}

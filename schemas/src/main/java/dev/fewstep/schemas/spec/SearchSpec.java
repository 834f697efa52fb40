package dev.fewstep.schemas.spec;

import static dev.fewstep.schemas.spec.Checks.require;
import static java.util.Objects.requireNonNullElse;

import dev.fewstep.schemas.Ordered;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Which trials an experiment makes and how far each is trained. Nothing of this is part of a task:
 * the same finetune has the same key however it was found.
 *
 * @param method default grid: every point, to the end
 * @param trials points that are drawn, each run with every seed; for random, and for halving over
 *     drawn points. More trials keep the earlier ones
 * @param seed of the draws
 * @param ranges dotted path into base to what its values are drawn from, besides the grid's axes
 * @param reduction with halving: one of so many trials of a rung is trained on, at least 2
 * @param minIterations with halving: iterations of the first rung; each further rung has {@code
 *     reduction} times as many, and the last has {@code training.iterations}
 */
public record SearchSpec(
    SearchMethod method,
    Optional<Integer> trials,
    Long seed,
    Map<String, RangeSpec> ranges,
    Integer reduction,
    Optional<Integer> minIterations) {
  public SearchSpec {
    method = requireNonNullElse(method, SearchMethod.GRID);
    trials = trials == null ? Optional.empty() : trials;
    seed = requireNonNullElse(seed, 0L);
    ranges = Ordered.copyOf(requireNonNullElse(ranges, Map.of()));
    reduction = requireNonNullElse(reduction, 3);
    minIterations = minIterations == null ? Optional.empty() : minIterations;
    trials.ifPresent(
        count ->
            require(
                count >= 1 && count <= Grid.MAX_TRIALS,
                "trials must be 1 to %s, not %s",
                Grid.MAX_TRIALS,
                count));
    require(reduction >= 2, "reduction must be at least 2, not %s", reduction);
    minIterations.ifPresent(
        count -> require(count >= 1, "minIterations must be positive, not %s", count));
  }

  /** Every point of the grid, to the end. */
  public static SearchSpec grid() {
    return new SearchSpec(null, Optional.empty(), null, null, null, Optional.empty());
  }

  /** Whether points are drawn, rather than all of the grid taken. */
  public boolean draws() {
    return method == SearchMethod.RANDOM || trials.isPresent() || !ranges.isEmpty();
  }

  /**
   * The iterations at which trials are compared, the last of them being the whole training; only
   * this one when trials are not halved.
   *
   * @param iterations of a whole training
   */
  public List<Integer> rungs(int iterations) {
    List<Integer> rungs = new ArrayList<>();
    if (method == SearchMethod.HALVING) {
      long rung = minIterations.orElse(iterations);
      while (rung < iterations) {
        rungs.add((int) rung);
        rung *= reduction;
      }
    }
    rungs.add(iterations);
    return List.copyOf(rungs);
  }
}

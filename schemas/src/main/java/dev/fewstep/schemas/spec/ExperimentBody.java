package dev.fewstep.schemas.spec;

import static dev.fewstep.schemas.spec.Checks.require;
import static java.util.Objects.requireNonNull;
import static java.util.Objects.requireNonNullElse;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The body of an experiment.
 *
 * @param base configuration that every trial starts from, as typed at the first grid point
 * @param grid axis (dotted path into base) to values, in the order written
 * @param exclude grid points to leave out: a point is out when it has all the values of one entry
 * @param include further points, each a map from path to value laid over base
 * @param seeds one trial for each grid point and seed
 * @param search which of its points become trials, and how far they are trained; all of them to the
 *     end when absent
 * @param evaluation how trials are scored
 * @param policy how tasks share devices
 * @param resources what tasks need
 */
public record ExperimentBody(
    JsonNode base,
    Map<String, List<JsonNode>> grid,
    List<Map<String, JsonNode>> exclude,
    List<Map<String, JsonNode>> include,
    List<Long> seeds,
    Optional<SearchSpec> search,
    EvaluationSpec evaluation,
    PolicySpec policy,
    ResourcesSpec resources) {
  public ExperimentBody {
    requireNonNull(base, "spec.base is required");
    grid = copy(requireNonNullElse(grid, Map.of()));
    exclude = List.copyOf(requireNonNullElse(exclude, List.of()));
    include = List.copyOf(requireNonNullElse(include, List.of()));
    seeds = List.copyOf(requireNonNullElse(seeds, List.of(0L)));
    search = search == null ? Optional.empty() : search;
    requireNonNull(evaluation, "spec.evaluation is required");
    policy = requireNonNullElse(policy, new PolicySpec(null, null, null, null, null));
    resources = requireNonNullElse(resources, new ResourcesSpec(null, Optional.empty()));
    require(!seeds.isEmpty(), "seeds must name at least one seed");
    require(seeds.stream().distinct().count() == seeds.size(), "seeds must differ: %s", seeds);
    grid.forEach((axis, values) -> require(!values.isEmpty(), "axis %s has no values", axis));
  }

  /** How trials are found; the whole grid when nothing is said. */
  public SearchSpec searched() {
    return search.orElseGet(SearchSpec::grid);
  }

  private static Map<String, List<JsonNode>> copy(Map<String, List<JsonNode>> grid) {
    Map<String, List<JsonNode>> ordered = new LinkedHashMap<>();
    grid.forEach(
        (axis, values) -> ordered.put(axis, Collections.unmodifiableList(new ArrayList<>(values))));
    return Collections.unmodifiableMap(ordered);
  }
}

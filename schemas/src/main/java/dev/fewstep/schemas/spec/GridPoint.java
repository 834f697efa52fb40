package dev.fewstep.schemas.spec;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fewstep.schemas.Ordered;
import java.util.Map;

/**
 * One trial of a grid.
 *
 * @param index its place among the experiment's trials, from 0
 * @param values the dotted path of each field that the grid sets to its value, in the order of the
 *     axes
 * @param seed seed of the trial
 * @param base the base configuration with the values laid over it
 */
public record GridPoint(long index, Map<String, JsonNode> values, long seed, BaseSpec base) {
  public GridPoint {
    values = Ordered.copyOf(values);
    requireNonNull(base, "base");
  }
}

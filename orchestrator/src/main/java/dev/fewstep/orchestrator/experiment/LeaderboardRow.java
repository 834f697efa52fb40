package dev.fewstep.orchestrator.experiment;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fewstep.schemas.Ordered;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A grid point among others, over its seeds.
 *
 * @param rank from 1
 * @param values values of the grid point by axis
 * @param trials indices of the trials with a score, one for each seed
 * @param mean mean Fréchet distance over the seeds
 * @param low least over the seeds
 * @param high greatest over the seeds
 * @param halfWidth half the width of the mean's t interval at 95 %, with two seeds or more
 * @param baseline mean Fréchet distance of the paired baselines, once known
 */
public record LeaderboardRow(
    int rank,
    Map<String, JsonNode> values,
    List<Integer> trials,
    double mean,
    double low,
    double high,
    Optional<Double> halfWidth,
    Optional<Double> baseline) {
  public LeaderboardRow {
    values = Ordered.copyOf(values);
    trials = List.copyOf(trials);
  }
}

package dev.fewstep.orchestrator.log;

import static java.util.Objects.requireNonNull;

import java.util.Map;

/**
 * How a topic is to be.
 *
 * @param name its name
 * @param partitions exactly so many
 * @param replication at least so many copies
 * @param configs settings that must have these values
 */
public record TopicPlan(String name, int partitions, int replication, Map<String, String> configs) {
  public TopicPlan {
    requireNonNull(name, "name");
    configs = Map.copyOf(configs);
  }
}

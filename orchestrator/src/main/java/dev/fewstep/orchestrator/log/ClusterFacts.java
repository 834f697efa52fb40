package dev.fewstep.orchestrator.log;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * What a cluster says of everything that fewstep keeps in it. Facts only; nothing is judged here.
 *
 * @param bootstrapServers the cluster
 * @param topics the topics that there must be
 * @param shareGroups the configured share groups, one for each device class
 * @param leaderGroup the consumer group that elects the leader
 * @param transaction the leader's transactional id, when the cluster knows it
 * @param offsets ends of inbox and state; empty when one of them is missing
 */
public record ClusterFacts(
    String bootstrapServers,
    List<Topic> topics,
    List<ShareGroup> shareGroups,
    LeaderGroup leaderGroup,
    Optional<Transaction> transaction,
    Optional<Offsets> offsets) {
  public ClusterFacts {
    topics = List.copyOf(topics);
    shareGroups = List.copyOf(shareGroups);
  }

  /**
   * A topic.
   *
   * @param plan how it is to be
   * @param partitions how many it has; 0 when it does not exist
   * @param replication copies of its least copied partition
   * @param underReplicated partitions with a copy that is not in sync
   * @param leaderless partitions that nobody serves
   * @param configs the settings that the plan names, as they are
   */
  public record Topic(
      TopicPlan plan,
      int partitions,
      int replication,
      int underReplicated,
      int leaderless,
      Map<String, String> configs) {
    public Topic {
      configs = Map.copyOf(configs);
    }

    /** Whether it is there. */
    public boolean exists() {
      return partitions > 0;
    }
  }

  /** The configuration of a device class's share group: as it is to be, and as it is. */
  public record ShareGroup(
      String deviceClass, Map<String, String> wanted, Map<String, String> configs) {
    public ShareGroup {
      wanted = Map.copyOf(wanted);
      configs = Map.copyOf(configs);
    }
  }

  /**
   * The electing group.
   *
   * @param state as Kafka calls it
   * @param members replicas that stand for leadership
   * @param leaderHost where the one is to whom the inbox is assigned
   * @param committed offset of the inbox that it has committed
   */
  public record LeaderGroup(
      String state, int members, Optional<String> leaderHost, Optional<Long> committed) {}

  /**
   * A transactional id.
   *
   * @param state as Kafka calls it
   * @param startedAt when the transaction that is open began, by the broker's clock
   */
  public record Transaction(String state, Optional<Instant> startedAt) {}

  /**
   * Offsets.
   *
   * @param inboxBegin first record of the inbox that is kept
   * @param inboxEnd next offset of the inbox
   * @param stateEnd next offset of the state, open transactions included
   * @param lastWritten when the state was last written, by its record's time
   */
  public record Offsets(
      long inboxBegin, long inboxEnd, long stateEnd, Optional<Instant> lastWritten) {}

  /**
   * A worker's presence as it lies in the inbox.
   *
   * @param at the worker's clock when it spoke
   * @param appendedAt the broker's clock when it arrived
   */
  public record PresenceSample(
      UUID workerId,
      String deviceClass,
      String device,
      Map<String, String> versions,
      Instant at,
      Instant appendedAt) {}

  /**
   * A look at the end of the inbox.
   *
   * @param presences the last presences, oldest first
   * @param arrivedAt this machine's clock when a record arrived while it was watched
   * @param appendedAt the broker's clock for that record
   */
  public record InboxTail(
      List<PresenceSample> presences, Optional<Instant> arrivedAt, Optional<Instant> appendedAt) {
    public InboxTail {
      presences = List.copyOf(presences);
    }
  }
}

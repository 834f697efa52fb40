package dev.fewstep.orchestrator.care;

import dev.fewstep.orchestrator.log.ClusterFacts;
import dev.fewstep.orchestrator.log.ClusterFacts.ShareGroup;
import dev.fewstep.orchestrator.log.ClusterFacts.Topic;
import dev.fewstep.schemas.Topics;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Judges the topics and share groups of a cluster. */
final class TopicChecks {
  /** Repairs that begin so make a missing topic. */
  static final String MAKE = "make-topic:";

  /** Repairs that begin so give a topic its settings. */
  static final String CONFIGURE = "configure-topic:";

  /** Repairs that begin so give a share group its settings. */
  static final String SHARE = "configure-share-group:";

  private static final Set<String> IRREPLACEABLE = Set.of(Topics.INBOX, Topics.STATE);
  private static final Set<String> DURABILITY = Set.of("min.insync.replicas");
  private static final String FIX = "fewstep doctor --fix";

  private final ClusterFacts facts;
  private final List<Finding> findings = new ArrayList<>();

  TopicChecks(ClusterFacts facts) {
    this.facts = facts;
  }

  /** Whether an empty topic of that name does what the lost one did. */
  static boolean replaceable(String name) {
    return !IRREPLACEABLE.contains(name);
  }

  List<Finding> findings() {
    facts.topics().forEach(this::topic);
    facts.shareGroups().forEach(this::shareGroup);
    if (findings.isEmpty()) {
      findings.add(
          Finding.ok(
              "topics",
              facts.bootstrapServers(),
              facts.topics().size()
                  + " topics and "
                  + facts.shareGroups().size()
                  + " share groups are as they should be"));
    }
    return findings;
  }

  private void topic(Topic topic) {
    String name = topic.plan().name();
    if (!topic.exists()) {
      missing(name);
      return;
    }
    if (topic.partitions() != topic.plan().partitions()) {
      findings.add(
          Finding.error(
              "topic.partitions",
              name,
              topic.partitions() + " partitions",
              topic.plan().partitions() + ": more would break the order or serialise the tasks",
              "stop all servers and workers when no task runs, delete the topic with"
                  + command("kafka-topics.sh", "--delete --topic " + name)
                  + ", start a server"));
    }
    if (topic.leaderless() > 0) {
      findings.add(
          Finding.error(
              "topic.leader",
              name,
              topic.leaderless() + " partitions without a leader",
              "a broker that serves each",
              "start the brokers that are down;"
                  + command("kafka-topics.sh", "--describe --unavailable-partitions")
                  + " names them"));
    } else if (topic.underReplicated() > 0) {
      findings.add(
          Finding.warn(
              "topic.in-sync",
              name,
              topic.underReplicated() + " partitions with a copy that is not in sync",
              "every copy in sync",
              "start or heal the brokers that"
                  + command("kafka-topics.sh", "--describe --under-replicated-partitions")
                  + " names"));
    }
    if (topic.replication() < topic.plan().replication()) {
      findings.add(
          Finding.warn(
              "topic.replication",
              name,
              topic.replication() + " copies",
              topic.plan().replication() + " (FEWSTEP_REPLICATION)",
              "add copies with kafka-reassign-partitions.sh, or set FEWSTEP_REPLICATION="
                  + topic.replication()
                  + " if so few are meant"));
    }
    configs(topic);
  }

  private void missing(String name) {
    if (!replaceable(name)) {
      findings.add(
          Finding.error(
              "topic.missing",
              name,
              "the topic does not exist",
              "a topic that nobody deletes: it is the memory of everything",
              "restore a backup with 'fewstep restore', or start over: stop all servers, delete the"
                  + " other fewstep.* topics too, and start one"));
    } else {
      findings.add(
          Finding.error(
                  "topic.missing",
                  name,
                  "the topic does not exist",
                  "a topic; what it held is written again by the leader or lost without harm",
                  FIX)
              .repairable(MAKE + name));
    }
  }

  private void configs(Topic topic) {
    Map<String, String> wrong = wrong(topic.plan().configs(), topic.configs());
    if (wrong.isEmpty()) {
      return;
    }
    boolean harmless = DURABILITY.containsAll(wrong.keySet());
    Map<String, String> wanted = new TreeMap<>(topic.plan().configs());
    wanted.keySet().retainAll(wrong.keySet());
    String name = topic.plan().name();
    findings.add(
        new Finding(
            harmless ? Finding.Severity.WARN : Finding.Severity.ERROR,
            "topic.config",
            name,
            text(wrong),
            text(wanted),
            FIX,
            CONFIGURE + name));
  }

  private void shareGroup(ShareGroup group) {
    Map<String, String> wrong = wrong(group.wanted(), group.configs());
    if (!wrong.isEmpty()) {
      Map<String, String> wanted = new TreeMap<>(group.wanted());
      wanted.keySet().retainAll(wrong.keySet());
      boolean lockOnly = wrong.keySet().equals(Set.of("share.record.lock.duration.ms"));
      findings.add(
          new Finding(
              lockOnly ? Finding.Severity.WARN : Finding.Severity.ERROR,
              "share-group.config",
              Topics.shareGroup(group.deviceClass()),
              text(wrong),
              text(wanted),
              FIX,
              SHARE + group.deviceClass()));
    }
  }

  private static Map<String, String> wrong(
      Map<String, String> wanted, Map<String, String> present) {
    Map<String, String> wrong = new TreeMap<>();
    wanted.forEach(
        (name, value) -> {
          String is = present.getOrDefault(name, "(unset)");
          if (!is.equals(value)) {
            wrong.put(name, is);
          }
        });
    return wrong;
  }

  private static String text(Map<String, String> configs) {
    StringBuilder text = new StringBuilder();
    configs.forEach(
        (name, value) ->
            text.append(text.isEmpty() ? "" : ", ").append(name).append('=').append(value));
    return text.toString();
  }

  private String command(String tool, String arguments) {
    return " '" + tool + " --bootstrap-server " + facts.bootstrapServers() + " " + arguments + "'";
  }
}

package dev.fewstep.orchestrator.care;

import static dev.fewstep.orchestrator.care.Disks.Use.BROKER;
import static dev.fewstep.orchestrator.care.Disks.Use.PASSAGE;
import static org.assertj.core.api.Assertions.assertThat;

import dev.fewstep.orchestrator.care.Finding.Severity;
import dev.fewstep.orchestrator.care.LeaderChecks.Watched;
import dev.fewstep.orchestrator.experiment.OrchestratorState;
import dev.fewstep.orchestrator.experiment.Settings;
import dev.fewstep.orchestrator.log.ClusterFacts;
import dev.fewstep.orchestrator.log.ClusterFacts.LeaderGroup;
import dev.fewstep.orchestrator.log.ClusterFacts.Offsets;
import dev.fewstep.orchestrator.log.ClusterFacts.PresenceSample;
import dev.fewstep.orchestrator.log.ClusterFacts.Topic;
import dev.fewstep.orchestrator.log.ClusterFacts.Transaction;
import dev.fewstep.orchestrator.log.TopicPlan;
import dev.fewstep.schemas.Artifact;
import dev.fewstep.schemas.ArtifactKind;
import dev.fewstep.schemas.TaskState;
import dev.fewstep.schemas.state.LeaseRecord;
import dev.fewstep.schemas.state.PlanChunk;
import dev.fewstep.schemas.state.StateRecord;
import dev.fewstep.schemas.state.TaskRecord;
import dev.fewstep.schemas.state.TrialKeys;
import dev.fewstep.schemas.state.WorkerRecord;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** What is concluded from facts, without any service. */
class ChecksTest {
  private static final Instant NOW = CareWorld.NOW.plus(Duration.ofHours(1));
  private static final UUID WORKER = new UUID(7, 7);

  private static List<Finding> state(StateRecord... entries) {
    OrchestratorState state = new OrchestratorState();
    List.of(entries).forEach(state::replay);
    return new StateChecks(state, Settings.defaults(), NOW).findings("1.0");
  }

  private static Finding find(List<Finding> findings, String check) {
    return findings.stream()
        .filter(finding -> finding.check().equals(check))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no " + check + " in " + findings));
  }

  private static StateRecord worker(UUID id, String version, String commit, Instant seenAt) {
    return StateRecord.of(
        new WorkerRecord(
            id,
            "cpu",
            "a test",
            1,
            Map.of("fewstep", version, "commit", commit),
            Optional.empty(),
            true,
            seenAt,
            false));
  }

  @Test
  void an_empty_state_is_well() {
    assertThat(state()).extracting(Finding::severity).containsOnly(Severity.OK);
  }

  @Test
  void tasks_that_stand_against_the_rules_are_found() {
    Artifact file = CareWorld.artifact(ArtifactKind.CHECKPOINT, "checkpoint-1.safetensors", "x");
    TaskRecord unheld = CareWorld.running("unheld", file);
    TaskRecord expired = CareWorld.running("expired", file);
    TaskRecord late =
        CareWorld.task("late")
            .edit()
            .state(TaskState.QUEUED)
            .dispatchDeadline(Optional.of(CareWorld.NOW))
            .build();
    TaskRecord done = CareWorld.succeeded("done", Map.of(), file);
    List<Finding> findings =
        state(
            StateRecord.of(unheld),
            StateRecord.of(expired),
            StateRecord.of(
                LeaseRecord.begun(
                    expired.key(), 1, expired.executionId().orElseThrow(), CareWorld.NOW)),
            StateRecord.of(late),
            StateRecord.of(done),
            StateRecord.of(LeaseRecord.begun(done.key(), 1, WORKER, CareWorld.NOW)),
            CareWorld.claim(late, file),
            CareWorld.claim(CareWorld.task("unknown"), file));
    for (Map.Entry<String, TaskRecord> entry :
        Map.of(
                "task.unheld", unheld,
                "task.expired", expired,
                "task.late", late,
                "orphan.lease", done,
                "task.unverified", late,
                "orphan.claim", CareWorld.task("unknown"))
            .entrySet()) {
      Finding finding = find(findings, entry.getKey());
      assertThat(finding.severity()).as(entry.getKey()).isEqualTo(Severity.ERROR);
      assertThat(finding.where()).contains(entry.getValue().key().substring(0, 12));
    }
    Finding waiting = find(findings, "task.no-worker");
    assertThat(waiting.where()).isEqualTo("device class cpu");
    assertThat(waiting.fix()).isEqualTo("fewstep worker --device-class cpu");
  }

  @Test
  void what_refers_to_nothing_is_found() {
    TaskRecord homeless =
        TaskRecord.created(
            CareWorld.task("x").key(),
            CareWorld.task("x").kind(),
            CareWorld.task("x").origin(),
            CareWorld.task("x").wants().get(0),
            List.of(CareWorld.task("gone").key()),
            "cpu",
            CareWorld.NOW);
    List<Finding> findings =
        state(
            StateRecord.of(homeless),
            StateRecord.of(
                new PlanChunk("lost-00000000", 0, List.of(new TrialKeys("a", "b", "c")))));
    assertThat(find(findings, "orphan.plan").where()).contains("lost-00000000");
    assertThat(find(findings, "orphan.task").severity()).isEqualTo(Severity.ERROR);
    assertThat(find(findings, "orphan.dependency").severity()).isEqualTo(Severity.ERROR);
  }

  @Test
  void workers_that_are_silent_or_of_another_version_are_found() {
    assertThat(find(state(worker(WORKER, "1.0", "abc", CareWorld.NOW)), "worker.silent").where())
        .isEqualTo(WORKER.toString());
    assertThat(find(state(worker(WORKER, "0.9", "abc", NOW)), "worker.version").found())
        .contains("another version than this server's 1.0");
    assertThat(
            find(
                    state(
                        worker(WORKER, "1.0", "abc", NOW),
                        worker(new UUID(8, 8), "1.0", "def", NOW)),
                    "worker.version")
                .found())
        .contains("2 different builds");
    assertThat(find(state(worker(WORKER, "1.0", "abc", NOW)), "worker").severity())
        .isEqualTo(Severity.OK);
  }

  private static ClusterFacts facts(Topic topic, LeaderGroup group, Optional<Transaction> open) {
    return new ClusterFacts("h:1", List.of(topic), List.of(), group, open, Optional.empty());
  }

  private static final TopicPlan PLAN =
      new TopicPlan(
          "fewstep.control.v1",
          1,
          3,
          Map.of("cleanup.policy", "compact", "min.insync.replicas", "2"));
  private static final LeaderGroup LED =
      new LeaderGroup("Stable", 2, Optional.of("/10.0.0.1"), Optional.of(5L));

  private static Finding topic(String check, Topic topic) {
    return find(new TopicChecks(facts(topic, LED, Optional.empty())).findings(), check);
  }

  @Test
  void topics_are_compared_with_their_plans() {
    Map<String, String> right = PLAN.configs();
    assertThat(topic("topics", new Topic(PLAN, 1, 3, 0, 0, right)).severity())
        .isEqualTo(Severity.OK);
    assertThat(topic("topic.partitions", new Topic(PLAN, 4, 3, 0, 0, right)).severity())
        .isEqualTo(Severity.ERROR);
    assertThat(topic("topic.leader", new Topic(PLAN, 1, 3, 1, 1, right)).severity())
        .isEqualTo(Severity.ERROR);
    assertThat(topic("topic.in-sync", new Topic(PLAN, 1, 3, 1, 0, right)).severity())
        .isEqualTo(Severity.WARN);
    assertThat(topic("topic.replication", new Topic(PLAN, 1, 1, 0, 0, right)).found())
        .isEqualTo("1 copies");
    Finding durability =
        topic(
            "topic.config",
            new Topic(
                PLAN, 1, 3, 0, 0, Map.of("cleanup.policy", "compact", "min.insync.replicas", "1")));
    assertThat(durability.severity()).isEqualTo(Severity.WARN);
    assertThat(durability.found()).isEqualTo("min.insync.replicas=1");
    assertThat(durability.expected()).isEqualTo("min.insync.replicas=2");
    Finding missing = topic("topic.missing", new Topic(PLAN, 0, 0, 0, 0, Map.of()));
    assertThat(missing.repair()).isEqualTo("make-topic:fewstep.control.v1");
    TopicPlan memory = new TopicPlan("fewstep.state.v1", 1, 3, Map.of());
    assertThat(topic("topic.missing", new Topic(memory, 0, 0, 0, 0, Map.of())).repair())
        .as("an empty state would hide the loss")
        .isEmpty();
  }

  @Test
  void a_missing_leader_and_a_hanging_transaction_are_found() {
    Topic topic = new Topic(PLAN, 1, 3, 0, 0, PLAN.configs());
    LeaderChecks checks = new LeaderChecks();
    checks.leader(
        facts(
            topic,
            new LeaderGroup("Empty", 0, Optional.empty(), Optional.empty()),
            Optional.of(new Transaction("Ongoing", Optional.of(NOW.minusSeconds(90))))),
        Optional.empty(),
        "records are missing",
        NOW);
    assertThat(find(checks.findings(), "leader.present").fix()).contains("fewstep server");
    assertThat(find(checks.findings(), "leader.transaction").found()).contains("90 s");
    assertThat(find(checks.findings(), "leader.problem").found()).isEqualTo("records are missing");
    LeaderChecks well = new LeaderChecks();
    well.leader(facts(topic, LED, Optional.empty()), Optional.empty(), "", NOW);
    assertThat(well.findings()).extracting(Finding::severity).containsOnly(Severity.OK);
  }

  private static Finding inbox(String check, Offsets offsets, Watched watched) {
    LeaderChecks checks = new LeaderChecks();
    checks.inbox(offsets, watched, NOW);
    return find(checks.findings(), check);
  }

  @Test
  void an_inbox_that_is_not_read_is_found() {
    Offsets offsets = new Offsets(0, 100, 50, Optional.of(NOW.minusSeconds(3)));
    OptionalLong ten = OptionalLong.of(10);
    assertThat(inbox("inbox.lag", offsets, new Watched(ten, ten, 100)).severity())
        .isEqualTo(Severity.ERROR);
    assertThat(inbox("inbox.lag", offsets, new Watched(ten, OptionalLong.of(100), 100)).found())
        .isEqualTo("0 records wait, last commit 3.0 s ago");
    assertThat(
            inbox(
                    "inbox.lag",
                    new Offsets(0, 50_000, 50, Optional.empty()),
                    new Watched(ten, OptionalLong.of(20), 50_000))
                .severity())
        .isEqualTo(Severity.WARN);
    assertThat(
            inbox(
                    "inbox.gap",
                    new Offsets(11, 100, 50, Optional.empty()),
                    new Watched(ten, ten, 100))
                .severity())
        .isEqualTo(Severity.ERROR);
  }

  private static PresenceSample sample(Duration ahead, String device) {
    return new PresenceSample(WORKER, "cpu", device, Map.of(), NOW.plus(ahead), NOW);
  }

  @Test
  void clocks_that_are_wrong_and_ids_that_are_used_twice_are_found() {
    LeaderChecks ahead = new LeaderChecks();
    ahead.workers(List.of(sample(Duration.ofMinutes(5), "a"), sample(Duration.ofMinutes(4), "a")));
    Finding found = find(ahead.findings(), "clock.worker");
    assertThat(found.severity()).isEqualTo(Severity.ERROR);
    assertThat(found.found()).isEqualTo("300.0 s ahead of the broker's clock");
    LeaderChecks behind = new LeaderChecks();
    behind.workers(List.of(sample(Duration.ofSeconds(-5), "a")));
    assertThat(find(behind.findings(), "clock.worker").found()).contains("5.0 s behind");
    LeaderChecks late = new LeaderChecks();
    late.workers(List.of(sample(Duration.ofSeconds(-30), "a"), sample(Duration.ZERO, "b")));
    assertThat(find(late.findings(), "clock.worker").severity())
        .as("one late arrival is no wrong clock")
        .isEqualTo(Severity.OK);
    assertThat(find(late.findings(), "worker.duplicate").severity()).isEqualTo(Severity.ERROR);
    LeaderChecks own = new LeaderChecks();
    own.replicaClock(Optional.of(NOW.minusSeconds(10)), Optional.of(NOW));
    assertThat(find(own.findings(), "clock.server").found()).contains("10.0 s behind");
  }

  @Test
  void a_full_disk_is_found() {
    Path here = Path.of(".");
    assertThat(Disks.judge("disk", here, BROKER, 100L << 20, 1L << 40))
        .returns(Severity.ERROR, Finding::severity)
        .returns("512 MB, or Kafka stops", Finding::expected);
    assertThat(Disks.judge("disk", here, PASSAGE, 100L << 20, 1L << 40))
        .returns(Severity.ERROR, Finding::severity)
        .returns("512 MB, or uploads and exports fail", Finding::expected);
    assertThat(Disks.judge("disk", here, BROKER, 3L << 30, 1L << 40).severity())
        .isEqualTo(Severity.WARN);
    assertThat(Disks.judge("disk", here, PASSAGE, 3L << 30, 1L << 40).severity())
        .isEqualTo(Severity.OK);
    assertThat(Disks.judge("disk", here, BROKER, 1L << 39, 1L << 40).severity())
        .isEqualTo(Severity.OK);
    assertThat(Disks.finding("disk", here.resolve("no such folder"), BROKER).severity())
        .isEqualTo(Severity.WARN);
  }
}

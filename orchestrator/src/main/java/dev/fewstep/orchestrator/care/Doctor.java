package dev.fewstep.orchestrator.care;

import static java.util.Objects.requireNonNull;

import dev.fewstep.orchestrator.care.LeaderChecks.Watched;
import dev.fewstep.orchestrator.experiment.OrchestratorState;
import dev.fewstep.orchestrator.log.ClusterFacts;
import dev.fewstep.orchestrator.log.ClusterFacts.InboxTail;
import dev.fewstep.schemas.state.DeviceClassRecord;
import dev.fewstep.schemas.state.StateCodec;
import dev.fewstep.store.UnfinishedUpload;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Examines an installation and repairs what can be repaired without loss. Takes some seconds, since
 * it watches; changes nothing but one object of its own. Safe for use by several threads.
 */
public final class Doctor {
  private static final Duration WATCH = Duration.ofSeconds(4);
  private static final Duration PAUSE = Duration.ofMillis(50);

  private final DoctorParts parts;

  /** A doctor for those parts. */
  public Doctor(DoctorParts parts) {
    this.parts = requireNonNull(parts, "parts");
  }

  /** Examines everything that answers; what does not answer is a finding. */
  public DoctorReport examine() {
    List<Finding> findings = new ArrayList<>();
    Optional<CommittedState> state = Optional.empty();
    try {
      ClusterFacts facts = parts.cluster().look(classes());
      findings.addAll(new TopicChecks(facts).findings());
      state = state(facts, findings);
      log(facts, findings);
    } catch (IOException | RuntimeException e) {
      findings.add(
          Finding.error(
              "kafka.reach",
              "Kafka",
              String.valueOf(e.getMessage()),
              "an answer",
              "start the brokers, or correct KAFKA_BOOTSTRAP_SERVERS"));
    }
    state.ifPresent(
        present ->
            findings.addAll(
                present.read(
                    fold ->
                        new StateChecks(fold, parts.settings(), parts.clock().instant())
                            .findings(parts.version()))));
    findings.addAll(new StoreChecks(parts.bucket()).findings(state));
    parts
        .directories()
        .forEach(path -> findings.add(Disks.finding("disk.temporary", path, Disks.Use.PASSAGE)));
    return DoctorReport.of(parts.clock().instant(), parts.version(), findings);
  }

  private List<String> classes() {
    return parts
        .state()
        .read(fold -> fold.deviceClasses().stream().map(DeviceClassRecord::name).toList());
  }

  /** The state, when it can be read to its end. */
  private Optional<CommittedState> state(ClusterFacts facts, List<Finding> findings) {
    if (facts.offsets().isEmpty()) {
      return Optional.empty();
    }
    try {
      parts.state().catchUp();
      findings.add(
          Finding.ok(
              "state",
              "fewstep.state.v1",
              "read to its end; schema version " + StateCodec.SCHEMA_VERSION));
      return Optional.of(parts.state());
    } catch (IOException e) {
      List<String> known = parts.problems().get();
      findings.add(
          Finding.error(
              "state",
              "fewstep.state.v1",
              e.getMessage() + (known.isEmpty() ? "" : "; " + String.join("; ", known)),
              "read to its end, schema version up to " + StateCodec.SCHEMA_VERSION,
              known.stream().anyMatch(text -> text.contains("schema version"))
                  ? "run the newer release that wrote it"
                  : "look into this server's log; an open transaction ends by itself within 30 s"));
      return Optional.empty();
    }
  }

  private void log(ClusterFacts facts, List<Finding> findings) {
    LeaderChecks checks = new LeaderChecks();
    checks.leader(
        facts,
        parts.state().read(OrchestratorState::leader),
        String.join("; ", parts.problems().get()),
        parts.clock().instant());
    if (facts.offsets().isPresent()) {
      OptionalLong before = parts.state().read(OrchestratorState::inboxPosition);
      InboxTail tail = parts.cluster().tail(parts.clock(), WATCH);
      OptionalLong after = decided(facts.offsets().get().inboxEnd());
      checks.inbox(
          facts.offsets().get(),
          new Watched(before, after, facts.offsets().get().inboxEnd()),
          parts.clock().instant());
      boolean brokersTime =
          "LogAppendTime"
              .equals(facts.topics().get(0).configs().getOrDefault("message.timestamp.type", ""));
      if (brokersTime) {
        checks.replicaClock(tail.arrivedAt(), tail.appendedAt());
        checks.workers(tail.presences());
      }
    }
    findings.addAll(checks.findings());
  }

  /** Position of the inbox in the state, once it has reached an offset or does not get there. */
  private OptionalLong decided(long wanted) {
    long deadline = System.nanoTime() + WATCH.toNanos();
    OptionalLong position = parts.state().read(OrchestratorState::inboxPosition);
    while (position.orElse(0) < wanted && System.nanoTime() < deadline) {
      try {
        Thread.sleep(PAUSE.toMillis());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return position;
      }
      position = parts.state().read(OrchestratorState::inboxPosition);
    }
    return position;
  }

  /**
   * Repairs one thing. Repeating it changes nothing.
   *
   * @param repair as a finding names it
   * @return one sentence: what was done
   * @throws IllegalArgumentException when nothing is repaired by that name
   * @throws IOException when Kafka or the store does not answer
   */
  public String repair(String repair) throws IOException {
    if (repair.equals(StoreChecks.ABORT_UPLOADS)) {
      List<UnfinishedUpload> old = StoreChecks.oldUploads(parts.bucket());
      for (UnfinishedUpload upload : old) {
        parts.bucket().abort(upload);
      }
      return "ended " + old.size() + " unfinished uploads";
    }
    ClusterFacts facts = parts.cluster().look(classes());
    for (ClusterFacts.Topic topic : facts.topics()) {
      String name = topic.plan().name();
      if (repair.equals(TopicChecks.MAKE + name) && TopicChecks.replaceable(name)) {
        parts.cluster().makeTopic(topic.plan());
        return "made the topic " + name;
      }
      if (repair.equals(TopicChecks.CONFIGURE + name) && topic.exists()) {
        parts.cluster().configureTopic(topic.plan());
        return "configured the topic " + name;
      }
    }
    for (ClusterFacts.ShareGroup group : facts.shareGroups()) {
      if (repair.equals(TopicChecks.SHARE + group.deviceClass())) {
        parts.cluster().configureShareGroup(group.deviceClass());
        return "configured the share group of class " + group.deviceClass();
      }
    }
    throw new IllegalArgumentException("'" + repair + "' is nothing that can be repaired");
  }
}

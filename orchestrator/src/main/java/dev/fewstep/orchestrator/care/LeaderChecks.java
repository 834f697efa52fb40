package dev.fewstep.orchestrator.care;

import dev.fewstep.orchestrator.log.ClusterFacts;
import dev.fewstep.orchestrator.log.ClusterFacts.LeaderGroup;
import dev.fewstep.orchestrator.log.ClusterFacts.Offsets;
import dev.fewstep.orchestrator.log.ClusterFacts.PresenceSample;
import dev.fewstep.schemas.state.LeaderRecord;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;

/** Judges leadership, the way of the inbox into the state, and the clocks. */
final class LeaderChecks {
  private static final Duration OPEN_TRANSACTION = Duration.ofSeconds(30);
  private static final Duration SKEW = Duration.ofSeconds(2);
  private static final Duration GREAT_SKEW = Duration.ofMinutes(1);
  private static final long LONG_INBOX = 10_000;

  private final List<Finding> findings = new ArrayList<>();

  /**
   * What two looks, some seconds apart, have shown.
   *
   * @param before position of the inbox in the state at the first look; empty for a fresh state
   * @param after at the second
   * @param waitedAt end of the inbox at the first look
   */
  record Watched(OptionalLong before, OptionalLong after, long waitedAt) {}

  List<Finding> findings() {
    return findings;
  }

  void leader(ClusterFacts facts, Optional<LeaderRecord> known, String problem, Instant now) {
    LeaderGroup group = facts.leaderGroup();
    String term =
        known.map(record -> "term " + record.term() + " since " + record.since()).orElse("no term");
    if (group.leaderHost().isEmpty()) {
      findings.add(
          Finding.error(
              "leader.present",
              "fewstep-leader",
              group.members() == 0
                  ? "no server stands for leadership (" + term + ")"
                  : "none of " + group.members() + " servers has the inbox; " + group.state(),
              "one server leads",
              group.members() == 0
                  ? "start one: 'fewstep server', or 'fewstep up' on a single machine"
                  : "wait for the end of the election, 10 s; look into the servers' logs if it"
                      + " stays so"));
    } else {
      findings.add(
          Finding.ok(
              "leader.present",
              "fewstep-leader",
              group.members() + " of " + group.members() + " servers stand, " + term));
    }
    if (!problem.isEmpty()) {
      findings.add(
          Finding.warn(
              "leader.problem",
              "this server",
              problem,
              "leads or follows without an error",
              "if it says that records are missing, restore a backup with 'fewstep restore'; else"
                  + " look into this server's log"));
    }
    facts
        .transaction()
        .flatMap(ClusterFacts.Transaction::startedAt)
        .map(started -> Duration.between(started, now))
        .filter(age -> age.compareTo(OPEN_TRANSACTION) > 0)
        .ifPresent(
            age ->
                findings.add(
                    Finding.error(
                        "leader.transaction",
                        "fewstep-leader",
                        "a transaction has been open for " + age.toSeconds() + " s",
                        "ends within " + OPEN_TRANSACTION.toSeconds() + " s",
                        "restart the server that leads; if it stays open:"
                            + " 'kafka-transactions.sh --bootstrap-server "
                            + facts.bootstrapServers()
                            + " find-hanging --broker-id ID' and abort it")));
  }

  void inbox(Offsets offsets, Watched watched, Instant now) {
    long position = watched.after().orElse(0);
    long lag = Math.max(0, offsets.inboxEnd() - position);
    String written =
        offsets
            .lastWritten()
            .map(at -> ", last commit " + seconds(Duration.between(at, now)) + " ago")
            .orElse(", nothing committed yet");
    if (offsets.inboxBegin() > position) {
      findings.add(
          Finding.error(
              "inbox.gap",
              "fewstep.inbox.v1",
              "begins at offset "
                  + offsets.inboxBegin()
                  + ", the state was decided up to "
                  + position,
              "no record between them is missing",
              "restore a backup with 'fewstep restore': what was said in between is lost"));
    } else if (watched.waitedAt() > position && watched.before().equals(watched.after())) {
      findings.add(
          Finding.error(
              "inbox.lag",
              "fewstep.inbox.v1",
              lag + " records wait and none was decided while watching" + written,
              "the leader reads them",
              "restart the server that leads; its log says why it does not commit"));
    } else if (lag > LONG_INBOX) {
      findings.add(
          Finding.warn(
              "inbox.lag",
              "fewstep.inbox.v1",
              lag + " records wait" + written,
              "fewer than " + LONG_INBOX,
              "wait: it is being read; if it stays so, give the leader more processor time"));
    } else {
      findings.add(Finding.ok("inbox.lag", "fewstep.inbox.v1", lag + " records wait" + written));
    }
  }

  /** The clock of this machine against the broker's. */
  void replicaClock(Optional<Instant> arrived, Optional<Instant> appended) {
    if (arrived.isEmpty() || appended.isEmpty()) {
      findings.add(
          Finding.ok(
              "clock.server",
              "this server",
              "not compared: nothing was appended to the inbox while watching"));
      return;
    }
    Duration skew = Duration.between(appended.get(), arrived.get());
    judge("clock.server", "this server", skew, 1);
  }

  /** The clocks of workers against the broker's. */
  void workers(List<PresenceSample> samples) {
    Map<UUID, Duration> least = new HashMap<>();
    Map<UUID, Set<String>> faces = new TreeMap<>();
    for (PresenceSample sample : samples) {
      least.merge(
          sample.workerId(),
          Duration.between(sample.at(), sample.appendedAt()),
          (a, b) -> a.compareTo(b) < 0 ? a : b);
      faces
          .computeIfAbsent(sample.workerId(), id -> new HashSet<>())
          .add(sample.deviceClass() + ", " + sample.device() + ", " + sample.versions());
    }
    int before = findings.size();
    new TreeMap<>(least)
        .forEach((worker, delay) -> judge("clock.worker", "worker " + worker, delay, -1));
    if (!least.isEmpty() && findings.size() == before) {
      findings.add(
          Finding.ok(
              "clock.worker",
              least.size() + " workers",
              "within " + SKEW.toSeconds() + " s of the broker"));
    }
    faces.forEach(
        (worker, seen) -> {
          if (seen.size() > 1) {
            findings.add(
                Finding.error(
                    "worker.duplicate",
                    "worker " + worker,
                    seen.size() + " different workers use this id: " + String.join(" / ", seen),
                    "one process for each id",
                    "restart all but one of them: the id is made when a process starts"));
          }
        });
  }

  /**
   * Judges a difference.
   *
   * @param sign 1 when a positive difference means that the clock is ahead, -1 when behind
   */
  private void judge(String check, String where, Duration difference, int sign) {
    if (difference.abs().compareTo(SKEW) <= 0) {
      if (sign > 0) {
        findings.add(Finding.ok(check, where, "within " + SKEW.toSeconds() + " s of the broker"));
      }
      return;
    }
    boolean ahead = difference.isNegative() == (sign < 0);
    String found =
        seconds(difference.abs()) + (ahead ? " ahead of" : " behind") + " the broker's clock";
    String expected = "within " + SKEW.toSeconds() + " s";
    String fix = "synchronise that machine's clock: 'timedatectl set-ntp true'";
    findings.add(
        difference.abs().compareTo(GREAT_SKEW) > 0
            ? Finding.error(check, where, found, expected, fix)
            : Finding.warn(check, where, found, expected, fix));
  }

  static String seconds(Duration time) {
    return time.toSeconds() < 600
        ? String.format(java.util.Locale.ROOT, "%.1f s", time.toMillis() / 1000.0)
        : time.toMinutes() + " min";
  }
}

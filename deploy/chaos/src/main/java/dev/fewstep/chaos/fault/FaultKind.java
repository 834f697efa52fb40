package dev.fewstep.chaos.fault;

import java.time.Duration;

/**
 * What is done to an installation. Weights are shares of a schedule: what makes a JVM start again
 * is rarer than what does not, since a start costs seconds of two cores.
 */
public enum FaultKind {
  /** kill -9 of a worker. */
  WORKER_KILL(Target.WORKER, 9, "kill -9 of a worker", Length.DOWN),
  /** SIGTERM to a worker: it hands its task back and leaves. */
  WORKER_DRAIN(Target.WORKER, 3, "SIGTERM to a worker (drain)", Length.DOWN),
  /** SIGSTOP, then SIGCONT before its lease is over. */
  WORKER_FREEZE(Target.WORKER, 11, "SIGSTOP of a worker, shorter than the lease", Length.SHORT),
  /** SIGSTOP, then SIGCONT after its lease is over. */
  WORKER_FREEZE_LONG(Target.WORKER, 6, "SIGSTOP of a worker, longer than the lease", Length.LEASE),
  /** A worker reaches neither Kafka nor the store. */
  WORKER_PARTITION(Target.WORKER, 6, "partition of a worker, both ways", Length.ANY),
  /** What a worker sends arrives, what it is answered does not. */
  WORKER_HALF_OPEN(Target.WORKER, 6, "half-open partition of a worker", Length.ANY),
  /** All connections of a worker break. */
  WORKER_RESET(Target.WORKER, 8, "all connections of a worker reset", Length.NONE),
  /** Its data directory has no room left. */
  WORKER_DISK_FULL(Target.DISK, 4, "disk of a worker full", Length.SHORT),
  /** Its clock is hours wrong. */
  WORKER_CLOCK(Target.WORKER, 4, "clock of a worker set hours wrong", Length.ANY),
  /** kill -9 of the orchestrator that leads. */
  LEADER_KILL(Target.LEADER, 3, "kill -9 of the leader", Length.DOWN),
  /** kill -9 of an orchestrator that does not lead. */
  FOLLOWER_KILL(Target.FOLLOWER, 1, "kill -9 of a follower", Length.DOWN),
  /** SIGTERM to the leader. */
  LEADER_STOP(Target.LEADER, 1, "SIGTERM to the leader", Length.DOWN),
  /** SIGSTOP, then SIGCONT before its session is over. */
  LEADER_FREEZE(Target.LEADER, 4, "SIGSTOP of the leader, shorter than its session", Length.SHORT),
  /** SIGSTOP, then SIGCONT after another one leads: a zombie. */
  LEADER_FREEZE_LONG(
      Target.LEADER, 2, "SIGSTOP of the leader, longer than its session", Length.SESSION),
  /** The leader reaches neither Kafka nor the store. */
  LEADER_PARTITION(Target.LEADER, 2, "partition of the leader, both ways", Length.ANY),
  /** What the leader sends arrives, what it is answered does not. */
  LEADER_HALF_OPEN(Target.LEADER, 2, "half-open partition of the leader", Length.ANY),
  /** All connections of the leader break. */
  LEADER_RESET(Target.LEADER, 4, "all connections of the leader reset", Length.NONE),
  /** The leader's clock jumps by hours. */
  LEADER_CLOCK(Target.LEADER, 2, "clock of the leader set hours wrong", Length.ANY),
  /** The clock of the next leader, perhaps, is hours wrong. */
  FOLLOWER_CLOCK(Target.FOLLOWER, 2, "clock of a follower set hours wrong", Length.ANY),
  /** kill -9 of a broker. */
  BROKER_KILL(Target.BROKER, 1, "kill -9 of a broker", Length.DOWN),
  /** SIGTERM to a broker. */
  BROKER_STOP(Target.BROKER, 1, "clean restart of a broker", Length.DOWN),
  /** SIGSTOP of a broker. */
  BROKER_FREEZE(Target.BROKER, 2, "SIGSTOP of a broker", Length.SHORT),
  /** kill -9 of the store. */
  STORE_KILL(Target.STORE, 1, "kill -9 of the store", Length.DOWN),
  /** The store answers 503. */
  STORE_ERRORS(Target.STORE, 6, "store answers 503", Length.SHORT),
  /** The store answers late. */
  STORE_SLOW(Target.STORE, 5, "store slow", Length.SHORT),
  /** All connections to the store break. */
  STORE_RESET(Target.STORE, 4, "all connections to the store reset", Length.NONE),
  /** SIGSTOP of the store. */
  STORE_FREEZE(Target.STORE, 1, "SIGSTOP of the store", Length.SHORT);

  /** What a kind of fault is done to. */
  public enum Target {
    /** One of the workers. */
    WORKER,
    /** The disk of one of the workers that has one of its own. */
    DISK,
    /** The orchestrator that leads when it is done. */
    LEADER,
    /** The first orchestrator that does not lead when it is done. */
    FOLLOWER,
    /** One of the brokers. */
    BROKER,
    /** The store. */
    STORE
  }

  /** How long a kind of fault lasts. */
  enum Length {
    /** A moment. */
    NONE,
    /** Between the death of a process and its next start: 0 to 2 s. */
    DOWN,
    /** 0.3 s to half a lease. */
    SHORT,
    /** 0.3 s to a lease and 4 s. */
    ANY,
    /** A lease and 0.5 to 4 s. */
    LEASE,
    /** A session and 1 to 5 s. */
    SESSION;

    /** Shortest and longest, in milliseconds. */
    long[] bounds(Duration lease, Duration session) {
      return switch (this) {
        case NONE -> new long[] {0, 0};
        case DOWN -> new long[] {0, 2_000};
        case SHORT -> new long[] {300, lease.toMillis() / 2};
        case ANY -> new long[] {300, lease.toMillis() + 4_000};
        case LEASE -> new long[] {lease.toMillis() + 500, lease.toMillis() + 4_000};
        case SESSION -> new long[] {session.toMillis() + 1_000, session.toMillis() + 5_000};
      };
    }
  }

  private final Target target;
  private final int weight;
  private final String words;
  private final Length length;

  FaultKind(Target target, int weight, String words, Length length) {
    this.target = target;
    this.weight = weight;
    this.words = words;
    this.length = length;
  }

  /** What it is done to. */
  public Target target() {
    return target;
  }

  /** Its share of a schedule. */
  int weight() {
    return weight;
  }

  /** For people. */
  public String words() {
    return words;
  }

  /** How long it lasts. */
  Length length() {
    return length;
  }
}

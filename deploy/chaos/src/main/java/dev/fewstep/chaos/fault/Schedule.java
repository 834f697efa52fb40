package dev.fewstep.chaos.fault;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/**
 * Which faults, of whom, when and for how long: a pure function of a seed and of the installation's
 * shape. Every kind that is possible comes once in each run of as many faults as there are kinds,
 * as far as its weight lets it.
 */
public final class Schedule {
  private static final long MOST_HOURS = 48;

  private Schedule() {}

  /**
   * What a schedule depends on besides its seed.
   *
   * @param workers number of workers
   * @param brokers number of brokers
   * @param disks whether workers have disks of their own
   * @param pause mean time between faults
   * @param lease lease of an execution
   * @param session session of a leader
   */
  public record Shape(
      int workers, int brokers, boolean disks, Duration pause, Duration lease, Duration session) {
    public Shape {
      requireNonNull(pause, "pause");
      requireNonNull(lease, "lease");
      requireNonNull(session, "session");
      if (workers < 1 || brokers < 1) {
        throw new IllegalArgumentException("there must be workers and brokers to break");
      }
    }
  }

  /** The faults that a seed stands for. */
  public static List<Fault> of(long seed, int count, Shape shape) {
    Random random = new Random(seed);
    Set<FaultKind> possible = EnumSet.allOf(FaultKind.class);
    if (!shape.disks()) {
      possible.remove(FaultKind.WORKER_DISK_FULL);
    }
    List<FaultKind> deck = new ArrayList<>();
    List<Fault> faults = new ArrayList<>(count);
    for (int number = 1; number <= count; number++) {
      if (deck.isEmpty()) {
        deck.addAll(deck(possible, random));
      }
      FaultKind kind = deck.remove(deck.size() - 1);
      long[] bounds = kind.length().bounds(shape.lease(), shape.session());
      faults.add(
          new Fault(
              number,
              kind,
              random.nextInt(targets(kind, shape)),
              between(shape.pause().toMillis() / 3, shape.pause().toMillis() * 5 / 3, random),
              between(bounds[0], bounds[1], random),
              clock(kind) ? wrong(random) : Duration.ZERO));
    }
    return faults;
  }

  /** All kinds by weight, each first once, so that a short schedule has many kinds too. */
  private static List<FaultKind> deck(Set<FaultKind> possible, Random random) {
    List<FaultKind> first = new ArrayList<>(possible);
    List<FaultKind> rest = new ArrayList<>();
    for (FaultKind kind : possible) {
      for (int i = 1; i < kind.weight(); i++) {
        rest.add(kind);
      }
    }
    java.util.Collections.shuffle(first, random);
    java.util.Collections.shuffle(rest, random);
    rest.addAll(first);
    return rest;
  }

  private static int targets(FaultKind kind, Shape shape) {
    return switch (kind.target()) {
      case WORKER, DISK -> shape.workers();
      case BROKER -> shape.brokers();
      case LEADER, FOLLOWER, STORE -> 1;
    };
  }

  private static boolean clock(FaultKind kind) {
    return kind == FaultKind.WORKER_CLOCK
        || kind == FaultKind.LEADER_CLOCK
        || kind == FaultKind.FOLLOWER_CLOCK;
  }

  private static Duration wrong(Random random) {
    long minutes = 1L + random.nextInt((int) Duration.ofHours(MOST_HOURS).toMinutes());
    return Duration.ofMinutes(random.nextBoolean() ? minutes : -minutes);
  }

  private static Duration between(long least, long most, Random random) {
    return Duration.ofMillis(least + (most > least ? random.nextInt((int) (most - least)) : 0));
  }

  /** How many of each kind. */
  public static Map<FaultKind, Integer> counts(List<Fault> faults) {
    Map<FaultKind, Integer> counts = new EnumMap<>(FaultKind.class);
    Arrays.stream(FaultKind.values()).forEach(kind -> counts.put(kind, 0));
    faults.forEach(fault -> counts.merge(fault.kind(), 1, Integer::sum));
    return counts;
  }
}

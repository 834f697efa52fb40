package dev.fewstep.chaos.check;

import dev.fewstep.chaos.check.HistoryChecker.Term;
import dev.fewstep.chaos.cluster.Injector.Done;
import dev.fewstep.chaos.fault.FaultKind;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** How long it took until things went on, read from the broker's times. */
public final class Recoveries {
  private static final Set<FaultKind> WORKER_DEATHS = Set.of(FaultKind.WORKER_KILL);
  private static final Set<FaultKind> LEADER_DEATHS = Set.of(FaultKind.LEADER_KILL);

  private Recoveries() {}

  /**
   * A recovery.
   *
   * @param fault number of the fault
   * @param subject task or leader
   * @param took from the fault to the going on
   * @param alone whether no other fault was at work on brokers, store or orchestrators meanwhile,
   *     nor on any worker
   */
  public record Recovery(int fault, String subject, Duration took, boolean alone) {}

  /** From the death of a worker that held a task to the next start of that task. */
  public static List<Recovery> ofWorkers(List<Done> faults, List<Run> runs) {
    List<Recovery> found = new ArrayList<>();
    for (Done fault : faults) {
      if (!WORKER_DEATHS.contains(fault.fault().kind()) || fault.workerId().isEmpty()) {
        continue;
      }
      Instant at = fault.began();
      for (Run held : runs) {
        boolean hit =
            held.workerId().equals(fault.workerId().get())
                && !held.from().isAfter(at)
                && held.until().map(until -> until.isAfter(at)).orElse(true);
        if (hit) {
          next(held, runs)
              .ifPresent(
                  start ->
                      found.add(
                          recovery(fault, held.taskKey(), Duration.between(at, start), faults)));
        }
      }
    }
    return found;
  }

  private static Optional<Instant> next(Run held, List<Run> runs) {
    return runs.stream()
        .filter(run -> run.taskKey().equals(held.taskKey()) && run.attempt() > held.attempt())
        .min(Comparator.comparing(Run::attempt))
        .map(Run::from);
  }

  /** From the death of a leader to the first commit of the next. */
  public static List<Recovery> ofLeaders(List<Done> faults, List<Term> terms) {
    List<Recovery> found = new ArrayList<>();
    for (Done fault : faults) {
      if (LEADER_DEATHS.contains(fault.fault().kind())) {
        terms.stream()
            .map(Term::at)
            .filter(at -> at.isAfter(fault.began()))
            .min(Comparator.naturalOrder())
            .ifPresent(
                at ->
                    found.add(
                        recovery(fault, "leader", Duration.between(fault.began(), at), faults)));
      }
    }
    return found;
  }

  private static Recovery recovery(Done fault, String subject, Duration took, List<Done> faults) {
    Instant end = fault.began().plus(took);
    boolean alone =
        faults.stream()
            .filter(other -> !other.equals(fault))
            .noneMatch(
                other ->
                    other.began().isBefore(end)
                        && other.ended().plusSeconds(settling(other)).isAfter(fault.began()));
    return new Recovery(fault.fault().number(), subject, took, alone);
  }

  /** A process that was started again, or lost its place, is not yet back when its fault ends. */
  private static long settling(Done fault) {
    return switch (fault.fault().kind().target()) {
      case LEADER, FOLLOWER, BROKER, STORE -> 5;
      case WORKER, DISK -> 2;
    };
  }

  /** The value below which a part of them lies; zero of none. */
  public static Duration quantile(List<Recovery> recoveries, double part) {
    List<Duration> sorted = recoveries.stream().map(Recovery::took).sorted().toList();
    if (sorted.isEmpty()) {
      return Duration.ZERO;
    }
    int index = (int) Math.ceil(part * sorted.size()) - 1;
    return sorted.get(Math.max(0, Math.min(sorted.size() - 1, index)));
  }
}

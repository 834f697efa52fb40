package dev.fewstep.chaos.check;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** How often each invariant was looked at and what was found; safe for use by several threads. */
public final class Findings {
  private static final int MOST_KEPT = 1_000;

  private final Map<Invariant, Long> checked = new EnumMap<>(Invariant.class);
  private final Map<Invariant, Long> broken = new EnumMap<>(Invariant.class);
  private final List<Violation> violations = new ArrayList<>();

  /**
   * Says that an invariant was looked at, and that it does not hold when {@code holds} is false.
   */
  public synchronized void check(
      boolean holds, Invariant invariant, String subject, long offset, String evidence) {
    checked.merge(invariant, 1L, Long::sum);
    if (!holds) {
      broken.merge(invariant, 1L, Long::sum);
      if (violations.size() < MOST_KEPT) {
        violations.add(new Violation(invariant, subject, offset, evidence));
      }
    }
  }

  /** How often an invariant was looked at. */
  public synchronized long checked(Invariant invariant) {
    return checked.getOrDefault(invariant, 0L);
  }

  /** How often it did not hold. */
  public synchronized long broken(Invariant invariant) {
    return broken.getOrDefault(invariant, 0L);
  }

  /** The first violations. */
  public synchronized List<Violation> violations() {
    return List.copyOf(violations);
  }
}

package dev.fewstep.orchestrator.access;

import static dev.fewstep.schemas.spec.Checks.require;

import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How much each of many callers may ask for: a budget that refills steadily up to a bound. Of those
 * that were not heard of for long nothing is kept. Safe for use by several threads.
 */
public final class RateLimit {
  private static final int MOST_CALLERS = 10_000;

  private final double perSecond;
  private final double most;
  private final Map<String, Budget> budgets =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Budget> eldest) {
          return size() > MOST_CALLERS;
        }
      };

  private record Budget(double left, Instant at) {}

  /**
   * A limit.
   *
   * @param perSecond what a budget grows by in a second
   * @param most what it holds at most, and at first
   */
  public RateLimit(double perSecond, double most) {
    require(perSecond > 0, "a budget must grow, not by %s a second", perSecond);
    require(most >= 1, "a budget must hold 1 at least, not %s", most);
    this.perSecond = perSecond;
    this.most = most;
  }

  /**
   * Takes from a caller's budget.
   *
   * @param cost what the request is worth, at most all that a budget can hold
   * @param now the time; when it goes back nothing is won, and refilling goes on from there
   * @return how long to wait until there is enough; zero when it was taken
   */
  public synchronized Duration take(String caller, double cost, Instant now) {
    require(cost <= most, "a request that costs %s is never paid from %s", cost, most);
    Budget before = budgets.getOrDefault(caller, new Budget(most, now));
    double seconds = Math.max(0, Duration.between(before.at(), now).toMillis() / 1000.0);
    double left = Math.min(most, before.left() + seconds * perSecond);
    boolean enough = left >= cost;
    budgets.put(caller, new Budget(enough ? left - cost : left, now));
    return enough
        ? Duration.ZERO
        : Duration.ofMillis((long) Math.ceil((cost - left) / perSecond * 1000));
  }
}

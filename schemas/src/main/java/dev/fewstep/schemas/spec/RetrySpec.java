package dev.fewstep.schemas.spec;

import static dev.fewstep.schemas.spec.Checks.require;
import static java.util.Objects.requireNonNullElse;

import java.time.Duration;

/**
 * What happens to a task that failed with a retryable code.
 *
 * @param maxAttempts charged attempts in all, at least 1
 * @param backoff wait before the second attempt, doubled for each further one
 */
public record RetrySpec(Integer maxAttempts, Duration backoff) {
  public RetrySpec {
    maxAttempts = requireNonNullElse(maxAttempts, 3);
    backoff = requireNonNullElse(backoff, Duration.ofSeconds(5));
    require(
        maxAttempts >= 1 && maxAttempts <= 100,
        "maxAttempts must be 1 to 100, not %s",
        maxAttempts);
    require(!backoff.isNegative(), "backoff must not be negative: %s", backoff);
  }
}

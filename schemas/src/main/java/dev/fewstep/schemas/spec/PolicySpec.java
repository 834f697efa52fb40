package dev.fewstep.schemas.spec;

import static dev.fewstep.schemas.spec.Checks.require;
import static java.util.Objects.requireNonNullElse;

/**
 * How an experiment's tasks share the devices.
 *
 * @param priority 0 to 100, higher first; default 50
 * @param maxParallel tasks of this experiment that run at once; 0 for no bound
 * @param retry what happens to failed tasks
 * @param cache whether earlier results with the same task key serve
 * @param preempt whether its ready tasks, when no device is free, ask running finetunes and
 *     pretrainings of lower priority to hand theirs back; default no
 */
public record PolicySpec(
    Integer priority, Integer maxParallel, RetrySpec retry, Boolean cache, Boolean preempt) {
  public PolicySpec {
    priority = requireNonNullElse(priority, 50);
    maxParallel = requireNonNullElse(maxParallel, 0);
    retry = requireNonNullElse(retry, new RetrySpec(null, null));
    cache = requireNonNullElse(cache, true);
    preempt = requireNonNullElse(preempt, false);
    require(priority >= 0 && priority <= 100, "priority must be 0 to 100, not %s", priority);
    require(maxParallel >= 0, "maxParallel must not be negative, not %s", maxParallel);
  }
}

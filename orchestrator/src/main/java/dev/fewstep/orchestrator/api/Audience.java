package dev.fewstep.orchestrator.api;

import static java.util.Objects.requireNonNull;

import dev.fewstep.orchestrator.access.Caller;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/**
 * Who listens to a stream of events, and to what.
 *
 * @param experiment what the stream is about; empty for everything that the caller sees
 * @param caller who listens
 * @param admission whether the caller may go on listening
 */
record Audience(Optional<String> experiment, Caller caller, BooleanSupplier admission) {
  Audience {
    requireNonNull(experiment, "experiment");
    requireNonNull(caller, "caller");
    requireNonNull(admission, "admission");
  }

  /** Whether a change is told. */
  boolean hears(EventHub.Concern about) {
    if (about.experiments().isEmpty()) {
      return true;
    }
    boolean asked = experiment.isEmpty() || about.experiments().get().contains(experiment.get());
    return asked && (caller.seesAll() || about.projects().stream().anyMatch(caller::sees));
  }

  /** Whether all that a change concerns may be told, names of experiments too. */
  boolean seesWhole(EventHub.Concern about) {
    return caller.seesAll() || about.projects().stream().allMatch(caller::sees);
  }

  /** Whether the caller's token is still good. */
  boolean admitted() {
    return admission.getAsBoolean();
  }
}

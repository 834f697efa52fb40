package dev.fewstep.orchestrator.api;

import java.util.Optional;

/** Says whether a replica can serve. */
@FunctionalInterface
public interface Readiness {
  /** Why requests cannot be served yet, in one sentence; empty when they can. */
  Optional<String> problem();
}

package dev.fewstep.orchestrator.api;

import dev.fewstep.orchestrator.experiment.OrchestratorState;
import dev.fewstep.orchestrator.log.StateView;
import dev.fewstep.orchestrator.view.ExperimentSummary;
import dev.fewstep.orchestrator.view.GridFacts;
import dev.fewstep.schemas.state.ExperimentRecord;
import dev.fewstep.schemas.state.StateEntity;
import dev.fewstep.schemas.state.StateRecord;
import dev.fewstep.schemas.state.TaskRecord;
import dev.fewstep.schemas.state.Want;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * What was folded of the results of experiments, kept as long as nothing of an experiment changes.
 * That of a large experiment that runs is folded again every {@link #PATIENCE} at most. Safe for
 * use by several threads.
 */
final class KnownResults {
  /** How old a large experiment's summary may be. */
  static final Duration PATIENCE = Duration.ofSeconds(2);

  private static final int LARGE = 5_000;
  private static final int KEPT_FACTS = 512;

  private final Map<String, Long> versions = new ConcurrentHashMap<>();
  private final Map<String, Kept> summaries = new ConcurrentHashMap<>();
  private final AtomicLong epoch = new AtomicLong();
  private final LongSupplier nanoTime;
  private final int large;
  private final Map<UUID, GridFacts> facts =
      new LinkedHashMap<>(64, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<UUID, GridFacts> eldest) {
          return size() > KEPT_FACTS;
        }
      };

  private record Kept(long epoch, long version, long at, ExperimentSummary summary) {}

  /** Nothing is known yet. */
  KnownResults() {
    this(System::nanoTime, LARGE);
  }

  /**
   * Nothing is known yet.
   *
   * @param nanoTime time as {@link System#nanoTime} tells it
   * @param large trials of an experiment whose summary may be old
   */
  KnownResults(LongSupplier nanoTime, int large) {
    this.nanoTime = nanoTime;
    this.large = large;
  }

  /** Notes what has changed; called in order, after it was folded in. */
  void changed(List<StateView.Change> changes) {
    changes.forEach(change -> changed(change.entry()));
  }

  private void changed(StateRecord entry) {
    StateEntity entity = StateEntity.ofKey(entry.key());
    String id = entity.id(entry.key());
    switch (entity) {
      case EXPERIMENT -> {
        if (entry.value().isPresent()) {
          bump(id);
        } else {
          versions.remove(id);
          summaries.remove(id);
        }
      }
      case PLAN, RUNG -> bump(id.substring(0, id.lastIndexOf('/')));
      case TASK -> task(entry.value().map(TaskRecord.class::cast));
      default -> {
        // Nothing else is part of a result.
      }
    }
  }

  private void task(Optional<TaskRecord> task) {
    if (task.isPresent()) {
      task.get().wants().stream().map(Want::experimentId).forEach(this::bump);
    } else {
      epoch.incrementAndGet();
    }
  }

  private void bump(String experimentId) {
    versions.merge(experimentId, 1L, Long::sum);
  }

  /** What follows from the specification of an experiment. */
  GridFacts facts(ExperimentRecord experiment) {
    synchronized (facts) {
      GridFacts known = facts.get(experiment.commandId());
      if (known != null) {
        return known;
      }
    }
    GridFacts made = GridFacts.of(experiment);
    synchronized (facts) {
      facts.put(experiment.commandId(), made);
    }
    return made;
  }

  /** What listings say of an experiment; empty when its specification makes no grid any more. */
  Optional<ExperimentSummary> summary(OrchestratorState state, ExperimentRecord experiment) {
    long before = epoch.get();
    long version = versions.getOrDefault(experiment.id(), 0L);
    Kept kept = summaries.get(experiment.id());
    long now = nanoTime.getAsLong();
    if (kept != null
        && ((kept.version == version && kept.epoch == before)
            || (experiment.trials() > large && now - kept.at < PATIENCE.toNanos()))) {
      return Optional.of(kept.summary);
    }
    Optional<ExperimentSummary> made = folded(state, experiment);
    made.ifPresent(
        summary ->
            summaries.put(
                experiment.id(), new Kept(before, version, nanoTime.getAsLong(), summary)));
    return made;
  }

  /** The same, folded now. */
  Optional<ExperimentSummary> folded(OrchestratorState state, ExperimentRecord experiment) {
    try {
      return Optional.of(ExperimentSummary.of(state, experiment, facts(experiment)));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }
}

package dev.fewstep.orchestrator.experiment;

import dev.fewstep.schemas.TaskState;
import dev.fewstep.schemas.state.CheckpointRef;
import dev.fewstep.schemas.state.ExperimentRecord;
import dev.fewstep.schemas.state.RungRecord;
import dev.fewstep.schemas.state.StateRecord;
import dev.fewstep.schemas.state.TaskRecord;
import java.util.Optional;

/**
 * Notes what trials reached in their rungs and promotes the better ones, as {@link Rungs} says; so
 * many in one decision. A promoted trial goes on from the checkpoint of the rung that it comes
 * from, and its task is that of a plain finetune with as many iterations.
 */
final class HalvingRules {
  private final Settings settings;
  private final Plans plans;
  private final PlanningRules planning;

  HalvingRules(Settings settings, Plans plans, PlanningRules planning) {
    this.settings = settings;
    this.plans = plans;
    this.planning = planning;
  }

  void advance(Draft draft) {
    int left = settings.moveChunk();
    for (String id : draft.state().experimentIdsOldestFirst()) {
      Optional<Halving> halving = draft.state().experimentFold(id).flatMap(ExperimentFold::halving);
      Optional<ExperimentRecord> experiment =
          draft.experiment(id).filter(known -> !known.withdrawn());
      if (halving.isPresent() && experiment.isPresent() && left > 0) {
        int moved = note(draft, id, halving.get().rungs(), left);
        left -= moved > 0 ? moved : promote(draft, experiment.get(), halving.get(), left);
      }
    }
  }

  /** Notes the values of rungs that were completed. */
  private static int note(Draft draft, String id, Rungs rungs, int limit) {
    int moved = 0;
    for (int trial : rungs.attention(limit)) {
      RungRecord entry = rungs.of(trial).orElseThrow();
      Optional<Double> value = draft.task(entry.finetune()).flatMap(task -> Rungs.value(task, id));
      if (value.isPresent()) {
        draft.put(StateRecord.of(entry.completed(value.get())));
        moved++;
      }
      draft.more();
    }
    return moved;
  }

  private int promote(Draft draft, ExperimentRecord experiment, Halving halving, int limit) {
    int moved = 0;
    for (int trial : halving.due()) {
      if (moved >= limit) {
        break;
      }
      RungRecord entry = halving.rungs().of(trial).orElseThrow();
      TrialSource.RungPlan next;
      try {
        next = plans.of(experiment).rung(trial, entry.rung() + 1);
      } catch (IllegalArgumentException e) {
        String reason = "trial " + trial + " cannot be promoted: " + e.getMessage();
        draft.put(StateRecord.of(experiment.unplannable(reason)));
        draft.more();
        return moved + 1;
      }
      planning.want(draft, experiment, trial, next.tasks(), checkpoint(draft, entry));
      draft.put(StateRecord.of(entry.promoted(next.finetune())));
      draft.more();
      moved++;
    }
    return moved;
  }

  /** Where the rung ended that a trial comes from; empty when no checkpoint of it is left. */
  private static Optional<CheckpointRef> checkpoint(Draft draft, RungRecord entry) {
    return draft
        .task(entry.finetune())
        .filter(task -> task.state() == TaskState.SUCCEEDED)
        .flatMap((TaskRecord task) -> Extensions.last(task));
  }
}

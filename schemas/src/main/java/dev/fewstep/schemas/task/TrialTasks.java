package dev.fewstep.schemas.task;

import static java.util.Objects.requireNonNull;

import dev.fewstep.schemas.spec.EvaluationSpec;
import dev.fewstep.schemas.spec.GridPoint;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The tasks of one trial. Trials share those whose keys are equal.
 *
 * @param references statistics of the real images, one for each scored space
 * @param pretrain training of the base model, when the experiment does not import it
 * @param finetune the finetune
 * @param evaluate scores of the finetuned weights
 * @param baseline scores of the base weights with the same sampling, noise and protocol
 */
public record TrialTasks(
    List<Keyed<ReferenceTask>> references,
    Optional<Keyed<PretrainTask>> pretrain,
    Keyed<FinetuneTask> finetune,
    Keyed<EvaluateTask> evaluate,
    Keyed<EvaluateTask> baseline) {
  public TrialTasks {
    references = List.copyOf(references);
    requireNonNull(pretrain, "pretrain");
    requireNonNull(finetune, "finetune");
    requireNonNull(evaluate, "evaluate");
    requireNonNull(baseline, "baseline");
  }

  /**
   * Resolves a trial; for many of them use one {@link TaskResolver}.
   *
   * @throws dev.fewstep.schemas.spec.SpecException when an input is not registered or of another
   *     kind
   */
  public static TrialTasks of(GridPoint point, EvaluationSpec evaluation, Inputs inputs) {
    return new TaskResolver(evaluation, inputs).trial(point);
  }

  /** Every task, each after those that it depends on. */
  public List<Keyed<? extends TaskSpec>> all() {
    List<Keyed<? extends TaskSpec>> all = new ArrayList<>(references);
    pretrain.ifPresent(all::add);
    all.add(finetune);
    all.add(evaluate);
    all.add(baseline);
    return List.copyOf(all);
  }
}

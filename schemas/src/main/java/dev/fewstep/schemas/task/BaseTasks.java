package dev.fewstep.schemas.task;

import static java.util.Objects.requireNonNull;

import dev.fewstep.schemas.Ordered;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The tasks that score a base model alone at the experiment's further numbers of sampling steps.
 *
 * @param references statistics of the real images, one for each scored space
 * @param pretrain training of the base model, when the experiment does not import it
 * @param evaluations sampling steps to the evaluation, in the order written
 */
public record BaseTasks(
    List<Keyed<ReferenceTask>> references,
    Optional<Keyed<PretrainTask>> pretrain,
    Map<Integer, Keyed<EvaluateTask>> evaluations) {
  public BaseTasks {
    references = List.copyOf(references);
    requireNonNull(pretrain, "pretrain");
    evaluations = Ordered.copyOf(evaluations);
  }

  /** Every task, each after those that it depends on; none when nothing is to be evaluated. */
  public List<Keyed<? extends TaskSpec>> all() {
    if (evaluations.isEmpty()) {
      return List.of();
    }
    List<Keyed<? extends TaskSpec>> all = new ArrayList<>(references);
    pretrain.ifPresent(all::add);
    all.addAll(evaluations.values());
    return List.copyOf(all);
  }
}

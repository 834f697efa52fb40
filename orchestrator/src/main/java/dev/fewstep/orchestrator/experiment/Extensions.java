package dev.fewstep.orchestrator.experiment;

import dev.fewstep.schemas.Artifact;
import dev.fewstep.schemas.ArtifactKind;
import dev.fewstep.schemas.Lineage;
import dev.fewstep.schemas.spec.LearningRateKind;
import dev.fewstep.schemas.spec.TrainingSpec;
import dev.fewstep.schemas.state.CheckpointRef;
import dev.fewstep.schemas.state.ExperimentRecord;
import dev.fewstep.schemas.state.RungRecord;
import dev.fewstep.schemas.state.TaskRecord;
import dev.fewstep.schemas.state.TrialKeys;
import dev.fewstep.schemas.task.FinetuneTask;
import java.util.Comparator;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Where the finetunes of an experiment that extends another go on from: the last checkpoint of the
 * other's task of the same trial.
 *
 * <p>Only when that training is the beginning of the longer one, step by step: both specifications
 * are the same but for the number of iterations, and the learning rate does not depend on that
 * number (schedules {@code linear} and {@code cosine} do: such a finetune starts over). A result
 * thus remains a function of its task's specification alone. A finetune that its validation ended
 * early would have ended there with more iterations too, and its checkpoint says so.
 */
final class Extensions {
  private static final Pattern CHECKPOINT = Pattern.compile("checkpoint-(\\d{1,9})\\..*");

  private final Plans plans;

  Extensions(Plans plans) {
    this.plans = plans;
  }

  /** Where the FINETUNE task of a trial goes on from; empty when it starts at the beginning. */
  Optional<CheckpointRef> start(
      Draft draft, Optional<Lineage> lineage, int trial, PlannedTask planned) {
    return start(draft, lineage, trial, planned, Optional.empty());
  }

  /**
   * The same, where the trial has been trained before.
   *
   * @param before the end of its last rung
   */
  Optional<CheckpointRef> start(
      Draft draft,
      Optional<Lineage> lineage,
      int trial,
      PlannedTask planned,
      Optional<CheckpointRef> before) {
    if (!(planned.spec() instanceof FinetuneTask longer)) {
      return Optional.empty();
    }
    return Stream.concat(
            extended(draft, lineage, trial, longer).stream(),
            before.filter(ref -> openEnded(longer.training())).stream())
        .filter(ref -> ref.step() <= longer.training().iterations())
        .max(Comparator.comparingLong(CheckpointRef::step));
  }

  private Optional<CheckpointRef> extended(
      Draft draft, Optional<Lineage> lineage, int trial, FinetuneTask longer) {
    return lineage
        .filter(from -> from.kind() == Lineage.Kind.EXTENDS)
        .map(Lineage::experimentId)
        .flatMap(draft::experiment)
        .filter(other -> trial < other.trials())
        .flatMap(
            other ->
                finetune(draft, other, trial)
                    .flatMap(draft::task)
                    .filter(task -> beginsLike(plans.of(other), trial, task, longer)))
        .flatMap(Extensions::last);
  }

  /** The finetune that took a trial furthest; of one that was stopped, that of its last rung. */
  private static Optional<String> finetune(Draft draft, ExperimentRecord other, int trial) {
    return draft
        .state()
        .experimentFold(other.id())
        .flatMap(fold -> fold.rungs().of(trial))
        .map(RungRecord::finetune)
        .or(() -> draft.state().trialKeys(other.id(), trial).map(TrialKeys::finetune));
  }

  private static boolean beginsLike(
      TrialSource source, int trial, TaskRecord task, FinetuneTask longer) {
    return source.everything(trial).stream()
        .filter(planned -> planned.key().equals(task.key()))
        .map(PlannedTask::spec)
        .filter(FinetuneTask.class::isInstance)
        .map(FinetuneTask.class::cast)
        .anyMatch(shorter -> beginsLike(shorter, longer));
  }

  /** Whether a finetune's steps are the first steps of another. */
  static boolean beginsLike(FinetuneTask shorter, FinetuneTask longer) {
    TrainingSpec more = longer.training();
    FinetuneTask same =
        new FinetuneTask(
            shorter.weights(),
            shorter.dataset(),
            shorter.flip(),
            shorter.sampling(),
            shorter.loss(),
            shorter.training().withIterations(more.iterations()),
            shorter.validation(),
            shorter.seed());
    return shorter.training().iterations() <= more.iterations()
        && same.equals(longer)
        && openEnded(more);
  }

  /** Whether the rates of its first steps do not depend on how many follow. */
  static boolean openEnded(TrainingSpec training) {
    return training.schedule() == LearningRateKind.CONSTANT
        || training.schedule() == LearningRateKind.STEP;
  }

  /** The furthest checkpoint of a task: of its result, or of an attempt that got less far. */
  static Optional<CheckpointRef> last(TaskRecord task) {
    Stream<CheckpointRef> finished =
        task.result().stream()
            .flatMap(result -> result.artifacts().stream())
            .filter(file -> file.kind() == ArtifactKind.CHECKPOINT)
            .flatMap(file -> reference(file).stream());
    return Stream.concat(finished, task.checkpoint().stream())
        .max(Comparator.comparingLong(CheckpointRef::step));
  }

  private static Optional<CheckpointRef> reference(Artifact file) {
    Matcher name = CHECKPOINT.matcher(file.name());
    return name.matches()
        ? Optional.of(new CheckpointRef(Long.parseLong(name.group(1)), file))
        : Optional.empty();
  }
}

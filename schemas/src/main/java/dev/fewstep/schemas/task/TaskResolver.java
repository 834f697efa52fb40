package dev.fewstep.schemas.task;

import dev.fewstep.schemas.Artifact;
import dev.fewstep.schemas.ArtifactKind;
import dev.fewstep.schemas.spec.BaseSpec;
import dev.fewstep.schemas.spec.EvaluationSpec;
import dev.fewstep.schemas.spec.FeatureModes;
import dev.fewstep.schemas.spec.GridPoint;
import dev.fewstep.schemas.spec.LossSpec;
import dev.fewstep.schemas.spec.Nearest;
import dev.fewstep.schemas.spec.SamplingSpec;
import dev.fewstep.schemas.spec.SpecException;
import dev.fewstep.schemas.spec.SpecPath;
import dev.fewstep.schemas.spec.SpecProblem;
import dev.fewstep.schemas.spec.TrainingSpec;
import dev.fewstep.schemas.spec.ValidationSpec;
import dev.fewstep.schemas.spec.WeightedExtractor;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/**
 * Turns the grid points of one experiment into tasks: names become digests, and what one task makes
 * for another becomes a reference to its key. Not thread-safe: it remembers the keys of tasks that
 * trials share.
 */
public final class TaskResolver {
  private static final SpecPath BASE = SpecPath.of("spec", "base");
  private static final SpecPath EVALUATION = SpecPath.of("spec", "evaluation");
  private static final int REMEMBERED = 1000;

  private final EvaluationSpec evaluation;
  private final Inputs inputs;
  private final Map<TaskSpec, Keyed<? extends TaskSpec>> remembered = new HashMap<>();
  private Optional<Resolved> last = Optional.empty();

  /**
   * Resolves for one experiment.
   *
   * @param evaluation how its trials are scored
   * @param inputs what its names stand for, unchanged while this is in use
   */
  public TaskResolver(EvaluationSpec evaluation, Inputs inputs) {
    this.evaluation = evaluation;
    this.inputs = inputs;
  }

  /**
   * The tasks of a trial.
   *
   * @throws SpecException with every input that is not registered or of another kind
   */
  public TrialTasks trial(GridPoint point) {
    BaseSpec base = point.base();
    Resolved resolved = resolve(base);
    Keyed<FinetuneTask> finetune =
        Keyed.of(
            new FinetuneTask(
                resolved.weights(),
                resolved.dataset(),
                base.data().flip(),
                base.sampling(),
                MmdLossTask.of(base.loss(), resolved.trained()),
                base.training().nameless(),
                resolved.validation(),
                point.seed()));
    SourceRef finetuned = SourceRef.upstream(finetune.key(), ArtifactKind.WEIGHTS);
    return new TrialTasks(
        resolved.references(),
        resolved.pretrain(),
        finetune,
        Keyed.of(evaluation(finetuned, base.sampling(), resolved)),
        remember(evaluation(resolved.weights(), base.sampling(), resolved)));
  }

  /**
   * The tasks that score the base model at {@code evaluation.baseSteps}, sampled otherwise as base
   * says.
   *
   * @throws SpecException with every input that is not registered or of another kind
   */
  public BaseTasks baseEvaluations(BaseSpec base) {
    Resolved resolved = resolve(base);
    Map<Integer, Keyed<EvaluateTask>> evaluations = new LinkedHashMap<>();
    for (int steps : evaluation.baseSteps()) {
      SamplingSpec sampling =
          new SamplingSpec(steps, base.sampling().spacing(), base.sampling().eta());
      evaluations.put(steps, remember(evaluation(resolved.weights(), sampling, resolved)));
    }
    return new BaseTasks(resolved.references(), resolved.pretrain(), evaluations);
  }

  private EvaluateTask evaluation(SourceRef weights, SamplingSpec sampling, Resolved resolved) {
    return new EvaluateTask(
        weights,
        sampling,
        evaluation.samples(),
        evaluation.seed(),
        evaluation.batch(),
        resolved.scored(),
        evaluation.metrics(),
        evaluation.features(),
        evaluation.bootstrap());
  }

  /** All seeds of a point share its configuration. */
  private Resolved resolve(BaseSpec base) {
    if (last.filter(before -> before.base().equals(base)).isEmpty()) {
      last = Optional.of(resolveAnew(base));
    }
    return last.get();
  }

  private Resolved resolveAnew(BaseSpec base) {
    List<SpecProblem> problems = new ArrayList<>();
    SourceRef dataset =
        input(
            base.data().train(), ArtifactKind.DATASET, BASE.child("data").child("train"), problems);
    List<WeightedSpace> trained = trained(base.loss(), problems);
    Optional<SourceRef> validation = validation(base.training(), problems);
    // By digest, so that the order neither of names nor of the loss's own space divides equal
    // tasks.
    TreeSet<FeatureSpace> spaces =
        new TreeSet<>(
            Comparator.comparing((FeatureSpace space) -> space.extractor().value())
                .thenComparing(FeatureSpace::mode));
    trained.forEach(loss -> spaces.add(loss.space()));
    SpecPath scored = EVALUATION.child("extractors");
    for (int i = 0; i < evaluation.extractors().size(); i++) {
      spaces.add(space(evaluation.extractors().get(i), scored.child(i), problems));
    }
    SourceRef real =
        input(
            evaluation.reference(), ArtifactKind.DATASET, EVALUATION.child("reference"), problems);
    Map<FeatureSpace, SourceRef> known = new HashMap<>();
    evaluation
        .statistics()
        .forEach(
            (written, name) -> {
              SpecPath path = EVALUATION.child("statistics").child(written);
              known.put(
                  space(written, path, problems),
                  input(name, ArtifactKind.STATISTICS, path, problems));
            });
    Optional<SourceRef> imported =
        base.model()
            .weights()
            .map(
                name ->
                    input(
                        name,
                        ArtifactKind.WEIGHTS,
                        BASE.child("model").child("weights"),
                        problems));
    if (!problems.isEmpty()) {
      throw new SpecException(problems);
    }
    Optional<Keyed<PretrainTask>> pretrain =
        base.model()
            .pretrain()
            .map(
                spec ->
                    remember(
                        new PretrainTask(dataset, spec.network(), spec.training(), spec.seed())));
    List<Keyed<ReferenceTask>> references = new ArrayList<>();
    List<ScoredSpace> scoredSpaces = new ArrayList<>();
    for (FeatureSpace space : spaces) {
      SourceRef statistics = known.get(space);
      if (statistics == null) {
        Keyed<ReferenceTask> task = remember(new ReferenceTask(real, space, evaluation.features()));
        references.add(task);
        statistics = SourceRef.upstream(task.key(), ArtifactKind.STATISTICS);
      }
      scoredSpaces.add(new ScoredSpace(space, statistics));
    }
    SourceRef weights =
        pretrain
            .map(task -> SourceRef.upstream(task.key(), ArtifactKind.WEIGHTS))
            .or(() -> imported)
            .orElseThrow();
    return new Resolved(
        base, dataset, weights, trained, validation, pretrain, references, scoredSpaces);
  }

  private List<WeightedSpace> trained(LossSpec loss, List<SpecProblem> problems) {
    SpecPath place = BASE.child("loss");
    List<WeightedSpace> spaces = new ArrayList<>();
    for (WeightedExtractor trained : loss.trained()) {
      SpecPath path =
          loss.extractor().isPresent()
              ? place.child("extractor")
              : place.child("extractors").child(spaces.size()).child("extractor");
      FeatureSpace space = space(trained.extractor(), path, problems);
      if (!FeatureModes.differentiable(space.mode())) {
        problems.add(
            SpecProblem.at(
                path,
                "images pass through 8 bits in mode '"
                    + space.mode()
                    + "', so nothing can be trained on it",
                List.of("a mode with a gradient"),
                FeatureModes.differentiableTwin(space.mode())));
      }
      spaces.add(new WeightedSpace(space, trained.weight()));
    }
    return spaces;
  }

  private Optional<SourceRef> validation(TrainingSpec training, List<SpecProblem> problems) {
    SpecPath path = BASE.child("training").child("validation").child("dataset");
    return training
        .validation()
        .flatMap(ValidationSpec::dataset)
        .map(name -> input(name, ArtifactKind.DATASET, path, problems));
  }

  private FeatureSpace space(String written, SpecPath path, List<SpecProblem> problems) {
    int slash = written.indexOf('/');
    String name = slash < 0 ? written : written.substring(0, slash);
    String mode = slash < 0 ? "" : written.substring(slash + 1);
    if (!FeatureModes.wellFormed(mode)) {
      problems.add(
          SpecProblem.at(
              path,
              "'" + mode + "' is not a mode of an extractor",
              List.of("a word such as clip or clip-pil, with +grey to repeat grey images"),
              Optional.empty()));
    }
    return new FeatureSpace(input(name, ArtifactKind.EXTRACTOR, path, problems), mode);
  }

  private SourceRef input(
      String name, ArtifactKind kind, SpecPath path, List<SpecProblem> problems) {
    Optional<Artifact> found = inputs.find().apply(name);
    String wanted = kind.name().toLowerCase(Locale.ROOT);
    if (found.isEmpty()) {
      List<String> names =
          inputs.names().get().stream()
              .filter(other -> inputs.find().apply(other).filter(a -> a.kind() == kind).isPresent())
              .sorted()
              .toList();
      problems.add(
          SpecProblem.at(
              path,
              "no " + wanted + " is registered as '" + name + "'",
              names.isEmpty()
                  ? List.of("an import of one first")
                  : names.stream().limit(20).toList(),
              Nearest.to(name, names)));
    } else if (found.get().kind() != kind) {
      String is = found.get().kind().name().toLowerCase(Locale.ROOT);
      problems.add(
          SpecProblem.at(
              path,
              "'" + name + "' is registered as " + is,
              List.of("the name of a registered " + wanted),
              Optional.empty()));
    }
    // The stand-in of a missing input is never seen: resolving ends with the problems.
    return SourceRef.digest(found.map(Artifact::sha256).orElse("0".repeat(64)));
  }

  @SuppressWarnings("unchecked") // a specification is remembered under itself
  private <T extends TaskSpec> Keyed<T> remember(T spec) {
    if (remembered.size() > REMEMBERED) {
      remembered.clear();
    }
    return (Keyed<T>) remembered.computeIfAbsent(spec, Keyed::of);
  }

  private record Resolved(
      BaseSpec base,
      SourceRef dataset,
      SourceRef weights,
      List<WeightedSpace> trained,
      Optional<SourceRef> validation,
      Optional<Keyed<PretrainTask>> pretrain,
      List<Keyed<ReferenceTask>> references,
      List<ScoredSpace> scored) {}
}

package dev.fewstep.schemas.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fewstep.schemas.Artifact;
import dev.fewstep.schemas.ArtifactKind;
import dev.fewstep.schemas.Digests;
import dev.fewstep.schemas.spec.EvaluationSpec;
import dev.fewstep.schemas.spec.ExperimentSpec;
import dev.fewstep.schemas.spec.ExperimentSpecs;
import dev.fewstep.schemas.spec.Grid;
import dev.fewstep.schemas.spec.Samples;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class TrialTasksTest {
  private static final Map<String, Artifact> REGISTERED =
      Map.of(
          "fashion-mnist-train", artifact(ArtifactKind.DATASET, "train"),
          "fashion-mnist-test", artifact(ArtifactKind.DATASET, "test"),
          "fashion-mnist-base", artifact(ArtifactKind.WEIGHTS, "base"),
          "fashion-mnist-a", artifact(ArtifactKind.EXTRACTOR, "a"),
          "fashion-mnist-b", artifact(ArtifactKind.EXTRACTOR, "b"));
  private static final ExperimentSpec FULL =
      ExperimentSpecs.parse("full.yaml", Samples.text("spec/full.yaml"));
  private static final EvaluationSpec EVALUATION = FULL.spec().evaluation();

  private final Grid grid = Grid.of(FULL.spec());

  @Test
  void wiresTheTasksOfATrialToEachOther() {
    TrialTasks tasks = TrialTasks.of(grid.point(3), EVALUATION, Inputs.of(REGISTERED));

    FinetuneTask finetune = tasks.finetune().spec();
    assertThat(finetune.weights()).isEqualTo(SourceRef.digest(sha("base")));
    assertThat(finetune.dataset()).isEqualTo(SourceRef.digest(sha("train")));
    assertThat(finetune.flip()).isTrue();
    assertThat(finetune.seed()).isEqualTo(1);
    assertThat(finetune.sampling().steps()).isEqualTo(5);
    assertThat(finetune.loss().space())
        .isEqualTo(new FeatureSpace(SourceRef.digest(sha("a")), "multi"));
    assertThat(tasks.evaluate().spec().weights())
        .isEqualTo(SourceRef.upstream(tasks.finetune().key(), ArtifactKind.WEIGHTS));
    assertThat(tasks.baseline().spec().weights()).isEqualTo(finetune.weights());
    assertThat(tasks.baseline().spec().spaces()).isEqualTo(tasks.evaluate().spec().spaces());
    assertThat(tasks.evaluate().spec().spaces())
        .extracting(ScoredSpace::statistics)
        .containsExactlyElementsOf(
            tasks.references().stream()
                .map(task -> SourceRef.upstream(task.key(), ArtifactKind.STATISTICS))
                .toList());
    assertThat(tasks.references())
        .extracting(task -> task.spec().dataset())
        .containsOnly(SourceRef.digest(sha("test")));
  }

  @Test
  void ordersTasksAfterWhatTheyDependOn() {
    Set<String> seen = new HashSet<>();
    for (Keyed<? extends TaskSpec> task :
        TrialTasks.of(grid.point(0), EVALUATION, Inputs.of(REGISTERED)).all()) {
      assertThat(task.key()).isEqualTo(TaskKey.of(task.spec()));
      task.spec()
          .sources()
          .forEach(source -> source.upstreamKey().ifPresent(key -> assertThat(seen).contains(key)));
      seen.add(task.key());
    }
    assertThat(seen).hasSize(5);
  }

  @Test
  void sharesWhatDoesNotDependOnTheTrial() {
    TaskResolver resolver = new TaskResolver(EVALUATION, Inputs.of(REGISTERED));
    TrialTasks first = resolver.trial(grid.point(0));
    TrialTasks otherSeed = resolver.trial(grid.point(1));
    TrialTasks otherKernel = resolver.trial(grid.point(4));
    TrialTasks otherSteps = resolver.trial(grid.point(2));

    assertThat(otherSeed.finetune().key()).isNotEqualTo(first.finetune().key());
    assertThat(otherSeed.baseline()).isEqualTo(first.baseline());
    assertThat(otherKernel.baseline()).isEqualTo(first.baseline());
    assertThat(otherSteps.baseline().key()).isNotEqualTo(first.baseline().key());
    assertThat(otherSteps.references()).isEqualTo(first.references());
  }

  @Test
  void scoresEquallyWhicheverSpaceIsTrainedOnAndHoweverItIsNamed() {
    String other =
        Samples.text("spec/full.yaml")
            .replace("extractor: fashion-mnist-a/multi", "extractor: fashion-mnist-b")
            .replace("[fashion-mnist-b]", "[alias/multi, fashion-mnist-b]");
    Map<String, Artifact> inputs = new HashMap<>(REGISTERED);
    inputs.put("alias", REGISTERED.get("fashion-mnist-a"));
    ExperimentSpec trainsOnB = ExperimentSpecs.parse("b.yaml", other);

    assertThat(
            TrialTasks.of(
                    Grid.of(trainsOnB.spec()).point(0),
                    trainsOnB.spec().evaluation(),
                    Inputs.of(inputs))
                .baseline())
        .isEqualTo(TrialTasks.of(grid.point(0), EVALUATION, Inputs.of(inputs)).baseline());
  }

  @Test
  void scoresEverySpaceThatIsTrainedOn() {
    String text =
        Samples.text("spec/full.yaml")
            .replace(
                "extractor: fashion-mnist-a/multi",
                "extractors: [{extractor: fashion-mnist-a/multi}, {extractor: c, weight: 0.5}]");
    Map<String, Artifact> inputs = new HashMap<>(REGISTERED);
    inputs.put("c", artifact(ArtifactKind.EXTRACTOR, "c"));
    ExperimentSpec several = ExperimentSpecs.parse("several.yaml", text);

    TrialTasks tasks =
        TrialTasks.of(
            Grid.of(several.spec()).point(0), several.spec().evaluation(), Inputs.of(inputs));

    assertThat(tasks.finetune().spec().loss().spaces())
        .containsExactly(
            new WeightedSpace(new FeatureSpace(SourceRef.digest(sha("a")), "multi"), 1),
            new WeightedSpace(new FeatureSpace(SourceRef.digest(sha("c")), ""), 0.5));
    assertThat(tasks.finetune().spec().sources())
        .contains(SourceRef.digest(sha("a")), SourceRef.digest(sha("c")));
    assertThat(tasks.references())
        .extracting(task -> task.spec().space().extractor())
        .containsExactlyInAnyOrder(
            SourceRef.digest(sha("a")), SourceRef.digest(sha("b")), SourceRef.digest(sha("c")));
  }

  @Test
  void aTaskHoldsTheDigestOfItsValidationImagesAndNotTheirName() {
    String text =
        Samples.text("spec/full.yaml")
            .replace("warmup: 10}", "warmup: 10, validation: {dataset: fashion-mnist-test}}");
    ExperimentSpec validated = ExperimentSpecs.parse("validated.yaml", text);

    FinetuneTask task =
        TrialTasks.of(Grid.of(validated.spec()).point(0), EVALUATION, Inputs.of(REGISTERED))
            .finetune()
            .spec();

    assertThat(task.validation()).contains(SourceRef.digest(sha("test")));
    assertThat(task.sources()).contains(SourceRef.digest(sha("test")));
    assertThat(TaskKey.text(task)).doesNotContain("fashion-mnist-test").contains("patience");
  }

  @Test
  void whatAKernelDoesNotUseMakesNoTaskOfItsOwn() {
    String wide = Samples.text("spec/full.yaml").replace("kernel: cubic,", "sigma: 3, degree: 5,");
    TrialTasks cubic =
        TrialTasks.of(
            Grid.of(ExperimentSpecs.parse("wide.yaml", wide).spec()).point(0),
            EVALUATION,
            Inputs.of(REGISTERED));

    assertThat(cubic.finetune())
        .isEqualTo(TrialTasks.of(grid.point(0), EVALUATION, Inputs.of(REGISTERED)).finetune());
  }

  @Test
  void evaluatesTheBaseModelAtFurtherSteps() {
    BaseTasks tasks =
        new TaskResolver(EVALUATION, Inputs.of(REGISTERED)).baseEvaluations(grid.point(0).base());

    assertThat(tasks.evaluations().keySet()).containsExactly(10, 50);
    assertThat(tasks.evaluations().get(50).spec().sampling().steps()).isEqualTo(50);
    assertThat(tasks.evaluations().get(10))
        .as("shared with the baseline of the trial at ten steps")
        .isEqualTo(TrialTasks.of(grid.point(10), EVALUATION, Inputs.of(REGISTERED)).baseline());
    assertThat(tasks.all()).hasSize(4);
  }

  @Test
  void pretrainsWhenTheModelIsNotImported() {
    String text =
        Samples.text("spec/full.yaml")
            .replace(
                "{weights: fashion-mnist-base}",
                "{pretrain: {network: {imageSize: 28, channels: 1}, training: {}}}");
    ExperimentSpec experiment = ExperimentSpecs.parse("p.yaml", text);

    TrialTasks tasks =
        TrialTasks.of(Grid.of(experiment.spec()).point(0), EVALUATION, Inputs.of(REGISTERED));

    Keyed<PretrainTask> pretrain = tasks.pretrain().orElseThrow();
    assertThat(pretrain.spec().dataset()).isEqualTo(SourceRef.digest(sha("train")));
    assertThat(tasks.finetune().spec().weights())
        .isEqualTo(SourceRef.upstream(pretrain.key(), ArtifactKind.WEIGHTS));
    assertThat(tasks.baseline().spec().weights()).isEqualTo(tasks.finetune().spec().weights());
    assertThat(tasks.all()).hasSize(6);
  }

  @Test
  void namesEveryInputThatIsMissingWithTheNearestRegisteredOne() {
    Map<String, Artifact> inputs = new HashMap<>(REGISTERED);
    inputs.put("fashion-mnist-trian", inputs.remove("fashion-mnist-train"));
    inputs.put("fashion-mnist-base", artifact(ArtifactKind.EXTRACTOR, "a"));

    assertThatThrownBy(() -> TrialTasks.of(grid.point(0), EVALUATION, Inputs.of(inputs)))
        .hasMessage(
            "spec.base.data.train: no dataset is registered as 'fashion-mnist-train'; expected one"
                + " of fashion-mnist-test, fashion-mnist-trian; did you mean 'fashion-mnist-trian'?\n"
                + "spec.base.model.weights: 'fashion-mnist-base' is registered as extractor;"
                + " expected the name of a registered weights");
    assertThatThrownBy(
            () ->
                TrialTasks.of(
                    grid.point(0), EVALUATION, new Inputs(n -> Optional.empty(), List::of)))
        .hasMessageContaining("an import of one first");
  }

  private static Artifact artifact(ArtifactKind kind, String name) {
    return new Artifact(kind, name, 1, sha(name));
  }

  private static String sha(String name) {
    return Digests.sha256Hex(name);
  }
}

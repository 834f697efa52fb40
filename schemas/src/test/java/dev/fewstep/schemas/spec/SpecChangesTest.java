package dev.fewstep.schemas.spec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fewstep.schemas.Json;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Specifications made of others, and specifications as text. */
class SpecChangesTest {
  private static final String TEXT =
      """
      apiVersion: fewstep/v1
      kind: Experiment
      metadata: {name: e, labels: {answer: "no", digits: "010"}}
      spec:
        base:
          data: {train: train}
          model: {weights: ddpm}
          loss: {extractor: small/multi}
          training: {iterations: 20}
        grid:
          sampling.steps: [4, 5]
          training.iterations: [10, 20]
        exclude:
          - {sampling.steps: 5, training.iterations: 20}
        include:
          - {training: {iterations: 7, warmup: 0}}
        evaluation: {reference: test, extractors: [wide], samples: 2048}
      """;

  private final ExperimentSpec spec = ExperimentSpecs.parse("e.yaml", TEXT);

  private static JsonNode json(Object value) {
    return Json.toTree(value);
  }

  private static SpecChanges set(String path, Object value) {
    return new SpecChanges(Optional.empty(), Map.of(path, json(value)), Map.of(), Map.of());
  }

  @Test
  void whatIsWrittenIsReadAsItWas() {
    String yaml = SpecText.yaml(spec);
    assertThat(yaml).contains("answer: \"no\"").contains("digits: \"010\"");
    assertThat(yaml).contains("    sampling.steps: [4, 5]\n");
    assertThat(Json.toText(ExperimentSpecs.parse("again.yaml", yaml))).isEqualTo(Json.toText(spec));
    assertThat(Json.toText(ExperimentSpecs.parse("again.json", Json.toText(spec))))
        .isEqualTo(Json.toText(spec));
  }

  @Test
  void extendingRaisesTheIterationsWhereverTheyStand() {
    ExperimentBody longer = SpecChanges.extended(spec, 30).spec();
    assertThat(longer.base().path("training").path("iterations").asInt()).isEqualTo(50);
    assertThat(longer.grid().get("training.iterations"))
        .extracting(JsonNode::asInt)
        .containsExactly(40, 50);
    assertThat(longer.exclude().get(0).get("training.iterations").asInt()).isEqualTo(50);
    assertThat(longer.include().get(0).get("training").path("iterations").asInt()).isEqualTo(37);
    assertThat(longer.grid().get("sampling.steps"))
        .isEqualTo(spec.spec().grid().get("sampling.steps"));

    Grid before = Grid.of(spec.spec());
    Grid after = Grid.of(longer);
    assertThat(after.size()).isEqualTo(before.size());
    for (long trial = 0; trial < before.size(); trial++) {
      assertThat(after.point(trial).base().training())
          .isEqualTo(
              before
                  .point(trial)
                  .base()
                  .training()
                  .withIterations(before.point(trial).base().training().iterations() + 30));
    }
  }

  @Test
  void extendingWhatLeavesTheIterationsOutStartsFromTheDefault() {
    ExperimentSpec plain =
        ExperimentSpecs.parse(
            "e.yaml", TEXT.replaceAll("(?m)^.*(training|exclude|include|iterations).*\\n", ""));
    assertThat(
            SpecChanges.extended(plain, 5)
                .spec()
                .base()
                .path("training")
                .path("iterations")
                .asInt())
        .isEqualTo(TrainingSpec.defaults().iterations() + 5);
    assertThatThrownBy(() -> SpecChanges.extended(plain, Integer.MAX_VALUE))
        .isInstanceOf(SpecException.class)
        .hasMessageContaining("more than there can be");
    assertThatThrownBy(() -> SpecChanges.extended(plain, 0)).hasMessageContaining("+1 or more");
  }

  @Test
  void extendingAllLeavesNothingHalved() {
    String text =
        """
        apiVersion: fewstep/v1
        kind: Experiment
        metadata: {name: h}
        spec:
          base:
            data: {train: d}
            model: {weights: w}
            loss: {extractor: a}
            training: {iterations: 20, validation: {every: 5}}
          grid: {training.ema: [0, 0.5, 0.9]}
          search: {method: halving, minIterations: 5, reduction: 2, trials: 2, seed: 3}
          evaluation: {reference: r, extractors: [b]}
        """;
    ExperimentSpec drawn = ExperimentSpecs.parse("h.yaml", text);
    ExperimentSpec whole =
        ExperimentSpecs.parse("h.yaml", text.replace(", trials: 2, seed: 3", ""));

    ExperimentBody all = SpecChanges.extendedAll(drawn, 0).spec();
    assertThat(all.searched())
        .isEqualTo(
            new SearchSpec(SearchMethod.RANDOM, Optional.of(2), 3L, null, null, Optional.empty()));
    assertThat(Grid.of(all).point(1)).isEqualTo(Grid.of(drawn.spec()).point(1));
    assertThat(SpecChanges.extendedAll(whole, 5).spec().search()).isEmpty();
    assertThat(SpecChanges.extended(drawn, 7).spec().search()).isEqualTo(drawn.spec().search());
    assertThat(Grid.of(SpecChanges.extendedAll(whole, 5).spec()).point(2).base().training())
        .isEqualTo(Grid.of(whole.spec()).point(2).base().training().withIterations(25));
    assertThatThrownBy(() -> SpecChanges.extendedAll(whole, -1)).hasMessageContaining("+0 or more");
  }

  @Test
  void pathsLeadIntoBaseOrIntoTheRestOfTheBody() {
    ExperimentSpec changed =
        new SpecChanges(
                Optional.of("other"),
                Map.of(
                    "loss.kernel", json("rbf"),
                    "policy.priority", json(80),
                    "metadata.project", json("vision"),
                    "spec.seeds", json(List.of(3, 4))),
                Map.of("training.learningRate", List.of(json(1e-5), json(2e-5))),
                Map.of("sampling.steps", List.of(json(5), json(8))))
            .of(spec);
    assertThat(changed.metadata().name()).isEqualTo("other");
    assertThat(changed.metadata().project()).isEqualTo("vision");
    assertThat(changed.spec().base().path("loss").path("kernel").asText()).isEqualTo("rbf");
    assertThat(changed.spec().policy().priority()).isEqualTo(80);
    assertThat(changed.spec().seeds()).containsExactly(3L, 4L);
    assertThat(changed.spec().grid().get("training.learningRate")).hasSize(2);
    assertThat(changed.spec().grid().get("sampling.steps"))
        .extracting(JsonNode::asInt)
        .as("a value that is there is not added")
        .containsExactly(4, 5, 8);
  }

  @Test
  void anAxisThatIsSetIsNoneAnyMoreAndNullMeansTheDefault() {
    ExperimentSpec fixed = set("sampling.steps", 9).of(withoutExclusions());
    assertThat(fixed.spec().grid()).containsOnlyKeys("training.iterations");
    assertThat(fixed.spec().base().path("sampling").path("steps").asInt()).isEqualTo(9);

    ExperimentSpec usual =
        new SpecChanges(
                Optional.empty(),
                Map.of("training.iterations", Json.specs().nullNode()),
                Map.of(),
                Map.of())
            .of(withoutExclusions());
    assertThat(usual.spec().base().path("training").has("iterations")).isFalse();
  }

  private static ExperimentSpec withoutExclusions() {
    return ExperimentSpecs.parse("e.yaml", TEXT.replaceAll("(?m)^ *exclude:\\n.*\\n", ""));
  }

  @Test
  void whatIsNoPathIsRefusedWithItsPathAndTheNearestName() {
    assertThatThrownBy(() -> set("training.iteratons", 5).of(spec))
        .hasMessageContaining("spec.base.training.iteratons")
        .hasMessageContaining("did you mean 'training.iterations'");
    assertThatThrownBy(() -> set("polcy.priority", 5).of(spec))
        .hasMessageContaining("did you mean 'policy'");
    assertThatThrownBy(() -> set("policy.priorty", 5).of(spec))
        .hasMessageContaining("spec.policy.priorty")
        .hasMessageContaining("did you mean 'priority'");
    assertThatThrownBy(() -> set("metadata", "x").of(spec)).hasMessageContaining("names no field");
    assertThatThrownBy(() -> set("metadata.name.first", "x").of(spec))
        .hasMessageContaining("name has no fields");
    assertThatThrownBy(() -> set("training..iterations", 1).of(spec))
        .hasMessageContaining("names no field");
    assertThatThrownBy(() -> set("loss.kernel", "cubik").of(spec))
        .hasMessageContaining("spec.base.loss.kernel");
  }

  @Test
  void axesAreAddedOnceAndValuesOnlyToAxes() {
    assertThatThrownBy(
            () ->
                new SpecChanges(
                        Optional.empty(),
                        Map.of(),
                        Map.of("sampling.steps", List.of(json(1))),
                        Map.of("sampling.step", List.of(json(1))))
                    .of(spec))
        .hasMessageContaining("sampling.steps is an axis already")
        .hasMessageContaining("did you mean 'sampling.steps'");
  }

  @Test
  void aValueThatAnAxisOfItsGroupWouldHideIsRefused() {
    ExperimentSpec grouped =
        new SpecChanges(
                Optional.empty(),
                Map.of(),
                Map.of(
                    "loss",
                    List.of(json(Map.of("kernel", "rbf")), json(Map.of("kernel", "cubic")))),
                Map.of())
            .of(spec);
    assertThatThrownBy(() -> set("loss.kernel", "rbf").of(grouped))
        .hasMessageContaining("the axis loss decides loss.kernel");
  }
}

package dev.fewstep.orchestrator.view;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fewstep.orchestrator.experiment.Played;
import dev.fewstep.orchestrator.experiment.Results;
import dev.fewstep.orchestrator.view.TrialLineage.Edge;
import dev.fewstep.orchestrator.view.TrialLineage.Node;
import dev.fewstep.schemas.TaskState;
import dev.fewstep.schemas.state.ExperimentRecord;
import dev.fewstep.schemas.state.TrialKeys;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class TrialLineageTest {
  private final Played played = new Played();

  private static Node node(TrialLineage lineage, String label) {
    return lineage.nodes().stream()
        .filter(node -> node.label().equals(label))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no node " + label + " in " + lineage.nodes()));
  }

  private static void wellFormed(TrialLineage lineage) {
    Set<String> seen = new HashSet<>();
    lineage.nodes().forEach(node -> assertThat(seen.add(node.id())).as(node.id()).isTrue());
    for (Edge edge : lineage.edges()) {
      assertThat(seen).contains(edge.from(), edge.to());
    }
  }

  @Test
  void inputs_lead_to_tasks_and_tasks_to_artifacts() {
    ExperimentRecord experiment =
        played.submit(Experiments.grid("e", "{\"sampling.steps\": [4, 5]}", "[1]"));
    played.finishAll();

    TrialLineage lineage = TrialLineage.of(played.state(), experiment, 1);

    wellFormed(lineage);
    Node finetune = node(lineage, "finetune");
    Node weights = node(lineage, "weights");
    Node evaluation = node(lineage, "evaluation, finetuned");
    assertThat(node(lineage, "ddpm").kind()).isEqualTo("WEIGHTS");
    assertThat(node(lineage, "train").kind()).isEqualTo("DATASET");
    assertThat(node(lineage, "small").kind()).isEqualTo("EXTRACTOR");
    assertThat(finetune.state()).contains(TaskState.SUCCEEDED);
    assertThat(weights.sha256()).isPresent();
    assertThat(lineage.edges())
        .contains(
            new Edge(node(lineage, "ddpm").id(), finetune.id()),
            new Edge(finetune.id(), weights.id()),
            new Edge(weights.id(), evaluation.id()),
            new Edge(node(lineage, "ddpm").id(), node(lineage, "evaluation, base model").id()));
    assertThat(lineage.tasks()).hasSize(5);
  }

  @Test
  void without_results_tasks_lead_to_tasks() {
    ExperimentRecord experiment = played.submit(Experiments.grid("e", "{}", "[1]"));

    TrialLineage lineage = TrialLineage.of(played.state(), experiment, 0);

    wellFormed(lineage);
    assertThat(lineage.nodes()).extracting(Node::kind).doesNotContain("ARTIFACT");
    assertThat(lineage.edges())
        .contains(
            new Edge(node(lineage, "finetune").id(), node(lineage, "evaluation, finetuned").id()));
  }

  @Test
  void salted_keys_are_those_of_the_state() {
    ExperimentRecord experiment =
        played.submit(Experiments.spec("e", "", "", ", \"policy\": {\"cache\": false}"));
    played.finishAll();

    TrialLineage lineage = TrialLineage.of(played.state(), experiment, 0);

    wellFormed(lineage);
    assertThat(lineage.tasks()).allMatch(key -> played.state().task(key).isPresent());
    assertThat(lineage.edges())
        .contains(
            new Edge(node(lineage, "weights").id(), node(lineage, "evaluation, finetuned").id()));
  }

  @Test
  void a_task_has_a_role_in_a_trial_or_is_only_needed() {
    ExperimentRecord experiment = played.submit(Experiments.grid("e", "{}", "[1]"));
    Optional<TrialKeys> keys = new Results(played.state()).standing(experiment, 0).tasks();
    List<Optional<TrialLineage.Role>> roles =
        TrialLineage.of(played.state(), experiment, 0).tasks().stream()
            .map(key -> TrialLineage.role(keys, key))
            .toList();
    assertThat(roles)
        .containsExactly(
            Optional.empty(),
            Optional.empty(),
            Optional.of(TrialLineage.Role.FINETUNE),
            Optional.of(TrialLineage.Role.EVALUATE),
            Optional.of(TrialLineage.Role.BASELINE));
    assertThat(TrialLineage.role(Optional.empty(), "any")).isEmpty();
  }
}

package dev.fewstep.orchestrator.view;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fewstep.orchestrator.experiment.Played;
import dev.fewstep.orchestrator.experiment.Results;
import dev.fewstep.orchestrator.experiment.TrialStanding;
import dev.fewstep.schemas.ArtifactKind;
import dev.fewstep.schemas.spec.ExperimentSpec;
import dev.fewstep.schemas.spec.SpecChanges;
import dev.fewstep.schemas.spec.SpecDocument;
import dev.fewstep.schemas.spec.SpecReader;
import dev.fewstep.schemas.state.ExperimentRecord;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class ReproductionTest {
  private final Played played = new Played();

  /** Every trial alone plans to the tasks that it has in its experiment. */
  private void same(ExperimentSpec spec) {
    ExperimentRecord experiment = played.submit(spec);
    GridFacts facts = GridFacts.of(experiment);
    for (int trial = 0; trial < experiment.trials(); trial++) {
      String command =
          Reproduction.commands(played.state(), experiment, facts, trial, Optional.empty());
      ExperimentSpec alone = read(command).of(experiment.spec());
      assertThat(Played.trials(experiment, alone)).isEqualTo(1);
      assertThat(Played.keys(experiment, alone))
          .as("trial " + trial)
          .isEqualTo(Played.keys(experiment, trial));
    }
  }

  /** The changes as a shell and {@code fewstep clone} read them. */
  private static SpecChanges read(String command) {
    Map<String, JsonNode> set = new LinkedHashMap<>();
    Matcher words = Pattern.compile("--set '((?:[^']|'\\\\'')*)'").matcher(command);
    while (words.find()) {
      String word = words.group(1).replace("'\\''", "'");
      int equals = word.indexOf('=');
      SpecDocument value = SpecReader.read("--set", "value: " + word.substring(equals + 1) + "\n");
      assertThat(value.problems()).isEmpty();
      set.put(word.substring(0, equals), value.tree().path("value"));
    }
    return new SpecChanges(Optional.of("alone"), set, Map.of(), Map.of());
  }

  @Test
  void a_trial_of_a_plain_grid_has_the_same_task_keys_alone() {
    same(
        Experiments.grid(
            "plain",
            "{\"sampling.steps\": [4, 5], \"training.learningRate\": [1e-5, 2.5e-6]}",
            "[0, 7, 9007199254740993]"));
  }

  @Test
  void groups_lists_exclusions_and_inclusions_keep_their_meaning() {
    same(
        Experiments.spec(
            "groups",
            "",
            ", \"training\": {\"iterations\": 7, \"clipNorm\": 0.5}",
            """
            , "grid": {"training": [{"learningRate": 1e-5, "warmup": 0}, {"clipNorm": 0.25, "schedule": "cosine"}],
                       "loss.alphas": [[1.0], [2.0, 3.0]], "loss.kernel": ["cubic", "rbf"]},
              "exclude": [{"loss.kernel": "rbf", "loss.alphas": [1.0]}],
              "include": [{"training.iterations": 9}, {"loss": {"gamma": 0.1, "kernel": "rbf"}}],
              "seeds": [3]
            """));
  }

  @Test
  void a_trial_that_was_drawn_has_the_same_task_keys_alone() {
    same(
        Experiments.spec(
            "drawn",
            "",
            "",
            """
            , "grid": {"sampling.steps": [4, 5]},
              "search": {"method": "random", "trials": 4, "seed": 3,
                         "ranges": {"training.learningRate": {"logUniform": [1e-6, 1e-4]},
                                    "loss.kernel": {"choice": ["cubic", "rbf"]}}}
            """));
  }

  @Test
  void a_halved_trial_is_trained_as_far_as_it_was() {
    ExperimentRecord experiment =
        played.submit(
            Experiments.spec(
                "halved",
                "",
                ", \"training\": {\"iterations\": 18, \"validation\": {\"every\": 2}}",
                """
                , "grid": {"training.learningRate": [1e-5, 2e-5, 3e-5]}, "seeds": [1],
                  "search": {"method": "halving", "minIterations": 2}
                """));
    played.finishAll();
    GridFacts facts = GridFacts.of(experiment);
    int stopped = 0;
    for (int trial = 0; trial < 3; trial++) {
      TrialStanding standing =
          new Results(played.state())
              .standing(played.state().experiment(experiment.id()).orElseThrow(), trial);
      ExperimentSpec alone =
          Reproduction.changes(experiment, facts, trial, standing.rung()).of(experiment.spec());
      assertThat(Played.keys(experiment, alone))
          .contains(standing.tasks().orElseThrow().finetune());
      stopped += standing.stopped() ? 1 : 0;
    }
    assertThat(stopped).isPositive();
  }

  @Test
  void the_command_is_one_of_a_shell_and_says_when_the_keys_would_be_others() {
    ExperimentRecord experiment =
        played.submit(
            Experiments.spec(
                "n".repeat(63),
                "",
                "",
                ", \"grid\": {\"loss.kernel\": [\"cubic\"]}, \"policy\": {\"cache\": false}"));
    GridFacts facts = GridFacts.of(experiment);

    String before = Reproduction.commands(played.state(), experiment, facts, 0, Optional.empty());
    assertThat(before)
        .startsWith("# policy.cache is false")
        .contains("\nfewstep clone " + experiment.id() + " --name " + "n".repeat(55) + "-trial-0")
        .contains("--set 'grid={}' \\\n  --set 'seeds=[0]' \\\n  --set 'loss.kernel=\"cubic\"'")
        .doesNotContain("other bytes");

    played.register(ArtifactKind.WEIGHTS, "ddpm", "newer");
    assertThat(Reproduction.commands(played.state(), experiment, facts, 0, Optional.empty()))
        .startsWith("# The input ddpm means other bytes now");
  }
}

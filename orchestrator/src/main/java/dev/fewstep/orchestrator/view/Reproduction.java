package dev.fewstep.orchestrator.view;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fewstep.orchestrator.experiment.OrchestratorState;
import dev.fewstep.orchestrator.experiment.RungView;
import dev.fewstep.schemas.Artifact;
import dev.fewstep.schemas.Json;
import dev.fewstep.schemas.spec.SpecChanges;
import dev.fewstep.schemas.state.ExperimentRecord;
import dev.fewstep.schemas.state.InputRecord;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * How one trial is repeated alone: a clone of its experiment whose only trial it is. The clone has
 * the same task keys, so that results that are still there serve.
 */
public final class Reproduction {
  private static final int LONGEST_NAME = 63;

  private Reproduction() {}

  /**
   * What the clone changes.
   *
   * @param facts those of the experiment
   * @param rung how far the trial has come, when trials are halved: no further is gone
   */
  public static SpecChanges changes(
      ExperimentRecord experiment, GridFacts facts, int trial, Optional<RungView> rung) {
    Map<String, JsonNode> set = new LinkedHashMap<>();
    // The axes go first: what an axis decides cannot be set.
    set.put("grid", Json.specs().createObjectNode());
    if (!experiment.spec().spec().include().isEmpty()) {
      set.put("include", Json.specs().createArrayNode());
    }
    if (!experiment.spec().spec().exclude().isEmpty()) {
      set.put("exclude", Json.specs().createArrayNode());
    }
    if (experiment.spec().spec().search().isPresent()) {
      set.put("search", Json.specs().nullNode());
    }
    set.put("seeds", Json.specs().createArrayNode().add(facts.seed(trial)));
    facts.values(trial).forEach((path, value) -> lay(set, path, value));
    rung.ifPresent(
        at -> {
          int whole = facts.point(trial).base().training().iterations();
          List<Integer> rungs = experiment.spec().spec().searched().rungs(whole);
          set.put(
              "training.iterations",
              Json.specs().getNodeFactory().numberNode(rungs.get(at.rung())));
        });
    return new SpecChanges(Optional.of(name(experiment, trial)), set, Map.of(), Map.of());
  }

  /** A value laid over base leaves the fields of a group that it does not name. */
  private static void lay(Map<String, JsonNode> set, String path, JsonNode value) {
    if (value.isObject() && !value.isEmpty()) {
      value.properties().forEach(field -> lay(set, path + "." + field.getKey(), field.getValue()));
    } else {
      set.put(path, value);
    }
  }

  private static String name(ExperimentRecord experiment, int trial) {
    String ending = "-trial-" + trial;
    String name = experiment.spec().metadata().name();
    return name.substring(0, Math.min(name.length(), LONGEST_NAME - ending.length())) + ending;
  }

  /** The commands of a shell, with remarks where the keys would be others. */
  public static String commands(
      OrchestratorState state,
      ExperimentRecord experiment,
      GridFacts facts,
      int trial,
      Optional<RungView> rung) {
    SpecChanges changes = changes(experiment, facts, trial, rung);
    StringBuilder text = new StringBuilder();
    for (Map.Entry<String, Artifact> input : new TreeMap<>(experiment.inputs()).entrySet()) {
      String was = input.getValue().sha256();
      Optional<String> now =
          state.input(input.getKey()).map(InputRecord::artifact).map(Artifact::sha256);
      if (now.isPresent() && !now.get().equals(was)) {
        text.append("# The input ")
            .append(input.getKey())
            .append(" means other bytes now; the trial's had the digest ")
            .append(was)
            .append(".\n");
      }
    }
    if (!experiment.spec().spec().policy().cache()) {
      text.append("# policy.cache is false: the tasks are run again under keys of their own.\n");
    }
    text.append("fewstep clone ").append(experiment.id());
    text.append(" --name ").append(changes.name().orElseThrow());
    changes
        .set()
        .forEach(
            (path, value) ->
                text.append(" \\\n  --set ").append(quoted(path + "=" + Json.toText(value))));
    return text.append(" \\\n  --watch").toString();
  }

  /** One word of a POSIX shell. */
  private static String quoted(String word) {
    return "'" + word.replace("'", "'\\''") + "'";
  }
}

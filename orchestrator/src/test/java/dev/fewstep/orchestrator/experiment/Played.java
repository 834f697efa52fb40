package dev.fewstep.orchestrator.experiment;

import dev.fewstep.schemas.ArtifactKind;
import dev.fewstep.schemas.TaskKind;
import dev.fewstep.schemas.message.Command;
import dev.fewstep.schemas.message.Report;
import dev.fewstep.schemas.message.TaskMessage;
import dev.fewstep.schemas.spec.ExperimentSpec;
import dev.fewstep.schemas.state.ExperimentRecord;
import dev.fewstep.schemas.task.TaskSpec;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.Function;

/** A played world for tests of other packages: experiments whose tasks a test finishes. */
public final class Played {
  private final World world = new World().withInputs();
  private final UUID worker = world.worker();

  /** The folded state. */
  public OrchestratorState state() {
    return world.state;
  }

  /** The specification of a JSON text. */
  public static ExperimentSpec read(String json) {
    return Specs.read(json);
  }

  /** Submits and returns the record. */
  public ExperimentRecord submit(ExperimentSpec spec) {
    String id = world.submit(spec);
    return world.state.experiment(id).orElseThrow();
  }

  /** Gives a name another meaning. */
  public void register(ArtifactKind kind, String name, String content) {
    world.send(
        new Command.RegisterInput(world.id(), world.time, name, Specs.file(kind, content), "test"));
  }

  /** Finishes up to so many tasks, each with the scores that are told of it. */
  public void finish(int tasks, Function<TaskMessage, Map<String, Double>> scores) {
    for (int i = 0; i < tasks && !world.published.isEmpty(); i++) {
      World.Execution e = world.start(worker);
      Report.Succeeded report = world.success(e);
      Map<String, Double> all = new HashMap<>(report.scores());
      all.putAll(scores.apply(e.task()));
      world.send(
          new Report.Succeeded(
              report.at(),
              report.taskKey(),
              report.attempt(),
              report.executionId(),
              report.artifacts(),
              all,
              report.provenance(),
              report.seconds()));
    }
  }

  /** Starts every finetune, each on a worker of its own; other tasks on the way are finished. */
  public void startAll() {
    while (!world.published.isEmpty()) {
      World.Execution e =
          world.start(
              world.published.getFirst().kind() == TaskKind.FINETUNE ? world.worker() : worker);
      if (e.task().kind() != TaskKind.FINETUNE) {
        world.succeed(e);
      }
    }
  }

  /** Finishes everything; finetuned weights score half of what the base weights score. */
  public void finishAll() {
    finish(Integer.MAX_VALUE, Played::halved);
  }

  /** Scores that tell which evaluation they are of. */
  public static Map<String, Double> halved(TaskMessage task) {
    if (task.kind() != TaskKind.EVALUATE) {
      return Map.of("final_loss", 0.5, "validation_mmd", 0.1, "validation_loss", 0.05);
    }
    boolean finetuned = task.spec().path("weights").asText().startsWith("task:");
    double steps = task.spec().path("sampling").path("steps").asDouble();
    Map<String, Double> scores = new HashMap<>();
    task.spec()
        .path("spaces")
        .forEach(
            space -> {
              String digest = space.path("space").path("extractor").asText().substring(7, 19);
              String mode = space.path("space").path("mode").asText();
              String id = digest + (mode.isEmpty() ? "" : "/" + mode);
              double score = (finetuned ? 50 : 100) / steps;
              scores.put("fd:" + id, score);
              scores.put("fd-low:" + id, score - 1);
              scores.put("fd-high:" + id, score + 1);
              scores.put("kd:" + id, -0.25);
            });
    scores.put("nfe", steps);
    return scores;
  }

  /** The keys of all tasks that an experiment would have now. */
  public static Set<String> keys(ExperimentRecord like, ExperimentSpec spec) {
    TrialSource source = GridTrials.of(spec, like.saltId(), like.inputs());
    Set<String> keys = new TreeSet<>();
    for (int trial = 0; trial < source.trials(); trial++) {
      source.everything(trial).forEach(task -> keys.add(task.key()));
    }
    return keys;
  }

  /** The keys of the tasks of a trial. */
  public static Set<String> keys(ExperimentRecord experiment, int trial) {
    Set<String> keys = new TreeSet<>();
    GridTrials.of(experiment.spec(), experiment.saltId(), experiment.inputs())
        .everything(trial)
        .forEach(task -> keys.add(task.key()));
    return keys;
  }

  /** Number of trials of a specification. */
  public static int trials(ExperimentRecord like, ExperimentSpec spec) {
    return GridTrials.of(spec, like.saltId(), like.inputs()).trials();
  }

  /** The finetunes that are published. */
  public List<TaskSpec> published() {
    return world.published.stream().map(TaskMessage::typedSpec).toList();
  }
}

package dev.fewstep.orchestrator;

import dev.fewstep.orchestrator.experiment.Played;
import dev.fewstep.schemas.Artifact;
import dev.fewstep.schemas.ArtifactKind;
import dev.fewstep.schemas.Digests;
import dev.fewstep.schemas.TaskKind;
import dev.fewstep.schemas.TaskState;
import dev.fewstep.schemas.message.Command;
import dev.fewstep.schemas.spec.ExperimentSpec;
import dev.fewstep.schemas.state.ExperimentRecord;
import dev.fewstep.schemas.state.PlanChunk;
import dev.fewstep.schemas.state.StateRecord;
import dev.fewstep.schemas.state.TaskOrigin;
import dev.fewstep.schemas.state.TaskRecord;
import dev.fewstep.schemas.state.TaskResult;
import dev.fewstep.schemas.state.TrialKeys;
import dev.fewstep.schemas.state.Want;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Makes the state of an installation with many experiments, for benches alone: nothing was trained,
 * and every score is a number out of a seeded generator. Names begin with {@code bench}.
 */
public final class ManyResults {
  private static final Instant AT = Instant.parse("2026-01-01T00:00:00Z");
  private static final int RUN = 500;
  private static final int POINTS_STEPS = 4;
  private static final int SEEDS = 5;

  private final Consumer<StateRecord> out;
  private final Map<String, Artifact> inputs = new HashMap<>();
  private final SplittableRandom random = new SplittableRandom(20_260_101);
  private long sequence;

  /**
   * Nothing yet.
   *
   * @param out takes the records, in an order in which they can be folded
   */
  public ManyResults(Consumer<StateRecord> out) {
    this.out = out;
    input(ArtifactKind.DATASET, "train");
    input(ArtifactKind.DATASET, "test");
    input(ArtifactKind.WEIGHTS, "ddpm");
    input(ArtifactKind.EXTRACTOR, "small");
    input(ArtifactKind.EXTRACTOR, "wide");
  }

  private void input(ArtifactKind kind, String name) {
    inputs.put(name, new Artifact(kind, name, 1, Digests.sha256Hex(name)));
  }

  /** Specification of a number of trials, a multiple of 20. */
  private static ExperimentSpec spec(int trials) {
    String rates =
        IntStream.rangeClosed(1, trials / (POINTS_STEPS * SEEDS))
            .mapToObj(i -> i + "e-7")
            .collect(Collectors.joining(","));
    return Played.read(
        """
        {"apiVersion": "fewstep/v1", "kind": "Experiment", "metadata": {"name": "bench"},
         "spec": {"base": {"data": {"train": "train"}, "model": {"weights": "ddpm"},
                           "loss": {"extractor": "small/multi"}},
                  "grid": {"sampling.steps": [3, 4, 5, 6], "training.learningRate": [%s]},
                  "seeds": [1, 2, 3, 4, 5],
                  "evaluation": {"reference": "test", "extractors": ["wide"],
                                 "samples": 2048, "bootstrap": 100}}}
        """
            .formatted(rates));
  }

  /**
   * Experiments whose trials are all finished.
   *
   * @return the identifier of the last
   */
  public String finished(int experiments, int trials) {
    ExperimentSpec spec = spec(trials);
    String last = "";
    for (int i = 0; i < experiments; i++) {
      last = experiment(spec, trials, true);
    }
    return last;
  }

  /** An experiment of which every finetune waits for a device and everything else for it. */
  public String queued(int trials) {
    return experiment(spec(trials), trials, false);
  }

  private String experiment(ExperimentSpec spec, int trials, boolean finished) {
    sequence++;
    UUID command = new UUID(sequence << 32, sequence);
    String id = "bench-" + String.format("%08x", sequence);
    Instant at = AT.plusSeconds(60 * sequence);
    out.accept(
        StateRecord.of(
            ExperimentRecord.submitted(
                    id,
                    sequence,
                    new Command.SubmitExperiment(command, at, "bench", spec),
                    at,
                    inputs,
                    trials)
                .planned(trials, List.of())));
    for (int from = 0; from < trials; from += RUN) {
      List<TrialKeys> keys = new ArrayList<>();
      for (int trial = from; trial < Math.min(trials, from + RUN); trial++) {
        TaskOrigin origin = new TaskOrigin(id, trial);
        TaskRecord finetune = task(origin, TaskKind.FINETUNE, "finetune", List.of(), at);
        List<String> needs = finished ? List.of() : List.of(finetune.key());
        TaskRecord evaluate = task(origin, TaskKind.EVALUATE, "evaluate", needs, at);
        TaskRecord baseline = task(origin, TaskKind.EVALUATE, "baseline", needs, at);
        keys.add(new TrialKeys(finetune.key(), evaluate.key(), baseline.key()));
        if (finished) {
          out.accept(done(finetune, Map.of("final_loss", 0.1 + 0.1 * random.nextDouble())));
          out.accept(done(evaluate, scores(10)));
          out.accept(done(baseline, scores(30)));
        } else {
          out.accept(StateRecord.of(finetune.edit().state(TaskState.QUEUED).build()));
          out.accept(StateRecord.of(evaluate));
          out.accept(StateRecord.of(baseline));
        }
      }
      out.accept(StateRecord.of(new PlanChunk(id, from, keys)));
    }
    return id;
  }

  private static TaskRecord task(
      TaskOrigin origin, TaskKind kind, String role, List<String> needs, Instant at) {
    String key = Digests.sha256Hex(origin.experimentId() + origin.trial() + role);
    return TaskRecord.created(
        key, kind, origin, Want.live(origin.experimentId()), needs, "cpu", at);
  }

  private Map<String, Double> scores(double around) {
    Map<String, Double> scores = new HashMap<>();
    scores.put("nfe", 5.0);
    for (String space : List.of("small", "wide")) {
      String name =
          Digests.sha256Hex(space).substring(0, 12) + (space.equals("small") ? "/multi" : "");
      double distance = around * (0.8 + 0.4 * random.nextDouble());
      scores.put("fd:" + name, distance);
      scores.put("fd-low:" + name, distance - 1);
      scores.put("fd-high:" + name, distance + 1);
      scores.put("kd:" + name, distance / 100);
    }
    return scores;
  }

  private StateRecord done(TaskRecord task, Map<String, Double> scores) {
    return StateRecord.of(
        task.edit()
            .state(TaskState.SUCCEEDED)
            .finishedAt(task.createdAt().plusSeconds(3_600))
            .result(
                new TaskResult(
                    1, new UUID(1, 1), List.of(), scores, Map.of(), 10 + 10 * random.nextDouble()))
            .build());
  }
}

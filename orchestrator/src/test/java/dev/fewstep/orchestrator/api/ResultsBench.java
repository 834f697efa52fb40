package dev.fewstep.orchestrator.api;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fewstep.orchestrator.experiment.OrchestratorState;
import dev.fewstep.orchestrator.experiment.Played;
import dev.fewstep.orchestrator.view.ExperimentQuery;
import dev.fewstep.orchestrator.view.GridFacts;
import dev.fewstep.orchestrator.view.TrialTable;
import dev.fewstep.schemas.Artifact;
import dev.fewstep.schemas.ArtifactKind;
import dev.fewstep.schemas.Digests;
import dev.fewstep.schemas.Json;
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
import java.lang.management.ManagementFactory;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Prints how long listings and columns take with 500 finished experiments of 200 trials and one of
 * 100,000: processor time of the first answer and of the fastest of ten, and its size. Arguments:
 * number of experiments, trials of the large one.
 */
public final class ResultsBench {
  private static final Instant AT = Instant.parse("2026-01-01T00:00:00Z");
  private static final int RUN = 500;

  private final OrchestratorState state = new OrchestratorState();
  private final Map<String, Artifact> inputs = new HashMap<>();
  private long sequence;

  private ResultsBench() {
    input(ArtifactKind.DATASET, "train");
    input(ArtifactKind.DATASET, "test");
    input(ArtifactKind.WEIGHTS, "ddpm");
    input(ArtifactKind.EXTRACTOR, "small");
    input(ArtifactKind.EXTRACTOR, "wide");
  }

  private void input(ArtifactKind kind, String name) {
    inputs.put(name, new Artifact(kind, name, 1, Digests.sha256Hex(name)));
  }

  private static ExperimentSpec spec(int trials) {
    String rates =
        IntStream.rangeClosed(1, trials / 20)
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

  private String experiment(ExperimentSpec spec, int trials) {
    sequence++;
    UUID command = new UUID(sequence << 32, sequence);
    String id = "bench-" + String.format("%08x", sequence);
    state.replay(
        StateRecord.of(
            ExperimentRecord.submitted(
                    id,
                    sequence,
                    new Command.SubmitExperiment(command, AT, "me", spec),
                    AT,
                    inputs,
                    trials)
                .planned(trials, List.of())));
    for (int from = 0; from < trials; from += RUN) {
      List<TrialKeys> keys = new ArrayList<>();
      for (int trial = from; trial < Math.min(trials, from + RUN); trial++) {
        keys.add(
            new TrialKeys(
                task(id, trial, TaskKind.FINETUNE, "finetune"),
                task(id, trial, TaskKind.EVALUATE, "evaluate"),
                task(id, trial, TaskKind.EVALUATE, "baseline")));
      }
      state.replay(StateRecord.of(new PlanChunk(id, from, keys)));
    }
    return id;
  }

  private String task(String id, int trial, TaskKind kind, String role) {
    String key = Digests.sha256Hex(id + trial + role);
    Map<String, Double> scores = new HashMap<>();
    if (kind == TaskKind.EVALUATE) {
      scores.put("nfe", 5.0);
      for (String space : List.of("small", "wide")) {
        String name =
            Digests.sha256Hex(space).substring(0, 12) + (space.equals("small") ? "/multi" : "");
        scores.put("fd:" + name, 10 + Math.sin(trial));
        scores.put("fd-low:" + name, 9 + Math.sin(trial));
        scores.put("fd-high:" + name, 11 + Math.sin(trial));
        scores.put("kd:" + name, 0.1);
      }
    } else {
      scores.put("final_loss", Math.cos(trial));
    }
    state.replay(
        StateRecord.of(
            TaskRecord.created(
                    key, kind, new TaskOrigin(id, trial), Want.live(id), List.of(), "cpu", AT)
                .edit()
                .state(TaskState.SUCCEEDED)
                .finishedAt(AT)
                .result(new TaskResult(1, new UUID(1, 1), List.of(), scores, Map.of(), 12.5))
                .build()));
    return key;
  }

  /** Runs it. */
  public static void main(String[] args) {
    int experiments = args.length > 0 ? Integer.parseInt(args[0]) : 500;
    int trials = args.length > 1 ? Integer.parseInt(args[1]) : 100_000;
    ResultsBench bench = new ResultsBench();
    ExperimentSpec small = spec(200);
    for (int i = 0; i < experiments; i++) {
      bench.experiment(small, 200);
    }
    OrchestratorState state = bench.state;
    ExperimentQuery all =
        new ExperimentQuery(
            "", Optional.empty(), List.of(), Set.of(), ExperimentQuery.Sort.BEST, false);
    for (String sort : List.of("-submittedAt", "best", "-deviceSeconds", "name")) {
      ExperimentListing listing = new ExperimentListing(new KnownResults());
      ExperimentQuery query = all.sorted(sort);
      time(
          "page of " + experiments + " experiments of 200 trials, " + sort,
          () -> listing.page(state, query, Optional.empty(), 50));
    }
    String large = bench.experiment(spec(trials), trials);
    ExperimentRecord experiment = state.experiment(large).orElseThrow();
    KnownResults known = new KnownResults();
    ExperimentListing listing = new ExperimentListing(known);
    time(
        "the same and one of " + trials + " trials",
        () -> listing.page(state, all.sorted("-submittedAt"), Optional.empty(), 50));
    KnownResults none = new KnownResults();
    time(
        "summary of " + trials + " trials, folded",
        () -> Json.toTree(none.folded(state, experiment).orElseThrow().deviceSeconds()));
    GridFacts facts = known.facts(experiment);
    for (int rows : new int[] {1_000, 5_000}) {
      TrialTable table = new TrialTable(experiment, facts, key -> Map.of());
      time(
          "columns of " + rows + " trials", () -> Json.toTree(table.rows(state, trials / 2, rows)));
    }
  }

  private static void time(String what, Supplier<JsonNode> answer) {
    long first = once(answer);
    int bytes = Json.toBytes(answer.get()).length;
    long best = Long.MAX_VALUE;
    for (int i = 0; i < 10; i++) {
      best = Math.min(best, once(answer));
    }
    System.out.printf(
        "%s: first %.0f ms, then %.1f ms, %.0f kB%n", what, first / 1e6, best / 1e6, bytes / 1e3);
  }

  /** Processor time of this thread with the writing of its JSON. */
  private static long once(Supplier<JsonNode> answer) {
    long start = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    int bytes = Json.toBytes(answer.get()).length;
    if (bytes < 2) {
      throw new IllegalStateException("an answer is empty");
    }
    return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - start;
  }
}

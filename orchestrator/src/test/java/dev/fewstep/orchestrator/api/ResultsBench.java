package dev.fewstep.orchestrator.api;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fewstep.orchestrator.ManyResults;
import dev.fewstep.orchestrator.access.Caller;
import dev.fewstep.orchestrator.experiment.OrchestratorState;
import dev.fewstep.orchestrator.view.ExperimentQuery;
import dev.fewstep.orchestrator.view.GridFacts;
import dev.fewstep.orchestrator.view.TrialTable;
import dev.fewstep.schemas.Json;
import dev.fewstep.schemas.state.ExperimentRecord;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Prints how long listings and columns take with 500 finished experiments of 200 trials and one of
 * many: processor time of the first answer and of the fastest of ten, and its size. System
 * properties: {@code experiments}, {@code large} (trials of the large one).
 */
public final class ResultsBench {
  private ResultsBench() {}

  /** Runs it. */
  public static void main(String[] args) {
    int experiments = Integer.getInteger("experiments", 500);
    int trials = Math.max(20, Integer.getInteger("large", 0));
    OrchestratorState state = new OrchestratorState();
    ManyResults many = new ManyResults(state::replay);
    many.finished(experiments, 200);
    ExperimentQuery all =
        new ExperimentQuery(
            "", Optional.empty(), List.of(), Set.of(), ExperimentQuery.Sort.BEST, false);
    for (String sort : List.of("-submittedAt", "best", "-deviceSeconds", "name")) {
      ExperimentListing listing = new ExperimentListing(new KnownResults());
      ExperimentQuery query = all.sorted(sort);
      time(
          "page of " + experiments + " experiments of 200 trials, " + sort,
          () ->
              listing.page(
                  new ExperimentListing.Asked(Caller.anybody(), state),
                  query,
                  Optional.empty(),
                  50));
    }
    String large = many.finished(1, trials);
    ExperimentRecord experiment = state.experiment(large).orElseThrow();
    KnownResults known = new KnownResults();
    ExperimentListing listing = new ExperimentListing(known);
    time(
        "the same and one of " + trials + " trials",
        () ->
            listing.page(
                new ExperimentListing.Asked(Caller.anybody(), state),
                all.sorted("-submittedAt"),
                Optional.empty(),
                50));
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

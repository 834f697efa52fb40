package dev.fewstep.orchestrator.api;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fewstep.orchestrator.access.Caller;
import dev.fewstep.orchestrator.experiment.ExperimentState;
import dev.fewstep.orchestrator.experiment.OrchestratorState;
import dev.fewstep.orchestrator.view.ExperimentQuery;
import dev.fewstep.orchestrator.view.ExperimentSummary;
import dev.fewstep.schemas.state.ExperimentRecord;
import io.vertx.ext.web.RoutingContext;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** Pages of experiments: those that are searched for, in the order asked for. */
final class ExperimentListing {
  private static final String NEWEST_FIRST = "-submittedAt";

  private final KnownResults known;

  ExperimentListing(KnownResults known) {
    this.known = requireNonNull(known, "known");
  }

  /** What a request asks for. */
  static ExperimentQuery query(RoutingContext context) {
    Set<ExperimentState> states = EnumSet.noneOf(ExperimentState.class);
    for (String asked : texts(context, "state")) {
      for (String state : asked.split(",")) {
        states.add(ExperimentState.valueOf(state));
      }
    }
    return new ExperimentQuery(
            Replies.query(context, "q").orElse(""),
            Replies.query(context, "project"),
            texts(context, "label"),
            states,
            ExperimentQuery.Sort.SUBMITTED_AT,
            true)
        .sorted(Replies.query(context, "sort").orElse(NEWEST_FIRST));
  }

  private static List<String> texts(RoutingContext context, String parameter) {
    return context.queryParam(parameter).stream().filter(text -> !text.isBlank()).toList();
  }

  /**
   * A page. Takes time in proportion to the experiments, and to what has changed of their tasks.
   */
  JsonNode page(Asked asked, ExperimentQuery query, Optional<String> after, int limit) {
    OrchestratorState state = asked.state();
    if (!query.newestFirst()) {
      return sorted(asked, query, after, limit);
    }
    after.ifPresent(last -> ExperimentViews.require(state, last));
    List<ExperimentRecord> found = matching(asked, query, after).limit(limit).toList();
    return Replies.page(found, limit, one -> view(state, one), ExperimentRecord::id);
  }

  /** Who asks, and what of. */
  record Asked(Caller caller, OrchestratorState state) {}

  private static Stream<ExperimentRecord> matching(
      Asked asked, ExperimentQuery query, Optional<String> after) {
    OrchestratorState state = asked.state();
    return state.experiments(after, Integer.MAX_VALUE).stream()
        .filter(experiment -> asked.caller().sees(experiment.spec().metadata().project()))
        .filter(experiment -> query.matches(experiment, where(state, experiment)));
  }

  private static ExperimentState where(OrchestratorState state, ExperimentRecord experiment) {
    return state.progress(experiment.id()).orElseThrow().state();
  }

  private record Placed(ExperimentQuery.Key key, ExperimentRecord experiment) {}

  private JsonNode sorted(Asked asked, ExperimentQuery query, Optional<String> after, int limit) {
    OrchestratorState state = asked.state();
    Comparator<ExperimentQuery.Key> order = query.order();
    Optional<ExperimentQuery.Key> last = after.map(ExperimentListing::key);
    List<Placed> found =
        matching(asked, query, Optional.empty())
            .map(experiment -> new Placed(key(state, query, experiment), experiment))
            .filter(placed -> last.isEmpty() || order.compare(placed.key, last.get()) > 0)
            .sorted(Comparator.comparing(Placed::key, order))
            .limit(limit)
            .toList();
    return Replies.page(
        found, limit, placed -> view(state, placed.experiment), placed -> placed.key.cursor());
  }

  private static ExperimentQuery.Key key(String cursor) {
    try {
      return ExperimentQuery.Key.of(cursor);
    } catch (IllegalArgumentException e) {
      throw ApiException.of(400, "'after' must be the 'next' of a page in the same order.");
    }
  }

  private ExperimentQuery.Key key(
      OrchestratorState state, ExperimentQuery query, ExperimentRecord experiment) {
    Optional<ExperimentSummary> summary =
        query.sort().results() ? known.summary(state, experiment) : Optional.empty();
    return query.key(experiment, where(state, experiment), state.endedAt(experiment.id()), summary);
  }

  private JsonNode view(OrchestratorState state, ExperimentRecord experiment) {
    return ExperimentViews.summary(state, experiment, known.summary(state, experiment));
  }
}

package dev.fewstep.orchestrator.api;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fewstep.orchestrator.access.Sight;
import dev.fewstep.orchestrator.experiment.OrchestratorState;
import dev.fewstep.orchestrator.nightly.NightlyReport;
import dev.fewstep.schemas.Json;
import dev.fewstep.schemas.message.Command;
import dev.fewstep.schemas.state.BenchmarkRecord;
import dev.fewstep.schemas.state.Problem;
import io.vertx.ext.web.RoutingContext;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** What became of the runs of schedules with a gate. */
final class NightlyRoutes {
  private final Replies replies;
  private final Commands commands;
  private final Clock clock;

  NightlyRoutes(Replies replies, Commands commands, Clock clock) {
    this.replies = requireNonNull(replies, "replies");
    this.commands = requireNonNull(commands, "commands");
    this.clock = requireNonNull(clock, "clock");
  }

  void mount(Operations operations) {
    operations.on(
        "listBenchmarks",
        context -> replies.read(context, fold -> all(AccessGate.sight(context, fold), fold)));
    operations.on("getBenchmark", this::history);
    operations.on("acceptBenchmark", this::accept);
    operations.on("getNightlyReport", this::report);
  }

  private static JsonNode all(Sight sight, OrchestratorState fold) {
    ObjectNode view = Json.messages().createObjectNode();
    ArrayNode items = view.putArray("items");
    for (String name : fold.benchmarks().names()) {
      if (!sight.benchmark(name)) {
        continue;
      }
      ObjectNode item = Json.messages().valueToTree(fold.benchmarks().newest(name).orElseThrow());
      item.remove("scores");
      item.put("runs", fold.benchmarks().history(name).size());
      items.add(item);
    }
    return view;
  }

  private void history(RoutingContext context) {
    String name = context.pathParam("schedule");
    int limit = Replies.limit(context);
    replies.read(
        context,
        fold -> {
          List<BenchmarkRecord> runs = fold.benchmarks().history(name);
          if (runs.isEmpty() && fold.schedules().schedule(name).isEmpty()) {
            throw ApiException.notFound("There is no schedule " + name + ".");
          }
          ObjectNode view = Json.messages().createObjectNode();
          ArrayNode items = view.putArray("items");
          runs.stream().limit(limit).forEach(run -> items.add(Json.toTree(run)));
          return view;
        });
  }

  private void accept(RoutingContext context) {
    String experiment =
        Bodies.text(Bodies.object(context, "experimentId"), "experimentId")
            .orElseThrow(
                () ->
                    ApiException.refused(
                        "experimentId says which run.",
                        List.of(
                            new Problem(
                                "experimentId",
                                "experimentId is required",
                                Optional.of("a run of the schedule"),
                                Optional.empty()))));
    commands.send(
        context,
        new Command.AcceptBenchmark(
            Commands.id(context), clock.instant(), context.pathParam("schedule"), experiment),
        200,
        outcome -> Json.messages().createObjectNode().put("experimentId", outcome.subject()));
  }

  private void report(RoutingContext context) {
    context
        .response()
        .putHeader(
            "Content-Security-Policy",
            "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'");
    replies.text(
        context,
        "text/html; charset=utf-8",
        fold -> {
          Map<String, List<BenchmarkRecord>> runs = new TreeMap<>();
          for (String name : fold.benchmarks().names()) {
            if (AccessGate.sight(context, fold).benchmark(name)) {
              runs.put(name, fold.benchmarks().history(name));
            }
          }
          return NightlyReport.html(runs);
        });
  }
}

package dev.fewstep.orchestrator.api;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fewstep.orchestrator.experiment.OrchestratorState;
import dev.fewstep.orchestrator.experiment.Results;
import dev.fewstep.orchestrator.experiment.TrialStanding;
import dev.fewstep.orchestrator.experiment.TrialView;
import dev.fewstep.orchestrator.export.TableFormat;
import dev.fewstep.orchestrator.log.CurveEnd;
import dev.fewstep.orchestrator.log.MetricsTail;
import dev.fewstep.orchestrator.log.StateView;
import dev.fewstep.orchestrator.view.Column;
import dev.fewstep.orchestrator.view.GridFacts;
import dev.fewstep.orchestrator.view.Reproduction;
import dev.fewstep.orchestrator.view.Space;
import dev.fewstep.orchestrator.view.TableRows;
import dev.fewstep.orchestrator.view.TrialLineage;
import dev.fewstep.orchestrator.view.TrialTable;
import dev.fewstep.schemas.Json;
import dev.fewstep.schemas.spec.BaseSpec;
import dev.fewstep.schemas.spec.EvaluationSpec;
import dev.fewstep.schemas.spec.ExperimentBody;
import dev.fewstep.schemas.state.ExperimentRecord;
import dev.fewstep.schemas.state.TaskRecord;
import io.vertx.ext.web.RoutingContext;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The results of an experiment as the page draws them: columns, and one trial with all of it. */
final class ResultRoutes {
  private static final int COLUMNS_LIMIT = 1_000;
  private static final int EXPORTED_AT_ONCE = 1_000;

  private final Replies replies;
  private final StateView state;
  private final MetricsTail curves;
  private final ArchiveRoutes archives;
  private final KnownResults known;
  private final ArtifactStreams streams;

  ResultRoutes(
      Replies replies,
      StateView state,
      MetricsTail curves,
      ArchiveRoutes archives,
      KnownResults known,
      ArtifactStreams streams) {
    this.replies = requireNonNull(replies, "replies");
    this.state = requireNonNull(state, "state");
    this.curves = requireNonNull(curves, "curves");
    this.archives = requireNonNull(archives, "archives");
    this.known = requireNonNull(known, "known");
    this.streams = requireNonNull(streams, "streams");
  }

  void mount(Operations operations) {
    operations.on("getColumns", this::columns);
    operations.on("getTrial", this::trial);
    operations.on("exportTrials", this::export);
  }

  /** What is known of a finetune that runs, by the names of results. */
  private Map<String, Double> training(String taskKey) {
    Map<String, CurveEnd> ends = curves.ends(taskKey);
    Map<String, Double> numbers = new HashMap<>();
    Optional.ofNullable(ends.get("loss"))
        .ifPresent(
            loss -> {
              numbers.put("final_loss", loss.last().value());
              numbers.put("loss_min", loss.least().value());
              numbers.put("loss_min_step", (double) loss.least().step());
            });
    Optional.ofNullable(ends.get("validation_loss"))
        .ifPresent(loss -> numbers.put("validation_loss", loss.least().value()));
    Optional.ofNullable(ends.get("images_per_second"))
        .ifPresent(speed -> numbers.put("images_per_second", speed.last().value()));
    return numbers;
  }

  private void export(RoutingContext context) {
    String id = context.pathParam("experimentId");
    TableFormat format = TableFormat.named(Replies.query(context, "format").orElse(""));
    replies
        .awaited(context)
        .onSuccess(
            reached ->
                streams.send(
                    context,
                    format.mediaType(),
                    id + "." + format.ending(),
                    () -> written(id, format)))
        .onFailure(context::fail);
  }

  /** Every part is read by itself, so that a slow client holds nothing up. */
  private ArtifactStreams.Writing written(String id, TableFormat format) {
    ArchiveRoutes.Source source = archives.source(id);
    ExperimentRecord experiment = source.read(fold -> ExperimentViews.require(fold, id));
    TrialTable table = new TrialTable(experiment, known.facts(experiment), this::training);
    TableRows rows =
        new TableRows(
            (from, limit) -> source.read(fold -> table.rows(fold, from, limit)),
            table.size(),
            EXPORTED_AT_ONCE);
    return out -> format.write(table.columns(), rows, out);
  }

  private void columns(RoutingContext context) {
    String id = context.pathParam("experimentId");
    int from = Replies.query(context, "from").map(Integer::parseInt).orElse(0);
    int limit = Replies.query(context, "limit").map(Integer::parseInt).orElse(COLUMNS_LIMIT);
    archives.read(context, id, fold -> columns(fold, id, from, limit));
  }

  private JsonNode columns(OrchestratorState fold, String id, int from, int limit) {
    ExperimentRecord experiment = ExperimentViews.require(fold, id);
    GridFacts facts = known.facts(experiment);
    TrialTable table = new TrialTable(experiment, facts, this::training);
    List<Column> columns = table.columns();
    List<List<JsonNode>> rows = table.rows(fold, from, limit);
    ObjectNode view =
        Json.messages()
            .createObjectNode()
            .put("from", from)
            .put("count", rows.size())
            .put("total", table.size())
            .put("offset", state.offset());
    view.set("spec", protocol(experiment, facts));
    ArrayNode items = view.putArray("columns");
    for (int i = 0; i < columns.size(); i++) {
      ObjectNode column = (ObjectNode) Json.toTree(columns.get(i));
      ArrayNode values = column.putArray("values");
      for (List<JsonNode> row : rows) {
        values.add(row.get(i));
      }
      items.add(column);
    }
    return view;
  }

  /** What the scores of an experiment depend on. */
  private static ObjectNode protocol(ExperimentRecord experiment, GridFacts facts) {
    EvaluationSpec evaluation = experiment.spec().spec().evaluation();
    ObjectNode view =
        Json.messages()
            .createObjectNode()
            .put("reference", evaluation.reference())
            .put("samples", evaluation.samples())
            .put("seed", evaluation.seed());
    view.set("metrics", Json.toTree(evaluation.metrics()));
    view.put("bootstrap", evaluation.bootstrap());
    view.put("leadingSpace", facts.leading().name());
    ArrayNode trained = view.putArray("trainedSpaces");
    facts.spaces().stream().filter(Space::trained).map(Space::name).forEach(trained::add);
    view.set("spaces", Json.toTree(facts.spaces()));
    return view;
  }

  private void trial(RoutingContext context) {
    String id = context.pathParam("experimentId");
    int index = Integer.parseInt(context.pathParam("trial"));
    archives.read(context, id, fold -> trial(fold, id, index));
  }

  private JsonNode trial(OrchestratorState fold, String id, int index) {
    ExperimentRecord experiment = ExperimentViews.require(fold, id);
    if (index >= experiment.trials()) {
      throw ApiException.notFound(
          "Experiment " + id + " has " + experiment.trials() + " trials, from 0 on.");
    }
    GridFacts facts = known.facts(experiment);
    Results results = new Results(fold);
    TrialView row = results.trials(id, index, 1).get(0);
    TrialStanding standing = results.standing(experiment, index);
    TrialLineage lineage = TrialLineage.of(fold, experiment, index);
    ObjectNode view = ExperimentViews.trial(row);
    view.put("experiment", id);
    JsonNode keys = view.remove("tasks");
    if (keys != null) {
      view.set("keys", keys);
    }
    view.set("config", Json.toTree(facts.point(index).base()));
    view.set("baselineConfig", Json.toTree(base(experiment.spec().spec(), facts)));
    ArrayNode tasks = view.putArray("tasks");
    for (String key : lineage.tasks()) {
      Optional<TaskRecord> task = fold.task(key);
      if (task.isPresent()) {
        ObjectNode one = TaskViews.whole(fold, task.get(), Optional.of(id));
        TaskViews.log(one, task.get(), curves.lines(key));
        one.put(
            "role",
            TrialLineage.role(standing.tasks(), key)
                .map(Enum::name)
                .orElse(task.get().kind().name()));
        tasks.add(one);
      }
    }
    view.set("lineage", Json.toTree(lineage));
    view.put("reproduce", Reproduction.commands(fold, experiment, facts, index, row.rung()));
    return view;
  }

  /** The base configuration without the grid's values, or the first trial's when it is none. */
  private static BaseSpec base(ExperimentBody body, GridFacts facts) {
    try {
      return Json.specs().convertValue(body.base(), BaseSpec.class);
    } catch (IllegalArgumentException e) {
      return facts.point(0).base();
    }
  }
}

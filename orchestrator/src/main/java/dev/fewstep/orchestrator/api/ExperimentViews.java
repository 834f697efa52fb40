package dev.fewstep.orchestrator.api;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fewstep.orchestrator.experiment.BaseView;
import dev.fewstep.orchestrator.experiment.ExperimentProgress;
import dev.fewstep.orchestrator.experiment.LeaderboardRow;
import dev.fewstep.orchestrator.experiment.OrchestratorState;
import dev.fewstep.orchestrator.experiment.PlanPreview;
import dev.fewstep.orchestrator.experiment.Results;
import dev.fewstep.orchestrator.experiment.RungRow;
import dev.fewstep.orchestrator.experiment.RungView;
import dev.fewstep.orchestrator.experiment.ScoresView;
import dev.fewstep.orchestrator.experiment.TrialView;
import dev.fewstep.orchestrator.view.ExperimentSummary;
import dev.fewstep.orchestrator.view.GridFacts;
import dev.fewstep.schemas.Json;
import dev.fewstep.schemas.spec.EvaluationSpec;
import dev.fewstep.schemas.spec.ExperimentBody;
import dev.fewstep.schemas.spec.Nearest;
import dev.fewstep.schemas.state.ArchivedRecord;
import dev.fewstep.schemas.state.ExperimentRecord;
import dev.fewstep.telemetry.Traceparent;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** Experiments, their trials and scores as JSON. Called by several threads, each with the state. */
final class ExperimentViews {
  /** What a trial is that others of its rung were better than. */
  private static final String STOPPED = "STOPPED";

  /** Name of the space that a trial is trained in. */
  private static final String TRAINED = "trained";

  /** How many of the newest experiments a wrong id is compared with. */
  private static final int NEAREST_OF = 1000;

  private final KnownResults known;
  private OrchestratorState last;
  private Results results;

  ExperimentViews(KnownResults known) {
    this.known = requireNonNull(known, "known");
  }

  /** Results of a state keep what they read of grids; one thread at a time. */
  synchronized <T> T results(OrchestratorState state, Function<Results, T> question) {
    if (last != state) {
      last = state;
      results = new Results(state);
    }
    return question.apply(results);
  }

  static ExperimentRecord require(OrchestratorState state, String id) {
    return state.experiment(id).orElseThrow(() -> unknown(state, id));
  }

  private static ApiException unknown(OrchestratorState state, String id) {
    List<String> known =
        state.experiments(Optional.empty(), NEAREST_OF).stream().map(ExperimentRecord::id).toList();
    return ApiException.notFound(
        "There is no experiment "
            + id
            + Nearest.to(id, known).map(name -> "; did you mean " + name + "?").orElse("."));
  }

  /** One experiment with its specification. */
  JsonNode one(OrchestratorState state, String id, Optional<ArchivedRecord> archived) {
    ExperimentRecord experiment = require(state, id);
    ObjectNode view =
        summary(
            state,
            experiment,
            archived.isPresent()
                ? known.folded(state, experiment)
                : known.summary(state, experiment));
    archived.ifPresent(
        entry -> {
          view.put("archivedAt", entry.archivedAt().toString());
          view.set("archive", Json.toTree(entry.archive()));
          entry.imported().ifPresent(origin -> view.set("imported", Json.toTree(origin)));
        });
    view.set("inputs", Json.toTree(experiment.inputs()));
    view.set("spec", Json.toTree(experiment.spec()));
    state.replacement(id).ifPresent(replacement -> view.put("replacedBy", replacement.id()));
    List<RungRow> rungs = results(state, results -> results.rungs(id));
    if (!rungs.isEmpty()) {
      view.set("rungs", Json.toTree(rungs));
    }
    view.set("advice", Json.toTree(advice(experiment.spec().spec())));
    return view;
  }

  /** An experiment as listings show it. */
  static ObjectNode summary(
      OrchestratorState state, ExperimentRecord experiment, Optional<ExperimentSummary> folded) {
    ObjectNode view =
        Json.messages()
            .createObjectNode()
            .put("id", experiment.id())
            .put("name", experiment.spec().metadata().name())
            .put("project", experiment.spec().metadata().project());
    Optional<ExperimentProgress> progress = state.progress(experiment.id());
    progress.ifPresent(p -> view.put("state", p.state().name()));
    view.put("trials", experiment.trials()).put("planned", experiment.planned());
    progress.ifPresent(p -> view.set("tasks", Json.toTree(p.tasks())));
    view.set("labels", Json.toTree(experiment.spec().metadata().labels()));
    view.put("submittedBy", experiment.submittedBy());
    view.put("submittedAt", experiment.submittedAt().toString());
    experiment
        .traceparent()
        .flatMap(place -> Traceparent.traceId(Traceparent.parse(place)))
        .ifPresent(trace -> view.put("traceId", trace));
    ObjectNode policy = view.putObject("policy");
    policy.put("priority", experiment.currentPriority());
    policy.put("maxParallel", experiment.currentMaxParallel());
    policy.put("cache", experiment.spec().spec().policy().cache());
    view.put("priority", experiment.currentPriority()).put("paused", experiment.paused());
    folded.ifPresent(
        known -> {
          known.best().ifPresent(best -> view.set("best", Json.toTree(best)));
          view.put("deviceSeconds", known.deviceSeconds());
        });
    experiment.lineage().ifPresent(from -> view.set("lineage", Json.toTree(from)));
    state.endedAt(experiment.id()).ifPresent(at -> view.put("endedAt", at.toString()));
    experiment.pausedAt().ifPresent(at -> view.put("pausedAt", at.toString()));
    experiment.cancelledAt().ifPresent(at -> view.put("cancelledAt", at.toString()));
    experiment.planFailure().ifPresent(why -> view.put("failure", why));
    return view;
  }

  /** A page of trials, by index. */
  JsonNode trials(OrchestratorState state, String id, Optional<String> after, int limit) {
    require(state, id);
    int from = after.map(ExperimentViews::index).map(last -> last + 1).orElse(0);
    List<TrialView> found = results(state, results -> results.trials(id, from, limit));
    return Replies.page(
        found, limit, ExperimentViews::trial, trial -> Integer.toString(trial.index()));
  }

  private static int index(String after) {
    try {
      return Math.max(0, Integer.parseInt(after));
    } catch (NumberFormatException e) {
      throw ApiException.of(400, "'after' must be the 'next' of a page of trials.");
    }
  }

  /** A row of the result table. */
  static ObjectNode trial(TrialView trial) {
    ObjectNode view =
        Json.messages().createObjectNode().put("index", trial.index()).put("name", trial.name());
    view.set("values", Json.toTree(trial.values()));
    view.put("seed", trial.seed());
    view.put("state", trial.stopped() ? STOPPED : trial.state().name());
    trial.rung().ifPresent(rung -> view.set("rung", rung(rung)));
    view.put("samplingSteps", trial.samplingSteps());
    trial.nfe().ifPresent(nfe -> view.put("nfe", nfe));
    view.put("kernel", trial.kernel());
    view.put("trainedSpace", trial.extractor());
    view.set("scores", scores(trial.scores()));
    view.set("baseline", scores(trial.baseline()));
    trial.seconds().ifPresent(seconds -> view.put("seconds", seconds));
    trial
        .tasks()
        .ifPresent(
            keys ->
                view.set(
                    "tasks",
                    trial.below()
                        ? Json.messages().createObjectNode().put("finetune", keys.finetune())
                        : Json.toTree(keys)));
    return view;
  }

  private static ObjectNode rung(RungView rung) {
    ObjectNode view =
        Json.messages()
            .createObjectNode()
            .put("rung", rung.rung())
            .put("rungs", rung.rungs())
            .put("iterations", rung.iterations());
    rung.validation().ifPresent(value -> view.put("validation", value));
    return view.put("standing", rung.standing().name());
  }

  private static ObjectNode scores(ScoresView scores) {
    ObjectNode view = Json.messages().createObjectNode();
    scores.trained().ifPresent(score -> view.put(TRAINED, score));
    if (!scores.alsoTrained().isEmpty()) {
      view.set("alsoTrained", Json.toTree(scores.alsoTrained()));
    }
    view.set("heldOut", Json.toTree(scores.heldOut()));
    if (!scores.metrics().isEmpty()) {
      view.set("metrics", Json.toTree(scores.metrics()));
    }
    return view;
  }

  /** Scores of the base model alone. */
  JsonNode base(OrchestratorState state, String id) {
    ExperimentRecord experiment = require(state, id);
    String trained = trained(state, experiment);
    ObjectNode view = Json.messages().createObjectNode();
    ArrayNode items = view.putArray("items");
    for (BaseView base : results(state, results -> results.base(id))) {
      ObjectNode item =
          items
              .addObject()
              .put("samplingSteps", base.samplingSteps())
              .put("task", base.task())
              .put("state", base.state().name());
      base.nfe().ifPresent(nfe -> item.put("nfe", nfe));
      ObjectNode scores = item.putObject("scores");
      ObjectNode heldOut = scores.putObject("heldOut");
      base.scores()
          .forEach(
              (name, score) ->
                  (name.equals(trained) ? scores : heldOut)
                      .put(name.equals(trained) ? TRAINED : name, score));
    }
    return view;
  }

  /** Name of the extractor that an experiment's first trial is trained with. */
  private String trained(OrchestratorState state, ExperimentRecord experiment) {
    return results(state, results -> results.trials(experiment.id(), 0, 1)).get(0).extractor();
  }

  /** Grid points by their mean score, best first. */
  JsonNode leaderboard(OrchestratorState state, String id, Optional<String> asked, int limit) {
    ExperimentRecord experiment = require(state, id);
    EvaluationSpec evaluation = experiment.spec().spec().evaluation();
    String trained = trained(state, experiment);
    List<String> spaces = results(state, results -> results.spaces(id));
    String space =
        asked
            .map(name -> name.equals(TRAINED) ? trained : name)
            .or(() -> spaces.stream().filter(name -> !name.equals(trained)).findFirst())
            .orElse(trained);
    if (!spaces.contains(space)) {
      throw ApiException.notFound(
          "Experiment "
              + id
              + " is not scored in '"
              + space
              + "', but in "
              + String.join(", ", spaces)
              + ".");
    }
    ObjectNode view = Json.messages().createObjectNode().put("space", space);
    view.set("spaces", Json.toTree(spaces));
    view.put("trainedSpace", trained);
    view.put("protocol", GridFacts.protocol(evaluation, space));
    ArrayNode items = view.putArray("items");
    for (LeaderboardRow row : results(state, results -> results.leaderboard(id, space, limit))) {
      int first = row.trials().get(0);
      items.add(row(row, results(state, results -> results.trials(id, first, 1)).get(0)));
    }
    return view;
  }

  private static ObjectNode row(LeaderboardRow row, TrialView first) {
    ObjectNode view = Json.messages().createObjectNode().put("rank", row.rank());
    view.set("values", Json.toTree(row.values()));
    view.set("trials", Json.toTree(row.trials()));
    if (row.trials().size() == 1) {
      view.put("seed", first.seed());
    }
    first.nfe().ifPresent(nfe -> view.put("nfe", nfe));
    view.put("samplingSteps", first.samplingSteps());
    view.put("kernel", first.kernel());
    view.put("score", row.mean());
    view.putObject("overSeeds")
        .put("count", row.trials().size())
        .put("least", row.low())
        .put("greatest", row.high());
    row.halfWidth().ifPresent(half -> ((ObjectNode) view.get("overSeeds")).put("halfWidth", half));
    row.baseline()
        .ifPresent(baseline -> view.put("baseline", baseline).put("ratio", row.mean() / baseline));
    return view;
  }

  /** What makes the scores of an experiment less than they seem. */
  private static List<String> advice(ExperimentBody body) {
    String reference = body.evaluation().reference();
    List<JsonNode> trained = new ArrayList<>();
    trained.add(body.base().path("data").path("train"));
    trained.addAll(body.grid().getOrDefault("data.train", List.of()));
    return trained.stream().anyMatch(name -> reference.equals(name.asText()))
        ? List.of(
            "The reference "
                + reference
                + " is also trained on: a model that memorises it scores well. Compare with a"
                + " held-out split too.")
        : List.of();
  }

  /** What a submission would run. */
  static JsonNode preview(PlanPreview preview) {
    ObjectNode view = Json.messages().createObjectNode().put("trials", preview.trials());
    view.set("tasks", counts(preview.tasks()));
    ObjectNode byKind = view.putObject("byKind");
    for (Map.Entry<?, PlanPreview.Counts> kind : preview.byKind().entrySet()) {
      byKind.set(kind.getKey().toString(), counts(kind.getValue()));
    }
    preview.change().ifPresent(change -> view.set("change", change(change)));
    preview.time().ifPresent(time -> view.set("deviceSeconds", time(time)));
    preview.budget().ifPresent(budget -> view.set("iterations", Json.toTree(budget)));
    preview.extension().ifPresent(extension -> view.set("finetunes", Json.toTree(extension)));
    return view;
  }

  private static ObjectNode time(PlanPreview.DeviceTime time) {
    return Json.messages()
        .createObjectNode()
        .put("estimate", time.estimate())
        .put("low", time.low())
        .put("high", time.high())
        .put("from", time.tasks() == 1 ? "1 earlier task" : time.tasks() + " earlier tasks");
  }

  private static ObjectNode change(PlanPreview.Change change) {
    ObjectNode view = Json.messages().createObjectNode();
    view.set("trials", sets(change.trials()));
    view.set("tasks", sets(change.allTasks()));
    ObjectNode byKind = view.putObject("byKind");
    change.tasks().forEach((kind, counts) -> byKind.set(kind.name(), sets(counts)));
    view.put("stopped", change.stopped());
    return view;
  }

  private static ObjectNode sets(PlanPreview.SetCounts counts) {
    return Json.messages()
        .createObjectNode()
        .put("kept", counts.kept())
        .put("new", counts.added())
        .put("withdrawn", counts.withdrawn());
  }

  private static ObjectNode counts(PlanPreview.Counts counts) {
    return Json.messages()
        .createObjectNode()
        .put("new", counts.fresh())
        .put("cached", counts.cached())
        .put("joined", counts.joined());
  }
}

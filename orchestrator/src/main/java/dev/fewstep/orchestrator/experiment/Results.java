package dev.fewstep.orchestrator.experiment;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fewstep.schemas.Json;
import dev.fewstep.schemas.TaskState;
import dev.fewstep.schemas.spec.GridPoint;
import dev.fewstep.schemas.spec.LossSpec;
import dev.fewstep.schemas.spec.WeightedExtractor;
import dev.fewstep.schemas.state.BaseEvaluation;
import dev.fewstep.schemas.state.ExperimentRecord;
import dev.fewstep.schemas.state.TaskRecord;
import dev.fewstep.schemas.state.TaskResult;
import dev.fewstep.schemas.state.TrialKeys;
import dev.fewstep.schemas.task.SourceRef;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Result tables of experiments, read from the state. For the state's thread. */
public final class Results {
  private final OrchestratorState state;
  private final Plans plans = new Plans();

  /** Results in a state. */
  public Results(OrchestratorState state) {
    this.state = requireNonNull(state, "state");
  }

  /**
   * Trials of an experiment, in order of their index; those that wait to be planned are there too.
   *
   * @param from index of the first, from 0
   * @param limit at most so many
   */
  public List<TrialView> trials(String experimentId, int from, int limit) {
    List<TrialView> views = new ArrayList<>();
    state
        .experiment(experimentId)
        .ifPresent(
            experiment -> {
              int last = (int) Math.min(experiment.trials(), (long) from + limit);
              for (int trial = from; trial < last; trial++) {
                views.add(view(experiment, trial));
              }
            });
    return views;
  }

  private TrialView view(ExperimentRecord experiment, int trial) {
    TrialSource source = plans.of(experiment);
    GridPoint point = source.point(trial);
    TrialStanding standing = standing(experiment, trial);
    Optional<TrialKeys> keys = standing.tasks();
    LossSpec loss = point.base().loss();
    Optional<TaskResult> finetune = keys.flatMap(k -> result(k.finetune(), experiment));
    Optional<TaskResult> evaluate = keys.flatMap(k -> result(k.evaluate(), experiment));
    Optional<TaskResult> baseline = keys.flatMap(k -> result(k.baseline(), experiment));
    return new TrialView(
        trial,
        experiment.id() + "/" + trial,
        point.values(),
        point.seed(),
        standing.state(),
        point.base().sampling().steps(),
        evaluate.flatMap(Results::nfe),
        Json.toTree(loss.kernel()).asText(),
        trained(loss).get(0),
        scores(experiment, source, trained(loss), evaluate),
        scores(experiment, source, trained(loss), baseline),
        evaluate.flatMap(e -> finetune.map(f -> f.seconds() + e.seconds())),
        keys,
        standing.rung());
  }

  /** Where a trial stands; quick, because its configuration is not made. */
  public TrialStanding standing(ExperimentRecord experiment, int trial) {
    Optional<RungView> rung =
        state
            .experimentFold(experiment.id())
            .flatMap(ExperimentFold::halving)
            .flatMap(halving -> halving.view(trial));
    Optional<TrialKeys> keys = keys(experiment, trial, rung);
    return new TrialStanding(
        keys.map(
                k -> rung.isPresent() ? inRung(experiment, k, rung.get()) : together(experiment, k))
            .orElse(unplanned(experiment)),
        keys,
        rung);
  }

  /**
   * What every task that a trial may have is made of, by task key, each behind those that it needs.
   *
   * @throws IllegalArgumentException when its values make no valid configuration
   */
  public Map<String, List<SourceRef>> sources(ExperimentRecord experiment, int trial) {
    Map<String, List<SourceRef>> sources = new LinkedHashMap<>();
    for (PlannedTask task : plans.of(experiment).everything(trial)) {
      sources.put(task.key(), task.spec().sources());
    }
    return sources;
  }

  /** Its tasks; of a trial below the last rung the finetune is that of its present one. */
  private Optional<TrialKeys> keys(
      ExperimentRecord experiment, int trial, Optional<RungView> rung) {
    Optional<TrialKeys> keys = state.trialKeys(experiment.id(), trial);
    return rung.isEmpty()
        ? keys
        : keys.flatMap(
            k ->
                state
                    .experimentFold(experiment.id())
                    .flatMap(fold -> fold.rungs().of(trial))
                    .map(at -> new TrialKeys(at.finetune(), k.evaluate(), k.baseline())));
  }

  /** The state of a trial that is halved: while others decide about it, it is PENDING. */
  private TaskState inRung(ExperimentRecord experiment, TrialKeys keys, RungView rung) {
    return switch (rung.standing()) {
      case OPEN -> state.taskState(keys.finetune(), experiment.id()).orElse(TaskState.PENDING);
      case WAITING -> experiment.withdrawn() ? TaskState.CANCELLED : TaskState.PENDING;
      case STOPPED -> TaskState.SUCCEEDED;
      case FAILED -> TaskState.FAILED;
      case LAST -> together(experiment, keys);
    };
  }

  /** The rungs of an experiment that halves its trials, the first first; else none. */
  public List<RungRow> rungs(String experimentId) {
    return state
        .experimentFold(experimentId)
        .flatMap(ExperimentFold::halving)
        .map(Halving::table)
        .orElse(List.of());
  }

  private static TaskState unplanned(ExperimentRecord experiment) {
    return experiment.withdrawn() ? TaskState.CANCELLED : TaskState.PENDING;
  }

  /** The state of a trial from those of its three tasks. */
  private TaskState together(ExperimentRecord experiment, TrialKeys keys) {
    List<TaskState> states = new ArrayList<>();
    for (String key : List.of(keys.finetune(), keys.evaluate(), keys.baseline())) {
      states.add(state.taskState(key, experiment.id()).orElse(TaskState.PENDING));
    }
    for (TaskState decisive :
        List.of(TaskState.FAILED, TaskState.CANCELLED, TaskState.RUNNING, TaskState.QUEUED)) {
      if (states.contains(decisive)) {
        return decisive;
      }
    }
    if (states.contains(TaskState.PENDING)) {
      boolean begun = states.stream().anyMatch(TaskState::hasResult);
      return begun ? TaskState.RUNNING : TaskState.PENDING;
    }
    return states.contains(TaskState.SUCCEEDED) ? TaskState.SUCCEEDED : TaskState.CACHED;
  }

  /** The result of a task, when it counts for the experiment. */
  public Optional<TaskResult> result(String key, ExperimentRecord experiment) {
    return state
        .task(key)
        .filter(
            task ->
                task.want(experiment.id())
                    .map(want -> want.view(task.state()).hasResult())
                    .orElse(false))
        .flatMap(TaskRecord::result);
  }

  private static Optional<Integer> nfe(TaskResult result) {
    return Optional.ofNullable(result.scores().get("nfe")).map(Double::intValue);
  }

  /** Names of the spaces that a loss is summed over. */
  private static List<String> trained(LossSpec loss) {
    return loss.trained().stream().map(WeightedExtractor::extractor).toList();
  }

  private static ScoresView scores(
      ExperimentRecord experiment,
      TrialSource source,
      List<String> trained,
      Optional<TaskResult> evaluation) {
    if (evaluation.isEmpty()) {
      return ScoresView.NONE;
    }
    Map<String, Double> byName = byName(experiment, source, evaluation.get(), trained);
    Optional<Double> own = Optional.ofNullable(byName.remove(trained.get(0)));
    Map<String, Double> further = new LinkedHashMap<>();
    for (String name : trained) {
      Optional.ofNullable(byName.remove(name)).ifPresent(score -> further.put(name, score));
    }
    Set<String> names = new LinkedHashSet<>(trained);
    names.addAll(experiment.spec().spec().evaluation().extractors());
    Map<String, Map<String, Double>> metrics = new LinkedHashMap<>();
    for (String name : names) {
      metrics.put(name, metrics(evaluation.get(), source.spaceId(name)));
    }
    return new ScoresView(own, further, byName, metrics);
  }

  /** Every score in a space, by metric. */
  private static Map<String, Double> metrics(TaskResult evaluation, String space) {
    String ending = ":" + space;
    Map<String, Double> metrics = new LinkedHashMap<>();
    evaluation
        .scores()
        .forEach(
            (name, value) -> {
              if (name.endsWith(ending)) {
                metrics.put(name.substring(0, name.length() - ending.length()), value);
              }
            });
    return metrics;
  }

  /** Fréchet distances by extractor name. */
  private static Map<String, Double> byName(
      ExperimentRecord experiment,
      TrialSource source,
      TaskResult evaluation,
      List<String> trained) {
    Set<String> names = new LinkedHashSet<>(trained);
    names.addAll(experiment.spec().spec().evaluation().extractors());
    Map<String, Double> byName = new LinkedHashMap<>();
    for (String name : names) {
      Optional.ofNullable(evaluation.scores().get("fd:" + source.spaceId(name)))
          .ifPresent(score -> byName.put(name, score));
    }
    return byName;
  }

  /** The base model alone, by sampling steps as the specification lists them. */
  public List<BaseView> base(String experimentId) {
    List<BaseView> views = new ArrayList<>();
    state
        .experiment(experimentId)
        .ifPresent(
            experiment -> {
              for (BaseEvaluation base : experiment.base()) {
                views.add(view(experiment, base));
              }
            });
    return views;
  }

  private BaseView view(ExperimentRecord experiment, BaseEvaluation base) {
    TrialSource source = plans.of(experiment);
    Optional<TaskResult> result = result(base.taskKey(), experiment);
    List<String> trained = trained(source.point(0).base().loss());
    return new BaseView(
        base.samplingSteps(),
        state.taskState(base.taskKey(), experiment.id()).orElse(TaskState.PENDING),
        result.flatMap(Results::nfe),
        result.map(r -> byName(experiment, source, r, trained)).orElse(Map.of()),
        base.taskKey());
  }

  /** Names of the feature spaces that an experiment is scored in. */
  public List<String> spaces(String experimentId) {
    return state
        .experiment(experimentId)
        .map(
            experiment -> {
              Set<String> names =
                  new LinkedHashSet<>(experiment.spec().spec().evaluation().extractors());
              names.addAll(trained(plans.of(experiment).point(0).base().loss()));
              return List.copyOf(names);
            })
        .orElse(List.of());
  }

  /**
   * Grid points by mean Fréchet distance in a space, best first; points without a score are left
   * out.
   *
   * @param space extractor name as the specification writes it
   * @param limit at most so many
   */
  public List<LeaderboardRow> leaderboard(String experimentId, String space, int limit) {
    Optional<ExperimentRecord> known = state.experiment(experimentId);
    if (known.isEmpty() || !known.get().inputs().containsKey(InputNames.file(space))) {
      return List.of();
    }
    ExperimentRecord experiment = known.get();
    TrialSource source = plans.of(experiment);
    String score = "fd:" + source.spaceId(space);
    Map<Map<String, JsonNode>, Point> points = new HashMap<>();
    Point point = new Point();
    long place = -1;
    for (int trial = 0; trial < experiment.planned(); trial++) {
      TrialKeys keys = state.trialKeys(experimentId, trial).orElseThrow();
      Optional<Double> value = score(keys.evaluate(), experiment, score);
      if (value.isPresent()) {
        if (source.place(trial) != place) {
          place = source.place(trial);
          point = points.computeIfAbsent(source.values(trial), values -> new Point());
        }
        point.add(trial, value.get(), score(keys.baseline(), experiment, score));
      }
    }
    List<Map.Entry<Map<String, JsonNode>, Point>> ordered = new ArrayList<>(points.entrySet());
    ordered.sort(
        Comparator.comparing(
                (Map.Entry<Map<String, JsonNode>, Point> entry) -> mean(entry.getValue().scores))
            .thenComparing(entry -> entry.getValue().trials.get(0)));
    List<LeaderboardRow> rows = new ArrayList<>();
    for (Map.Entry<Map<String, JsonNode>, Point> entry :
        ordered.subList(0, Math.min(limit, ordered.size()))) {
      rows.add(entry.getValue().row(rows.size() + 1, entry.getKey()));
    }
    return rows;
  }

  private Optional<Double> score(String key, ExperimentRecord experiment, String name) {
    return result(key, experiment).map(TaskResult::scores).map(scores -> scores.get(name));
  }

  private static double mean(List<Double> values) {
    return values.stream().mapToDouble(Double::doubleValue).sum() / values.size();
  }

  /** Scores of a grid point over its seeds. */
  private static final class Point {
    private final List<Integer> trials = new ArrayList<>();
    private final List<Double> scores = new ArrayList<>();
    private final List<Double> baselines = new ArrayList<>();

    void add(int trial, double score, Optional<Double> baseline) {
      trials.add(trial);
      scores.add(score);
      baseline.ifPresent(baselines::add);
    }

    LeaderboardRow row(int rank, Map<String, JsonNode> values) {
      return new LeaderboardRow(
          rank,
          values,
          trials,
          mean(scores),
          scores.stream().mapToDouble(Double::doubleValue).min().orElseThrow(),
          scores.stream().mapToDouble(Double::doubleValue).max().orElseThrow(),
          SeedInterval.halfWidth(scores),
          baselines.isEmpty() ? Optional.empty() : Optional.of(mean(baselines)));
    }
  }
}

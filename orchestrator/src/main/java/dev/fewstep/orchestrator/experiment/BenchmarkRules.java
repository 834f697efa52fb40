package dev.fewstep.orchestrator.experiment;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fewstep.orchestrator.nightly.Gate;
import dev.fewstep.schemas.message.Command;
import dev.fewstep.schemas.schedule.GateSpec;
import dev.fewstep.schemas.state.BenchmarkRecord;
import dev.fewstep.schemas.state.ExperimentRecord;
import dev.fewstep.schemas.state.Judgement;
import dev.fewstep.schemas.state.Problem;
import dev.fewstep.schemas.state.ScheduleRecord;
import dev.fewstep.schemas.state.ScheduledRun;
import dev.fewstep.schemas.state.StateRecord;
import dev.fewstep.schemas.state.TaskResult;
import dev.fewstep.schemas.state.TrialKeys;
import dev.fewstep.schemas.state.Verdict;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Judges the runs of schedules that have a gate, in the decision that sees their end. */
final class BenchmarkRules {
  /** Runs that are kept for each schedule: a year and more of nights. */
  static final int KEPT = 400;

  /** Metrics of a run at most; the rest of a grid that is no benchmark is left out. */
  static final int MOST_METRICS = 200;

  private BenchmarkRules() {}

  /** Judges a run that has ended; empty without a gate, or when its experiment is no more. */
  static Optional<BenchmarkRecord> judge(Draft draft, ScheduleRecord schedule, ScheduledRun run) {
    Optional<ExperimentRecord> experiment = draft.experiment(run.experimentId());
    if (schedule.spec().gate().isEmpty() || experiment.isEmpty()) {
      return Optional.empty();
    }
    GateSpec spec = schedule.spec().gate().get();
    Gate gate = new Gate(spec);
    List<BenchmarkRecord> history = draft.state().benchmarks().history(schedule.name());
    Map<String, Map<String, Double>> scores = scores(draft.state(), experiment.get(), spec);
    List<Judgement> judgements = gate.judge(scores, gate.baseline(history));
    Verdict verdict = Gate.verdict(judgements);
    // What failed half way tells nothing about what is usual.
    boolean whole =
        draft.state().progress(run.experimentId()).orElseThrow().state()
            == ExperimentState.SUCCEEDED;
    BenchmarkRecord made =
        new BenchmarkRecord(
            schedule.name(),
            run.experimentId(),
            run.slot(),
            draft.recordTime(),
            scores,
            verdict,
            judgements,
            whole && verdict != Verdict.REGRESSED);
    draft.put(StateRecord.of(made));
    history.stream().skip(KEPT - 1).forEach(old -> draft.put(StateRecord.noBenchmark(old)));
    return Optional.of(made);
  }

  /** The scores that a gate asks for, by metric and seed. */
  private static Map<String, Map<String, Double>> scores(
      OrchestratorState state, ExperimentRecord experiment, GateSpec spec) {
    Results results = new Results(state);
    Map<String, Map<String, Double>> scores = new TreeMap<>();
    for (TrialView trial : results.trials(experiment.id(), 0, experiment.trials())) {
      String point = point(trial.values());
      String seed = Long.toString(trial.seed());
      Optional<TaskResult> finetune =
          trial.tasks().map(TrialKeys::finetune).flatMap(key -> results.result(key, experiment));
      for (String score : spec.scores()) {
        trial
            .scores()
            .metrics()
            .forEach(
                (space, values) ->
                    put(scores, score + ":" + space + point, seed, values.get(score)));
        finetune.ifPresent(made -> put(scores, score + point, seed, made.scores().get(score)));
      }
    }
    return scores;
  }

  private static void put(
      Map<String, Map<String, Double>> scores, String metric, String seed, Double value) {
    boolean room = scores.containsKey(metric) || scores.size() < MOST_METRICS;
    if (value != null && Double.isFinite(value) && room) {
      scores.computeIfAbsent(metric, name -> new TreeMap<>()).put(seed, value);
    }
  }

  /** Such as {@code (loss.kernel=rbf,sampling.steps=5)}; nothing for a grid without axes. */
  private static String point(Map<String, JsonNode> values) {
    if (values.isEmpty()) {
      return "";
    }
    StringBuilder text = new StringBuilder();
    new TreeMap<>(values)
        .forEach(
            (axis, value) ->
                text.append(text.isEmpty() ? "(" : ",")
                    .append(axis)
                    .append('=')
                    .append(value.isValueNode() ? value.asText() : value.toString()));
    return text.append(')').toString();
  }

  static void accept(Draft draft, Command.AcceptBenchmark command) {
    Optional<BenchmarkRecord> run =
        draft.state().benchmarks().run(command.schedule(), command.experimentId());
    if (run.isEmpty()) {
      String reason =
          "schedule " + command.schedule() + " has no judged run " + command.experimentId();
      Outcomes.reject(
          draft,
          command,
          command.experimentId(),
          reason,
          List.of(Problem.of("experimentId", reason)));
      return;
    }
    if (!run.get().accepted()) {
      draft.put(StateRecord.of(run.get().accept()));
    }
    Outcomes.accept(draft, command, command.experimentId());
  }

  /** Forgets the runs of a schedule that is no more. */
  static void forget(Draft draft, String schedule) {
    draft
        .state()
        .benchmarks()
        .history(schedule)
        .forEach(run -> draft.put(StateRecord.noBenchmark(run)));
  }
}

package dev.fewstep.orchestrator.experiment;

import dev.fewstep.schemas.Artifact;
import dev.fewstep.schemas.Lineage;
import dev.fewstep.schemas.TaskKind;
import dev.fewstep.schemas.TaskState;
import dev.fewstep.schemas.spec.ExperimentSpec;
import dev.fewstep.schemas.spec.SpecException;
import dev.fewstep.schemas.state.ExperimentRecord;
import dev.fewstep.schemas.state.Problem;
import dev.fewstep.schemas.state.TaskRecord;
import dev.fewstep.schemas.state.TrialKeys;
import java.time.Instant;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/** Dry runs of planning: nothing is changed and nothing is written. */
public final class Previews {
  private static final String NO_ID = "preview";

  private static final PlanPreview.SetCounts KEPT = new PlanPreview.SetCounts(1, 0, 0);
  private static final PlanPreview.SetCounts ADDED = new PlanPreview.SetCounts(0, 1, 0);
  private static final PlanPreview.SetCounts WITHDRAWN = new PlanPreview.SetCounts(0, 0, 1);

  private Previews() {}

  /** What submitting an experiment that comes from no other would do now. */
  public static PlanPreview plan(ExperimentSpec spec, OrchestratorState state) {
    return plan(spec, Optional.empty(), state);
  }

  /**
   * What submitting an experiment now would do. Takes time in proportion to the trials: the part
   * that needs the state is only the looking up.
   *
   * @param lineage the experiment that it would come from
   */
  public static PlanPreview plan(
      ExperimentSpec spec, Optional<Lineage> lineage, OrchestratorState state) {
    Optional<ExperimentRecord> other =
        lineage
            .filter(from -> from.kind() != Lineage.Kind.CLONES)
            .map(Lineage::experimentId)
            .flatMap(state::experiment);
    Map<String, Artifact> inputs;
    if (lineage.map(Lineage::kind).equals(Optional.of(Lineage.Kind.EXTENDS)) && other.isPresent()) {
      inputs = other.get().inputs();
    } else {
      InputNames.Resolved names = InputNames.resolve(spec.spec(), state);
      if (!names.problems().isEmpty()) {
        return refused(names.problems());
      }
      inputs = names.inputs();
    }
    try {
      String salt = other.map(ExperimentRecord::saltId).orElse(NO_ID);
      Product product = Product.of(GridTrials.of(spec, salt, inputs));
      return plan(product, lineage, other, time(spec, inputs, product, state), state);
    } catch (SpecException e) {
      return refused(SubmissionRules.problems(e));
    } catch (IllegalArgumentException e) {
      return refused(List.of(Problem.of("spec", e.getMessage())));
    }
  }

  private static PlanPreview plan(
      Product product,
      Optional<Lineage> lineage,
      Optional<ExperimentRecord> other,
      Optional<PlanPreview.DeviceTime> time,
      OrchestratorState state) {
    Map<TaskKind, PlanPreview.Counts> byKind = none(PlanPreview.Counts.NONE);
    product.tasks.forEach(
        (key, kind) -> byKind.merge(kind, one(key, state), PlanPreview.Counts::plus));
    Optional<Lineage.Kind> kind = other.flatMap(from -> lineage).map(Lineage::kind);
    boolean extended = kind.filter(Lineage.Kind.EXTENDS::equals).isPresent();
    return new PlanPreview(
        product.source.trials(),
        byKind,
        List.of(),
        kind.filter(Lineage.Kind.REPLACES::equals).map(k -> change(product, other.get(), state)),
        kind.filter(Lineage.Kind.EXTENDS::equals).map(k -> extension(product, lineage, state)),
        product.source.budget(),
        extended ? Optional.empty() : time);
  }

  /**
   * How long devices would work for what is new. Nobody knows it of trials that are halved, of
   * which most are stopped early, and of finetunes that go on from checkpoints.
   */
  private static Optional<PlanPreview.DeviceTime> time(
      ExperimentSpec spec, Map<String, Artifact> inputs, Product product, OrchestratorState state) {
    if (product.source.budget().isPresent()) {
      return Optional.empty();
    }
    Map<TaskKind, Double> work = new EnumMap<>(TaskKind.class);
    product.work.forEach(
        (key, images) -> {
          if (one(key, state).fresh() > 0) {
            work.merge(product.tasks.get(key), images, Double::sum);
          }
        });
    return Estimates.of(spec, inputs, work, state);
  }

  /** The distinct tasks of a grid, and its trials by the tasks that make them. */
  private record Product(
      TrialSource source,
      Map<String, TaskKind> tasks,
      Map<String, Double> work,
      Set<TrialKeys> trials) {
    static Product of(TrialSource source) {
      Map<String, TaskKind> tasks = new HashMap<>();
      Map<String, Double> work = new HashMap<>();
      Consumer<PlannedTask> add =
          task -> {
            tasks.put(task.key(), task.kind());
            work.put(task.key(), Estimates.work(task.spec()));
          };
      Set<TrialKeys> trials = new HashSet<>();
      for (int trial = 0; trial < source.trials(); trial++) {
        TrialSource.TrialPlan plan = source.plan(trial);
        source.begins(trial).forEach(add);
        trials.add(new TrialKeys(plan.finetune(), plan.evaluate(), plan.baseline()));
      }
      source.basePlan().tasks().forEach(add);
      return new Product(source, tasks, work, trials);
    }
  }

  private static PlanPreview.Counts one(String key, OrchestratorState state) {
    Optional<TaskState> where = state.task(key).map(task -> task.state());
    boolean outlived = where.isEmpty() && state.cached(key).isPresent();
    if (outlived || (where.isPresent() && where.get().hasResult())) {
      return new PlanPreview.Counts(0, 1, 0);
    }
    return where.isPresent() && !where.get().isTerminal()
        ? new PlanPreview.Counts(0, 0, 1)
        : new PlanPreview.Counts(1, 0, 0);
  }

  private static PlanPreview.Change change(
      Product product, ExperimentRecord old, OrchestratorState state) {
    Product before = Product.of(GridTrials.of(old.spec(), old.saltId(), old.inputs()));
    Map<TaskKind, PlanPreview.SetCounts> tasks = none(PlanPreview.SetCounts.NONE);
    int stopped = 0;
    for (Map.Entry<String, TaskKind> task : product.tasks.entrySet()) {
      boolean kept = before.tasks.containsKey(task.getKey());
      tasks.merge(task.getValue(), kept ? KEPT : ADDED, PlanPreview.SetCounts::plus);
    }
    for (Map.Entry<String, TaskKind> task : before.tasks.entrySet()) {
      if (!product.tasks.containsKey(task.getKey())) {
        tasks.merge(task.getValue(), WITHDRAWN, PlanPreview.SetCounts::plus);
        boolean stops =
            state.task(task.getKey()).map(known -> stops(known, old.id())).orElse(false);
        stopped += stops ? 1 : 0;
      }
    }
    Set<TrialKeys> kept = new HashSet<>(product.trials);
    kept.retainAll(before.trials);
    return new PlanPreview.Change(
        new PlanPreview.SetCounts(
            kept.size(), product.trials.size() - kept.size(), before.trials.size() - kept.size()),
        tasks,
        stopped);
  }

  /** Whether a task runs for that experiment alone. */
  private static boolean stops(TaskRecord task, String experimentId) {
    return task.state() == TaskState.RUNNING
        && task.wants().stream()
            .filter(want -> want.settled().isEmpty())
            .allMatch(want -> want.experimentId().equals(experimentId));
  }

  private static PlanPreview.Extension extension(
      Product product, Optional<Lineage> lineage, OrchestratorState state) {
    Extensions extensions = new Extensions(new Plans());
    Draft draft = new Draft(state, Instant.EPOCH, Instant.EPOCH);
    Set<String> seen = new HashSet<>();
    int resumed = 0;
    int fromStart = 0;
    for (int trial = 0; trial < product.source.trials(); trial++) {
      for (PlannedTask task : product.source.begins(trial)) {
        boolean runs =
            task.kind() == TaskKind.FINETUNE
                && one(task.key(), state).fresh() > 0
                && seen.add(task.key());
        if (runs && extensions.start(draft, lineage, trial, task).isPresent()) {
          resumed++;
        } else if (runs) {
          fromStart++;
        }
      }
    }
    return new PlanPreview.Extension(resumed, fromStart);
  }

  private static PlanPreview refused(List<Problem> problems) {
    return new PlanPreview(
        0,
        none(PlanPreview.Counts.NONE),
        problems,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty());
  }

  private static <T> Map<TaskKind, T> none(T nothing) {
    Map<TaskKind, T> none = new EnumMap<>(TaskKind.class);
    for (TaskKind kind : TaskKind.values()) {
      none.put(kind, nothing);
    }
    return none;
  }
}

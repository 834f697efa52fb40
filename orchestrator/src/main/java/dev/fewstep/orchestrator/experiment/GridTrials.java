package dev.fewstep.orchestrator.experiment;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fewstep.schemas.Artifact;
import dev.fewstep.schemas.Digests;
import dev.fewstep.schemas.Json;
import dev.fewstep.schemas.spec.BaseSpec;
import dev.fewstep.schemas.spec.ExperimentSpec;
import dev.fewstep.schemas.spec.Grid;
import dev.fewstep.schemas.spec.GridPoint;
import dev.fewstep.schemas.spec.SearchSpec;
import dev.fewstep.schemas.task.BaseTasks;
import dev.fewstep.schemas.task.FeatureSpace;
import dev.fewstep.schemas.task.Inputs;
import dev.fewstep.schemas.task.Keyed;
import dev.fewstep.schemas.task.SourceRef;
import dev.fewstep.schemas.task.TaskResolver;
import dev.fewstep.schemas.task.TaskSpec;
import dev.fewstep.schemas.task.TrialTasks;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The trials of a grid, with the names of inputs resolved to digests.
 *
 * <p>Without caching ({@code policy.cache: false}) every key is salted, with the id of the
 * experiment or of the first of those that it replaces or extends: tasks are shared among these and
 * with nobody else, and other results neither serve nor are replaced.
 */
final class GridTrials implements TrialSource {
  private final Grid grid;
  private final Map<String, Artifact> inputs;
  private final TaskResolver resolver;
  private final Optional<String> salt;
  private final List<Integer> rungs;
  private final int reduction;
  private Optional<Planned> last = Optional.empty();

  /** The trial that was planned last: its first rung is asked for next. */
  private record Planned(int trial, TrialPlan plan) {}

  private GridTrials(
      Grid grid,
      SearchSpec search,
      Map<String, Artifact> inputs,
      TaskResolver resolver,
      Optional<String> salt) {
    this.grid = grid;
    this.rungs = search.rungs(grid.point(0).base().training().iterations());
    this.reduction = search.reduction();
    this.inputs = inputs;
    this.resolver = resolver;
    this.salt = salt;
  }

  /**
   * The trials of an experiment.
   *
   * @param saltId what its keys are salted with when its policy has no cache
   * @param inputs what the names in it mean
   * @throws IllegalArgumentException when its grid is none
   */
  static GridTrials of(ExperimentSpec spec, String saltId, Map<String, Artifact> inputs) {
    requireNonNull(saltId, "saltId");
    Grid grid = Grid.of(spec.spec());
    return new GridTrials(
        grid,
        spec.spec().searched(),
        inputs,
        new TaskResolver(spec.spec().evaluation(), Inputs.of(inputs)),
        spec.spec().policy().cache() ? Optional.empty() : Optional.of(saltId));
  }

  @Override
  public int trials() {
    return Math.toIntExact(grid.size());
  }

  @Override
  public long place(int trial) {
    return grid.place(trial);
  }

  @Override
  public Map<String, JsonNode> values(int trial) {
    return grid.values(trial);
  }

  @Override
  public GridPoint point(int trial) {
    return grid.point(trial);
  }

  @Override
  public TrialPlan plan(int trial) {
    if (last.filter(before -> before.trial() == trial).isEmpty()) {
      last = Optional.of(new Planned(trial, planAnew(trial)));
    }
    return last.get().plan();
  }

  private TrialPlan planAnew(int trial) {
    TrialTasks resolved = resolver.trial(grid.point(trial));
    Map<String, PlannedTask> tasks = planned(resolved.all());
    return new TrialPlan(
        distinct(tasks),
        tasks.get(resolved.finetune().key()).key(),
        tasks.get(resolved.evaluate().key()).key(),
        tasks.get(resolved.baseline().key()).key());
  }

  /** Iterations at the end of each rung of an experiment; one rung when it halves nothing. */
  static List<Integer> rungs(ExperimentSpec spec) {
    Grid grid = Grid.of(spec.spec());
    return spec.spec().searched().rungs(grid.point(0).base().training().iterations());
  }

  @Override
  public List<Integer> rungs() {
    return rungs;
  }

  @Override
  public Optional<PlanPreview.Budget> budget() {
    return rungs.size() > 1
        ? Optional.of(PlanPreview.Budget.of(trials(), rungs, reduction))
        : Optional.empty();
  }

  @Override
  public RungPlan rung(int trial, int rung) {
    if (rung == rungs.size() - 1) {
      TrialPlan whole = plan(trial);
      return new RungPlan(whole.tasks(), whole.finetune());
    }
    GridPoint point = grid.point(trial);
    BaseSpec base = point.base();
    BaseSpec shorter =
        new BaseSpec(
            base.data(),
            base.model(),
            base.sampling(),
            base.loss(),
            base.training().withIterations(rungs.get(rung)));
    TrialTasks resolved =
        resolver.trial(new GridPoint(point.index(), point.values(), point.seed(), shorter));
    List<Keyed<? extends TaskSpec>> needed = new ArrayList<>();
    resolved.pretrain().ifPresent(needed::add);
    needed.add(resolved.finetune());
    Map<String, PlannedTask> tasks = planned(needed);
    return new RungPlan(distinct(tasks), tasks.get(resolved.finetune().key()).key());
  }

  @Override
  public BasePlan basePlan() {
    BaseTasks resolved = resolver.baseEvaluations(grid.point(0).base());
    Map<String, PlannedTask> tasks = planned(resolved.all());
    Map<Integer, String> evaluations = new LinkedHashMap<>();
    resolved
        .evaluations()
        .forEach((steps, task) -> evaluations.put(steps, tasks.get(task.key()).key()));
    return new BasePlan(distinct(tasks), evaluations);
  }

  private static List<PlannedTask> distinct(Map<String, PlannedTask> tasks) {
    return List.copyOf(tasks.values());
  }

  /** By the keys that they have without salt, each behind those that it needs. */
  private Map<String, PlannedTask> planned(List<Keyed<? extends TaskSpec>> resolved) {
    Map<String, PlannedTask> tasks = new LinkedHashMap<>();
    for (Keyed<? extends TaskSpec> task : resolved) {
      tasks.computeIfAbsent(
          task.key(),
          key ->
              salt.map(id -> salted(task, id, tasks))
                  .orElseGet(() -> new PlannedTask(key, task.spec())));
    }
    return tasks;
  }

  private static PlannedTask salted(
      Keyed<? extends TaskSpec> task, String id, Map<String, PlannedTask> upstream) {
    String text = Json.toText(task.spec());
    List<String> needed = new ArrayList<>();
    for (SourceRef source : task.spec().sources()) {
      source.upstreamKey().ifPresent(needed::add);
    }
    for (String key : needed) {
      text = text.replace("task:" + key, "task:" + upstream.get(key).key());
    }
    return new PlannedTask(
        Digests.sha256Hex("fewstep fresh run\n" + id + "\n" + task.key()),
        TaskSpec.read(
            task.spec().kind(),
            Json.fromBytes(text.getBytes(StandardCharsets.UTF_8), JsonNode.class)));
  }

  @Override
  public String spaceId(String extractor) {
    Artifact file = requireNonNull(inputs.get(InputNames.file(extractor)), extractor);
    return new FeatureSpace(SourceRef.digest(file.sha256()), InputNames.mode(extractor)).id();
  }
}

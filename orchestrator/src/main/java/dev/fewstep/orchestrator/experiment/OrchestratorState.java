package dev.fewstep.orchestrator.experiment;

import dev.fewstep.orchestrator.experiment.ExperimentFold.RungChange;
import dev.fewstep.schemas.Lineage;
import dev.fewstep.schemas.TaskState;
import dev.fewstep.schemas.state.ArchivedRecord;
import dev.fewstep.schemas.state.BenchmarkRecord;
import dev.fewstep.schemas.state.CachedRecord;
import dev.fewstep.schemas.state.ClaimRecord;
import dev.fewstep.schemas.state.DeliveryRecord;
import dev.fewstep.schemas.state.DeviceClassRecord;
import dev.fewstep.schemas.state.ExperimentRecord;
import dev.fewstep.schemas.state.InboxPosition;
import dev.fewstep.schemas.state.InputRecord;
import dev.fewstep.schemas.state.LeaderRecord;
import dev.fewstep.schemas.state.LeaseRecord;
import dev.fewstep.schemas.state.OutcomeRecord;
import dev.fewstep.schemas.state.PlanChunk;
import dev.fewstep.schemas.state.ProjectRecord;
import dev.fewstep.schemas.state.RungRecord;
import dev.fewstep.schemas.state.ScheduleRecord;
import dev.fewstep.schemas.state.StateEntity;
import dev.fewstep.schemas.state.StateRecord;
import dev.fewstep.schemas.state.StateValue;
import dev.fewstep.schemas.state.TaskRecord;
import dev.fewstep.schemas.state.TokenRecord;
import dev.fewstep.schemas.state.TrialKeys;
import dev.fewstep.schemas.state.Want;
import dev.fewstep.schemas.state.WorkerRecord;
import java.time.Instant;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * The fold of the state topic. {@link #replay} is the only method that changes it, and its result
 * does not depend on the order of records of different keys, so that a compacted topic folds to the
 * same state. For one thread.
 */
public final class OrchestratorState {
  private final Map<String, ExperimentFold> experiments = new HashMap<>();
  private final TreeMap<Long, String> experimentsBySequence =
      new TreeMap<>(Collections.reverseOrder());
  private final Map<String, TaskRecord> tasks = new HashMap<>();
  private final Map<String, LeaseRecord> leases = new HashMap<>();
  private final Map<UUID, String> heldBy = new HashMap<>();
  private final Map<String, ClaimRecord> claims = new HashMap<>();
  private final TreeMap<UUID, WorkerRecord> workers = new TreeMap<>();
  private final TreeMap<String, InputRecord> inputs = new TreeMap<>();
  private final Map<UUID, OutcomeRecord> outcomes = new HashMap<>();
  private final TreeSet<OutcomeRecord> outcomesByAge =
      new TreeSet<>(
          Comparator.comparing(OutcomeRecord::at).thenComparing(OutcomeRecord::commandId));
  private final TreeMap<String, ProjectRecord> projects = new TreeMap<>();
  private final TreeMap<String, DeviceClassRecord> classes = new TreeMap<>();
  private final Archive archive = new Archive();
  private final Schedules schedules = new Schedules();
  private final Tokens tokens = new Tokens();
  private final Benchmarks benchmarks = new Benchmarks();
  private final Deliveries deliveries = new Deliveries();
  private final TreeSet<String> archiving = new TreeSet<>();
  private final Map<String, CachedRecord> cached = new HashMap<>();
  private final TaskIndex index = new TaskIndex(tasks);
  private final Interner interner;
  private Optional<InboxPosition> position = Optional.empty();
  private Optional<LeaderRecord> leader = Optional.empty();

  /** A state of which nothing is known. */
  public OrchestratorState() {
    this(new Interner());
  }

  private OrchestratorState(Interner interner) {
    this.interner = interner;
  }

  /**
   * A state of its own that equals this one, for another thread. What both hold then and later they
   * share where that is much: two states of the same log take little more room than one.
   */
  public OrchestratorState copy() {
    OrchestratorState copy = new OrchestratorState(interner);
    records().forEach(copy::replay);
    return copy;
  }

  /** Every entity's present value; folded in any order they make an equal state. */
  public Stream<StateRecord> records() {
    return Stream.of(
            experiments.entrySet().stream().flatMap(each -> each.getValue().records(each.getKey())),
            tasks.values().stream().map(StateRecord::of),
            leases.values().stream().map(StateRecord::of),
            claims.values().stream().map(StateRecord::of),
            workers.values().stream().map(StateRecord::of),
            inputs.values().stream().map(StateRecord::of),
            outcomes.values().stream().map(StateRecord::of),
            projects.values().stream().map(StateRecord::of),
            classes.values().stream().map(StateRecord::of),
            schedules.all().stream().map(StateRecord::of),
            tokens.all().stream().map(StateRecord::of),
            benchmarks.records().map(StateRecord::of),
            deliveries.all().stream().map(StateRecord::of),
            archive.experiments().stream().map(StateRecord::of),
            cached.values().stream().map(StateRecord::of),
            position.stream().map(StateRecord::of),
            leader.stream().map(StateRecord::of))
        .flatMap(Function.identity());
  }

  /** Folds a record in. Folding the same record twice changes nothing. */
  public void replay(StateRecord entry) {
    StateEntity entity = StateEntity.ofKey(entry.key());
    String id = entity.id(entry.key());
    Optional<StateValue> value = entry.value();
    switch (entity) {
      case EXPERIMENT -> replayExperiment(id, value.map(ExperimentRecord.class::cast));
      case PLAN -> replayPlan(id, value.map(PlanChunk.class::cast));
      case TASK -> replayTask(id, value.map(TaskRecord.class::cast));
      case LEASE -> replayLease(interner.text(id), value.map(LeaseRecord.class::cast));
      case CLAIM -> put(claims, interner.text(id), value.map(ClaimRecord.class::cast));
      case WORKER -> put(workers, UUID.fromString(id), value.map(WorkerRecord.class::cast));
      case INPUT -> put(inputs, id, value.map(InputRecord.class::cast));
      case OUTCOME -> replayOutcome(UUID.fromString(id), value.map(OutcomeRecord.class::cast));
      case SCHEDULE -> schedules.replay(id, value.map(ScheduleRecord.class::cast));
      case BENCHMARK -> benchmarks.replay(id, value.map(BenchmarkRecord.class::cast));
      case DELIVERY ->
          deliveries.replay(UUID.fromString(id), value.map(DeliveryRecord.class::cast));
      case TOKEN -> tokens.replay(id, value.map(TokenRecord.class::cast));
      case CLASS -> put(classes, id, value.map(DeviceClassRecord.class::cast));
      case ARCHIVED -> {
        archive.replay(id, value.map(ArchivedRecord.class::cast));
        findArchiving(id);
      }
      case RUNG -> replayRung(id, value.map(RungRecord.class::cast).map(interner::rung));
      case CACHED -> put(cached, id, value.map(CachedRecord.class::cast).map(interner::cached));
      case PROJECT -> put(projects, id, value.map(ProjectRecord.class::cast));
      case POSITION -> position = value.map(InboxPosition.class::cast);
      case LEADER -> leader = value.map(LeaderRecord.class::cast);
    }
  }

  private static <K, V> void put(Map<K, V> map, K key, Optional<V> value) {
    value.ifPresentOrElse(present -> map.put(key, present), () -> map.remove(key));
  }

  private void replayOutcome(UUID commandId, Optional<OutcomeRecord> outcome) {
    Optional.ofNullable(outcomes.get(commandId)).ifPresent(outcomesByAge::remove);
    outcome.ifPresent(outcomesByAge::add);
    put(outcomes, commandId, outcome);
  }

  private void replayLease(String taskKey, Optional<LeaseRecord> lease) {
    Optional.ofNullable(leases.get(taskKey)).ifPresent(old -> heldBy.remove(old.executionId()));
    lease.ifPresent(present -> heldBy.put(present.executionId(), taskKey));
    put(leases, taskKey, lease);
  }

  private void replayExperiment(String id, Optional<ExperimentRecord> entry) {
    experiment(id).ifPresent(old -> experimentsBySequence.remove(old.sequence()));
    fold(id).replay(entry);
    entry.ifPresent(present -> experimentsBySequence.put(present.sequence(), interner.text(id)));
    dropIfEmpty(id);
    findArchiving(id);
  }

  private void replayPlan(String id, Optional<PlanChunk> chunk) {
    int slash = id.lastIndexOf('/');
    String experimentId = id.substring(0, slash);
    fold(experimentId)
        .replay(
            Integer.parseInt(id.substring(slash + 1)),
            chunk.map(present -> present.trials().stream().map(interner::trial).toList()));
    dropIfEmpty(experimentId);
  }

  private void replayRung(String id, Optional<RungRecord> entry) {
    int slash = id.lastIndexOf('/');
    String experimentId = id.substring(0, slash);
    fold(experimentId)
        .replay(Integer.parseInt(id.substring(slash + 1)), new RungChange(entry, this::task));
    dropIfEmpty(experimentId);
  }

  private void replayTask(String key, Optional<TaskRecord> received) {
    Optional<TaskRecord> task = received.map(interner::task);
    Optional<TaskRecord> before = Optional.ofNullable(tasks.get(key));
    put(tasks, task.map(TaskRecord::key).orElse(key), task);
    before.filter(old -> !task.equals(Optional.of(old))).ifPresent(interner::forgetResult);
    Set<Want> same = unmoved(before, task);
    before.ifPresent(
        old ->
            old.wants().stream()
                .filter(want -> !same.contains(want))
                .forEach(want -> fold(want.experimentId()).remove(want, old)));
    task.ifPresent(present -> present.wants().forEach(want -> fold(present, want, same)));
    index.replay(before, task);
    if (task.isEmpty()) {
      before.ifPresent(interner::forget);
    }
    before.ifPresent(old -> old.wants().forEach(want -> dropIfEmpty(want.experimentId())));
  }

  private void fold(TaskRecord task, Want want, Set<Want> same) {
    if (same.contains(want)) {
      fold(want.experimentId()).changed(task);
    } else {
      fold(want.experimentId()).add(want, task);
    }
  }

  /** Wants to which the task stays what it was: those of thousands who shared its result. */
  private static Set<Want> unmoved(Optional<TaskRecord> before, Optional<TaskRecord> task) {
    if (before.isEmpty()
        || task.isEmpty()
        || !TaskAge.of(before.get()).equals(TaskAge.of(task.get()))) {
      return Set.of();
    }
    Set<Want> settled = new HashSet<>();
    for (Want want : before.get().wants()) {
      if (want.settled().isPresent()) {
        settled.add(want);
      }
    }
    settled.retainAll(new HashSet<>(task.get().wants()));
    return settled;
  }

  private void findArchiving(String id) {
    if (experiment(id).isPresent() && archive.experiment(id).isPresent()) {
      archiving.add(id);
    } else {
      archiving.remove(id);
    }
  }

  private void dropIfEmpty(String experimentId) {
    ExperimentFold fold = experiments.get(experimentId);
    if (fold != null && fold.isEmpty()) {
      experiments.remove(experimentId);
    }
  }

  private ExperimentFold fold(String experimentId) {
    return experiments.computeIfAbsent(interner.text(experimentId), id -> new ExperimentFold());
  }

  /** Number of experiments. */
  public int experimentCount() {
    return experimentsBySequence.size();
  }

  /**
   * Experiments, newest first.
   *
   * @param after id of the last experiment of the page before; empty for the first page
   * @param limit at most so many
   */
  public List<ExperimentRecord> experiments(Optional<String> after, int limit) {
    Collection<String> ids =
        after
            .flatMap(this::experiment)
            .map(last -> experimentsBySequence.tailMap(last.sequence(), false).values())
            .orElse(experimentsBySequence.values());
    return ids.stream().limit(limit).map(id -> experiment(id).orElseThrow()).toList();
  }

  /** An experiment. */
  public Optional<ExperimentRecord> experiment(String id) {
    return Optional.ofNullable(experiments.get(id)).flatMap(ExperimentFold::record);
  }

  /** The youngest experiment that was submitted to replace another. */
  public Optional<ExperimentRecord> replacement(String id) {
    Optional<Lineage> replaces = Optional.of(new Lineage(Lineage.Kind.REPLACES, id));
    return experimentsBySequence.values().stream()
        .map(this::experiment)
        .flatMap(Optional::stream)
        .filter(experiment -> experiment.lineage().equals(replaces))
        .findFirst();
  }

  /** How far an experiment is. */
  public Optional<ExperimentProgress> progress(String experimentId) {
    return Optional.ofNullable(experiments.get(experimentId)).flatMap(ExperimentFold::progress);
  }

  /** Task keys of a trial; empty when there is no such trial or it is not planned yet. */
  public Optional<TrialKeys> trialKeys(String experimentId, int trial) {
    return Optional.ofNullable(experiments.get(experimentId)).flatMap(fold -> fold.keys(trial));
  }

  /**
   * Tasks that an experiment wants, oldest first.
   *
   * @param after key of the last task of the page before; empty for the first page
   * @param limit at most so many
   */
  public List<TaskRecord> tasks(String experimentId, Optional<String> after, int limit) {
    ExperimentFold fold = experiments.get(experimentId);
    if (fold == null) {
      return List.of();
    }
    return fold.tasks(after.flatMap(this::task).map(TaskAge::of)).stream()
        .limit(limit)
        .map(age -> tasks.get(age.key()))
        .toList();
  }

  /** Number of tasks ever planned. */
  public int taskCount() {
    return tasks.size();
  }

  /** A task. */
  public Optional<TaskRecord> task(String key) {
    return Optional.ofNullable(tasks.get(key));
  }

  /** Where a task stands as an experiment that wants it sees it; CACHED is such a view. */
  public Optional<TaskState> taskState(String key, String experimentId) {
    return task(key).flatMap(task -> task.want(experimentId).map(want -> want.view(task.state())));
  }

  /** The lease on a running task, with its progress. */
  public Optional<LeaseRecord> lease(String taskKey) {
    return Optional.ofNullable(leases.get(taskKey));
  }

  /** Reported successes of a task that wait for verification. */
  public Optional<ClaimRecord> claim(String taskKey) {
    return Optional.ofNullable(claims.get(taskKey));
  }

  /** The live workers, by id. */
  public Collection<WorkerRecord> workers() {
    return Collections.unmodifiableCollection(workers.values());
  }

  /** A worker. */
  public Optional<WorkerRecord> worker(UUID workerId) {
    return Optional.ofNullable(workers.get(workerId));
  }

  /** The inputs, by name. */
  public Collection<InputRecord> inputs() {
    return Collections.unmodifiableCollection(inputs.values());
  }

  /** An input. */
  public Optional<InputRecord> input(String name) {
    return Optional.ofNullable(inputs.get(name));
  }

  /** What became of a command. */
  public Optional<OutcomeRecord> outcome(UUID commandId) {
    return Optional.ofNullable(outcomes.get(commandId));
  }

  /** The device classes that workers have announced; each needs a task topic and a share group. */
  public Collection<DeviceClassRecord> deviceClasses() {
    return Collections.unmodifiableCollection(classes.values());
  }

  /** The projects whose share somebody set, by name. */
  public Collection<ProjectRecord> projects() {
    return Collections.unmodifiableCollection(projects.values());
  }

  /** A project's share; weight 1 and no bound when nobody set it. */
  public ProjectRecord project(String name) {
    return Optional.ofNullable(projects.get(name)).orElseGet(() -> ProjectRecord.unset(name));
  }

  /** The experiments that come again. */
  public Schedules schedules() {
    return schedules;
  }

  /** What became of scheduled runs. */
  public Benchmarks benchmarks() {
    return benchmarks;
  }

  /** What webhooks are told. */
  public Deliveries deliveries() {
    return deliveries;
  }

  /** Who may use the API. */
  public Tokens tokens() {
    return tokens;
  }

  /** The archived experiments. */
  public Archive archive() {
    return archive;
  }

  /** A result that outlived its task. */
  public Optional<CachedRecord> cached(String taskKey) {
    return Optional.ofNullable(cached.get(taskKey));
  }

  /** Every result that outlived its task. */
  public Collection<CachedRecord> cached() {
    return Collections.unmodifiableCollection(cached.values());
  }

  /** Every task. */
  public Collection<TaskRecord> tasks() {
    return Collections.unmodifiableCollection(tasks.values());
  }

  /** When the last task of an experiment ended, or it was cancelled; empty while it is open. */
  public Optional<Instant> endedAt(String experimentId) {
    return Optional.ofNullable(experiments.get(experimentId)).flatMap(fold -> fold.endedAt(tasks));
  }

  /** Where reading of the inbox goes on; empty for a fresh state. */
  public OptionalLong inboxPosition() {
    return position.map(p -> OptionalLong.of(p.offset())).orElse(OptionalLong.empty());
  }

  /** The present leadership. */
  public Optional<LeaderRecord> leader() {
    return leader;
  }

  /** Ready tasks of a class that are not out, and tasks that are out but not started. */
  public QueueDepth queueDepth(String deviceClass) {
    return new QueueDepth(index.queued(deviceClass), index.published(deviceClass).size());
  }

  /**
   * Length of a class's queue.
   *
   * @param waiting ready tasks that are not published
   * @param published published tasks that are not started
   */
  public record QueueDepth(int waiting, int published) {}

  long lastSequence() {
    long last = experimentsBySequence.isEmpty() ? 0 : experimentsBySequence.firstKey();
    return Math.max(last, archive.lastSequence());
  }

  Collection<String> experimentIdsOldestFirst() {
    return experimentsBySequence.descendingMap().values();
  }

  /** The leases on running tasks. */
  public Collection<LeaseRecord> leases() {
    return leases.values();
  }

  /** Reported successes that wait for verification. */
  public Collection<ClaimRecord> claims() {
    return claims.values();
  }

  /** Ids of experiments that tasks or plans name but of which there is no record. */
  public List<String> unknownExperiments() {
    return experiments.entrySet().stream()
        .filter(entry -> entry.getValue().record().isEmpty())
        .map(Map.Entry::getKey)
        .sorted()
        .toList();
  }

  /** Outcomes decided before a time. */
  List<OutcomeRecord> outcomesBefore(Instant time) {
    return outcomesByAge.stream().takeWhile(outcome -> outcome.at().isBefore(time)).toList();
  }

  Optional<DeviceClassRecord> deviceClass(String name) {
    return Optional.ofNullable(classes.get(name));
  }

  /** The task on which an execution holds the lease. */
  public Optional<String> taskHeldBy(UUID executionId) {
    return Optional.ofNullable(heldBy.get(executionId));
  }

  /** Experiments that are archived, of which something is left. */
  Collection<String> archiving() {
    return archiving;
  }

  TaskIndex index() {
    return index;
  }

  /** The experiment's fold; empty when nothing is known of it. */
  Optional<ExperimentFold> experimentFold(String experimentId) {
    return Optional.ofNullable(experiments.get(experimentId));
  }
}

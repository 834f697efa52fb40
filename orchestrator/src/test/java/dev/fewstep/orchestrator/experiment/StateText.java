package dev.fewstep.orchestrator.experiment;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import dev.fewstep.schemas.Digests;
import dev.fewstep.schemas.Json;
import dev.fewstep.schemas.TaskState;
import dev.fewstep.schemas.state.ExperimentRecord;
import dev.fewstep.schemas.state.StateRecord;
import dev.fewstep.schemas.state.StateValue;
import dev.fewstep.schemas.state.TaskRecord;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Everything that can be seen of a state, in one order: two states with the same text decide the
 * same. The place in the inbox is left out: a leader knows it without folding it.
 */
public final class StateText {
  private static final ObjectMapper ORDERED =
      Json.messages().copy().enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS);

  private final OrchestratorState state;
  private final StringBuilder text = new StringBuilder();

  private StateText(OrchestratorState state) {
    this.state = state;
  }

  /** A short name of the text. */
  public static String digest(OrchestratorState state) {
    return Digests.sha256Hex(of(state));
  }

  /** The text. */
  public static String of(OrchestratorState state) {
    StateText writer = new StateText(state);
    writer.write();
    return writer.text.toString();
  }

  private void write() {
    Map<String, TaskRecord> tasks = new TreeMap<>();
    for (ExperimentRecord experiment : state.experiments(Optional.empty(), Integer.MAX_VALUE)) {
      line("experiment", experiment);
      line("progress", sorted(state.progress(experiment.id()).orElseThrow()));
      for (int trial = 0; trial < experiment.trials(); trial++) {
        state.trialKeys(experiment.id(), trial).ifPresent(keys -> line("trial", keys));
      }
      ExperimentFold fold = state.experimentFold(experiment.id()).orElseThrow();
      fold.rungs().records().forEach(rung -> line("rung", rung));
      fold.halving().ifPresent(halving -> line("due", halving.due()));
      line("in flight", fold.inFlight());
      line("open", fold.open());
      List<TaskRecord> wanted = state.tasks(experiment.id(), Optional.empty(), Integer.MAX_VALUE);
      line("wanted", wanted.stream().map(TaskRecord::key).toList());
      wanted.forEach(task -> tasks.put(task.key(), task));
    }
    line("tasks", state.taskCount());
    tasks.values().forEach(this::write);
    lines("lease", state.leases());
    lines("claim", state.claims());
    lines("worker", state.workers());
    lines("input", state.inputs());
    lines("outcome", state.outcomesBefore(Instant.MAX));
    lines("class", state.deviceClasses());
    lines("project", state.projects());
    lines("archived", state.archive().experiments());
    lines("cached", state.cached());
    line("leader", state.leader());
    line("sequence", state.lastSequence());
    TaskIndex index = state.index();
    line("attention", new TreeSet<>(index.attention()));
    line("checking", new TreeSet<>(index.checking()));
    line("backing off", index.backingOff());
    line("published", index.published());
    for (String deviceClass : new TreeSet<>(index.queuedClasses())) {
      if (!index.queue(deviceClass).isEmpty()) {
        line("queue " + deviceClass, index.queue(deviceClass));
        line("depth " + deviceClass, state.queueDepth(deviceClass));
      }
    }
  }

  private void write(TaskRecord task) {
    line("task", task);
    line("dependants", new TreeSet<>(state.index().dependants(task.key())));
    line("held", task.executionId().flatMap(state::taskHeldBy));
  }

  private static String sorted(ExperimentProgress progress) {
    Map<TaskState, Integer> counts = new TreeMap<>(progress.tasks());
    return progress.state() + " " + progress.planned() + "/" + progress.trials() + " " + counts;
  }

  private void lines(String name, Collection<? extends StateValue> values) {
    values.stream().map(StateText::json).sorted().forEach(value -> line(name, value));
  }

  private void line(String name, Object value) {
    text.append(name)
        .append(": ")
        .append(value instanceof StateValue known ? json(known) : value)
        .append('\n');
  }

  private static String json(StateValue value) {
    try {
      return ORDERED.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new AssertionError(e);
    }
  }

  /** Folds records from scratch. */
  public static OrchestratorState fold(Iterable<StateRecord> records) {
    OrchestratorState fresh = new OrchestratorState();
    records.forEach(fresh::replay);
    return fresh;
  }
}

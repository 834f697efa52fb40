package dev.fewstep.orchestrator.experiment;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fewstep.schemas.Json;
import dev.fewstep.schemas.TaskState;
import dev.fewstep.schemas.message.ControlMessage;
import dev.fewstep.schemas.message.InboxMessage;
import dev.fewstep.schemas.state.ExperimentRecord;
import dev.fewstep.schemas.state.StateCodec;
import dev.fewstep.schemas.state.StateEntity;
import dev.fewstep.schemas.state.StateRecord;
import dev.fewstep.schemas.state.TaskRecord;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.reflect.RecordComponent;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** State that earlier releases wrote is read, means what it meant, and goes on. */
class StateDumpTest {
  private static final String V1 = "/dumps/state-v1-e5c66ef.dump.gz";
  private static final Set<StateEntity> ONE_OF_EACH =
      new TreeSet<>(
          List.of(
              StateEntity.EXPERIMENT,
              StateEntity.PLAN,
              StateEntity.TASK,
              StateEntity.LEASE,
              StateEntity.CLAIM,
              StateEntity.WORKER,
              StateEntity.INPUT,
              StateEntity.OUTCOME,
              StateEntity.CLASS,
              StateEntity.POSITION,
              StateEntity.LEADER));

  private static final StateCodec CODEC = new StateCodec();
  private static List<Raw> dump;

  private record Raw(String key, Optional<byte[]> value) {}

  @BeforeAll
  static void read() {
    dump = new ArrayList<>();
    try (InputStream file = StateDumpTest.class.getResourceAsStream(V1);
        DataInputStream in = new DataInputStream(new GZIPInputStream(file))) {
      while (true) {
        int length;
        try {
          length = in.readInt();
        } catch (EOFException end) {
          break;
        }
        String key = new String(in.readNBytes(length), StandardCharsets.UTF_8);
        int bytes = in.readInt();
        dump.add(new Raw(key, bytes < 0 ? Optional.empty() : Optional.of(in.readNBytes(bytes))));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static OrchestratorState replayed() {
    OrchestratorState state = new OrchestratorState();
    dump.forEach(raw -> state.replay(CODEC.decode(raw.key(), raw.value())));
    return state;
  }

  @Test
  void theDumpOfVersion1MeansWhatItMeant() {
    OrchestratorState state = replayed();

    Map<String, String> experiments = new TreeMap<>();
    for (ExperimentRecord experiment : state.experiments(Optional.empty(), 99)) {
      ExperimentProgress progress = state.progress(experiment.id()).orElseThrow();
      Map<TaskState, Integer> some = new EnumMap<>(progress.tasks());
      some.values().removeIf(count -> count == 0);
      experiments.put(
          experiment.sequence() + " " + experiment.spec().metadata().name(),
          progress.state() + " " + progress.trials() + " " + some);
    }
    assertThat(experiments)
        .containsExactlyInAnyOrderEntriesOf(
            Map.of(
                "1 mix", "FAILED 2 {SUCCEEDED=4, FAILED=3}",
                "2 broken", "FAILED 1 {SUCCEEDED=2, FAILED=3}",
                "3 withdrawn", "CANCELLED 2 {SUCCEEDED=1, FAILED=1, CANCELLED=5, CACHED=1}",
                "4 mix", "SUCCEEDED 2 {SUCCEEDED=3, CACHED=4}",
                "5 broken", "FAILED 1 {SUCCEEDED=1, FAILED=2, CACHED=2}",
                "6 again", "SUCCEEDED 2 {CACHED=7}",
                "7 running", "RUNNING 2 {PENDING=2, QUEUED=3, RUNNING=1, SUCCEEDED=1, CACHED=1}",
                "8 uncached", "RUNNING 2 {PENDING=3, QUEUED=4}"));
    assertThat(state.taskCount()).isEqualTo(32);
    assertThat(state.inputs()).hasSize(6);
    assertThat(state.workers()).hasSize(1).noneMatch(worker -> worker.draining());
    assertThat(state.leases()).hasSize(1);
    assertThat(state.claims()).isEmpty();
    assertThat(state.queueDepth("cpu")).isEqualTo(new OrchestratorState.QueueDepth(7, 0));
    assertThat(state.inboxPosition()).hasValue(617);
    assertThat(state.leader().orElseThrow().term()).isEqualTo(1);
  }

  /** Task keys are derived by this release as by that one: what was done serves, and is found. */
  @Test
  void everyTaskStillFollowsFromItsExperiment() {
    OrchestratorState state = replayed();
    Plans plans = new Plans();
    for (TaskRecord task : state.tasks()) {
      ExperimentRecord experiment = state.experiment(task.origin().experimentId()).orElseThrow();
      assertThat(plans.task(experiment, task).key()).isEqualTo(task.key());
    }
    ExperimentRecord done =
        state.experiments(Optional.empty(), 99).stream()
            .filter(experiment -> experiment.sequence() == 4)
            .findFirst()
            .orElseThrow();
    PlanPreview again = Previews.plan(done.spec(), state);
    assertThat(again.tasks().fresh()).isZero();
    assertThat(again.tasks().cached()).isPositive();
  }

  @Test
  void aLeaderOfThisReleaseGoesOnWithIt() {
    OrchestratorState state = replayed();
    Decider decider = new Decider(Settings.defaults());
    Instant later =
        state.tasks().stream().map(TaskRecord::createdAt).max(Instant::compareTo).orElseThrow();
    later = later.plus(Duration.ofHours(1));
    List<Input> inputs =
        List.of(
            new Input.Elected(later),
            new Input.Tick(later.plusSeconds(20), false),
            new Input.Tick(later.plusSeconds(45), false),
            new Input.Tick(later.plusSeconds(46), false));
    for (Input input : inputs) {
      for (StateRecord change : decider.decide(input, state, later).changes()) {
        state.replay(CODEC.decode(change.key(), CODEC.encode(change)));
      }
    }
    assertThat(state.leader().orElseThrow().term()).isEqualTo(2);
    assertThat(state.workers()).as("its worker is gone").isEmpty();
    assertThat(state.leases()).as("and so is what it held").isEmpty();
    assertThat(state.queueDepth("cpu").waiting()).isEqualTo(8);
  }

  /** What is written back in the present version is read as the same. */
  @Test
  void everyRecordIsTheSameInThePresentVersion() {
    Set<StateEntity> seen = new TreeSet<>();
    for (Raw raw : dump) {
      StateRecord old = CODEC.decode(raw.key(), raw.value());
      seen.add(StateEntity.ofKey(raw.key()));
      assertThat(CODEC.decode(raw.key(), CODEC.encode(old))).isEqualTo(old);
    }
    assertThat(seen).as("a dump has every entity of its release").isEqualTo(ONE_OF_EACH);
  }

  /**
   * Fails when a record gets a component that old records lack and whose absence leaves a null:
   * such a component needs a default in the record, or a step in Upcasters.
   */
  @Test
  void noComponentOfAnOldRecordIsNull() throws ReflectiveOperationException {
    Map<StateEntity, Set<String>> lacking = new HashMap<>();
    for (Raw raw : dump) {
      StateRecord entry = CODEC.decode(raw.key(), raw.value());
      if (entry.value().isPresent()) {
        noNulls(raw.key(), (Record) entry.value().get());
        lacking
            .computeIfAbsent(StateEntity.ofKey(raw.key()), entity -> new TreeSet<>())
            .addAll(lacking(raw, (Record) entry.value().get()));
      }
    }
    assertThat(lacking.get(StateEntity.WORKER))
        .as("the dump does lack what came later")
        .contains("draining");
  }

  private static void noNulls(String key, Record value) throws ReflectiveOperationException {
    for (RecordComponent component : value.getClass().getRecordComponents()) {
      component.getAccessor().setAccessible(true);
      Object part = component.getAccessor().invoke(value);
      assertThat(part).as("%s of %s", component.getName(), key).isNotNull();
      if (part instanceof Record inner) {
        noNulls(key + "." + component.getName(), inner);
      }
    }
  }

  private static Set<String> lacking(Raw raw, Record value) {
    JsonNode tree = Json.fromBytes(raw.value().orElseThrow(), JsonNode.class).path("value");
    Set<String> names = new TreeSet<>();
    for (RecordComponent component : value.getClass().getRecordComponents()) {
      if (!tree.has(component.getName())) {
        names.add(component.getName());
      }
    }
    return names;
  }

  /** Messages of the release before lie in the inbox when the first leader of this one reads it. */
  @Test
  void messagesWithoutTheNewFieldsAreRead() {
    String presence =
        """
        {"type": "presence", "at": "2026-11-23T05:00:00Z",
         "workerId": "01234567-89ab-cdef-0123-456789abcdef", "deviceClass": "cpu", "device": "cpu",
         "memoryBytes": 1, "versions": {}, "accepting": true}
        """;
    Map<String, String> old = new LinkedHashMap<>();
    old.put("presence", presence);
    old.put(
        "cancel",
        """
        {"type": "cancel-experiment", "commandId": "01234567-89ab-cdef-0123-456789abcdef",
         "at": "2026-11-23T05:00:00Z", "experimentId": "e-01234567"}
        """);
    for (String text : old.values()) {
      assertThat(Json.fromBytes(text.getBytes(StandardCharsets.UTF_8), InboxMessage.class))
          .isNotNull();
    }
    String control =
        """
        {"taskKey": "k", "attempt": 1, "stop": true}
        """;
    assertThat(Json.fromBytes(control.getBytes(StandardCharsets.UTF_8), ControlMessage.class))
        .isEqualTo(new ControlMessage("k", 1, Optional.empty(), true, false));
  }
}

package dev.fewstep.schemas.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.fewstep.schemas.AccessRole;
import dev.fewstep.schemas.Artifact;
import dev.fewstep.schemas.ArtifactKind;
import dev.fewstep.schemas.Json;
import dev.fewstep.schemas.Lineage;
import dev.fewstep.schemas.TaskKind;
import dev.fewstep.schemas.TaskState;
import dev.fewstep.schemas.message.FailureCode;
import dev.fewstep.schemas.message.Report;
import dev.fewstep.schemas.schedule.CatchUp;
import dev.fewstep.schemas.schedule.GateSpec;
import dev.fewstep.schemas.schedule.ScheduleSpec;
import dev.fewstep.schemas.spec.ExperimentSpec;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Bytes of the state topic. */
class StateCodecTest {
  private static final Instant AT = Instant.parse("2026-01-02T03:04:05.678Z");
  private static final UUID ID = UUID.fromString("01234567-89ab-cdef-0123-456789abcdef");
  private static final String KEY = "ab".repeat(32);
  private static final Artifact FILE =
      new Artifact(ArtifactKind.WEIGHTS, "weights.safetensors", 7, "cd".repeat(32));

  private final StateCodec codec = new StateCodec();

  private static TaskRecord task() {
    TaskRecord created =
        TaskRecord.created(
            KEY,
            TaskKind.FINETUNE,
            new TaskOrigin("e-01234567", 3),
            Want.live("e-01234567"),
            List.of("ef".repeat(32)),
            "cpu",
            AT);
    return created
        .edit()
        .wants(List.of(Want.live("e-01234567"), Want.live("f").settledAs(TaskState.CACHED)))
        .checkpoint(new CheckpointRef(5, FILE))
        .charge()
        .nextAttempt()
        .failure(
            new TaskFailure(
                TaskFailure.Cause.REPORTED,
                Optional.of(FailureCode.OUT_OF_MEMORY),
                "no memory",
                List.of("line"),
                1,
                AT))
        .past(
            new PastExecution(
                1, ID, ID, AT.minusSeconds(9), AT, PastExecution.End.FAILED, "no memory"))
        .notBefore(AT)
        .build();
  }

  private static ExperimentRecord experiment() {
    String json =
        """
        {"apiVersion": "fewstep/v1", "kind": "Experiment", "metadata": {"name": "e"},
         "spec": {"base": {"data": {"train": "t"}, "model": {"weights": "w"},
                           "loss": {"extractor": "x"}},
                  "grid": {"sampling.steps": [2, 3]}, "seeds": [1],
                  "evaluation": {"reference": "t", "extractors": ["x", "y"]}}}
        """;
    try {
      return new ExperimentRecord(
          "e-01234567",
          1,
          ID,
          Json.specs().readValue(json, ExperimentSpec.class),
          "me",
          AT,
          Map.of("w", FILE),
          2,
          1,
          List.of(new BaseEvaluation(10, KEY)),
          Optional.of(AT),
          Optional.empty(),
          Optional.of(new Lineage(Lineage.Kind.EXTENDS, "e-00112233")),
          Optional.of(AT),
          Optional.of(AT),
          Optional.of(80),
          Optional.of(4),
          Optional.of("e-00112233"),
          Optional.of(AT),
          Optional.of("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  private static List<StateRecord> oneOfEach() {
    Report.Succeeded success =
        new Report.Succeeded(
            AT, KEY, 1, ID, List.of(FILE), Map.of("nfe", 5.0), Map.of("commit", "c"), 1.5);
    return List.of(
        StateRecord.of(experiment()),
        StateRecord.of(
            new PlanChunk("e-01234567", 0, List.of(new TrialKeys(KEY, "evaluate", "baseline")))),
        StateRecord.of(task()),
        StateRecord.of(LeaseRecord.begun(KEY, 2, ID, AT).renewed(AT, 4, 9, true)),
        StateRecord.of(new ClaimRecord(KEY, List.of(success))),
        StateRecord.of(
            new WorkerRecord(
                ID, "cpu", "cpu", 1, Map.of("fewstep", "0.1"), Optional.of(ID), true, AT, true)),
        StateRecord.of(new InputRecord("w", FILE, "a file", AT)),
        StateRecord.of(
            OutcomeRecord.rejected(
                ID,
                "e",
                "wrong",
                List.of(new Problem("p", "m", Optional.of("x"), Optional.empty())),
                AT)),
        StateRecord.of(
            new ArchivedRecord(
                "e-01234567",
                7,
                "e",
                "vision",
                Map.of("purpose", "a test"),
                "me",
                AT,
                AT,
                AT,
                TaskState.SUCCEEDED,
                3,
                Map.of(TaskState.SUCCEEDED, 9, TaskState.CACHED, 2),
                new Artifact(ArtifactKind.ARCHIVE, "e.archive.json.gz", 7, "cd".repeat(32)),
                true,
                Optional.of(
                    new ImportOrigin("cluster.example", "1.0.0", AT, "ada", "ef".repeat(32))))),
        StateRecord.of(
            new CachedRecord(
                KEY,
                TaskKind.FINETUNE,
                "e-01234567",
                AT,
                new TaskResult(
                    1, ID, List.of(FILE), Map.of("nfe", 5.0), Map.of("commit", "c"), 2.0))),
        StateRecord.of(new ProjectRecord("vision", 2.5, 4)),
        StateRecord.of(new RungRecord("e-1", 3, 1, "ab".repeat(32), List.of(0.5))),
        StateRecord.of(
            new ScheduleRecord(
                new ScheduleSpec(
                    "nightly",
                    "0 2 * * *",
                    "Europe/Berlin",
                    new CatchUp(CatchUp.Policy.ALL, Duration.ofHours(3)),
                    7,
                    experiment().spec(),
                    Optional.of(GateSpec.usual()),
                    Optional.of("https://hooks.example.org")),
                "me",
                AT,
                AT,
                Optional.empty(),
                Optional.of(AT),
                List.of(
                    new ScheduledRun(
                        AT, true, "nightly-1", AT, Optional.of(AT), Optional.of("no input"))),
                Optional.of(new MissedSlots(AT, AT, AT)))),
        StateRecord.of(
            new BenchmarkRecord(
                "nightly",
                "nightly-1",
                AT,
                AT,
                Map.of("fd:a", Map.of("1", 2.5)),
                Verdict.INCONCLUSIVE,
                List.of(
                    new Judgement(
                        "fd:a",
                        Verdict.INCONCLUSIVE,
                        Optional.of(2.5),
                        Optional.of(2.0),
                        Optional.of(0.25),
                        Optional.of(-1.0),
                        Optional.of(1.5),
                        1,
                        1,
                        "too few")),
                true)),
        StateRecord.of(
            new DeliveryRecord(
                ID,
                "nightly",
                "https://hooks.example.org",
                "ended",
                "{}",
                AT,
                2,
                Optional.of(AT),
                Optional.of(AT),
                Optional.of("no answer"))),
        StateRecord.of(
            new TokenRecord(
                "0123456789ab",
                "ci",
                "cd".repeat(32),
                AccessRole.SUBMITTER,
                Set.of("alpha", "beta"),
                "ann",
                AT,
                AT.plusSeconds(60),
                Optional.of(AT))),
        StateRecord.of(new DeviceClassRecord("gpu-80g", AT)),
        StateRecord.of(new InboxPosition(42)),
        StateRecord.of(new LeaderRecord(3, AT)));
  }

  @Test
  void everyEntityIsReadAsItWasWritten() {
    Set<StateEntity> seen = EnumSet.noneOf(StateEntity.class);
    for (StateRecord entry : oneOfEach()) {
      seen.add(StateEntity.ofKey(entry.key()));
      assertThat(codec.decode(entry.key(), codec.encode(entry))).isEqualTo(entry);
    }
    assertThat(seen).containsExactly(StateEntity.values());
  }

  @Test
  void tombstonesHaveNoBytes() {
    StateRecord gone = StateRecord.noLease(KEY);
    assertThat(codec.encode(gone)).isEmpty();
    assertThat(codec.decode("lease/" + KEY, Optional.empty())).isEqualTo(gone);
  }

  @Test
  void whatANewerReleaseWroteIsRefused() {
    assertThatThrownBy(() -> codec.decode("position", json("{\"schemaVersion\":99,\"value\":{}}")))
        .isInstanceOf(StateCodec.NewerStateException.class)
        .hasMessageContaining("position")
        .hasMessageContaining("must not lead");
  }

  @Test
  void fieldsInAnotherOrderAreReadAndWhatIsNoRecordIsRefused() {
    assertThat(codec.decode("position", json("{\"value\":{\"offset\":7},\"schemaVersion\":1}")))
        .isEqualTo(StateRecord.of(new InboxPosition(7)));
    assertThatThrownBy(() -> codec.decode("position", json("{\"offset\":7}")))
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageContaining("schemaVersion");
    assertThatThrownBy(() -> codec.decode("nonsense/1", Optional.empty()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("nonsense/1");
    assertThatThrownBy(
            () -> new StateRecord("position", Optional.of(new DeviceClassRecord("cpu", AT))))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void aTaskThatContradictsItselfCannotBeMade() {
    assertThatThrownBy(() -> task().edit().state(TaskState.RUNNING).build())
        .hasMessageContaining("execution");
    assertThatThrownBy(() -> task().edit().state(TaskState.SUCCEEDED).build())
        .hasMessageContaining("result");
    assertThatThrownBy(() -> task().edit().state(TaskState.CACHED).build())
        .hasMessageContaining("view");
    assertThatThrownBy(() -> task().edit().dispatchDeadline(Optional.of(AT)).build())
        .hasMessageContaining("queued");
  }

  private static Optional<byte[]> json(String text) {
    return Optional.of(text.getBytes(StandardCharsets.UTF_8));
  }
}

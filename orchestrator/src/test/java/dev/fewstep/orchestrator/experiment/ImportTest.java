package dev.fewstep.orchestrator.experiment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fewstep.schemas.Artifact;
import dev.fewstep.schemas.ArtifactKind;
import dev.fewstep.schemas.TaskState;
import dev.fewstep.schemas.message.Command;
import dev.fewstep.schemas.state.ExperimentRecord;
import dev.fewstep.schemas.state.StateRecord;
import dev.fewstep.schemas.state.TaskRecord;
import dev.fewstep.schemas.state.Want;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Experiments of other installations: what they bring, and what they may not. */
class ImportTest {
  private final World there = new World().withInputs();
  private World here;
  private String id;
  private List<StateRecord> records;

  @BeforeEach
  void run() {
    id = there.submit(Specs.spec("moved"));
    there.drain(there.worker());
    records = ArchiveContent.of(there.state, id).orElseThrow().records();
    here = new World();
  }

  private ImportedExperiment read(List<StateRecord> entries) {
    ImportedExperiment.Reader reader = new ImportedExperiment.Reader(id);
    entries.forEach(reader::take);
    return reader.read();
  }

  private Command.ImportExperiment command(String file, List<Command.ImportedResult> results) {
    return command(file, results, read(records).experiment().inputs());
  }

  private Command.ImportExperiment command(
      String file, List<Command.ImportedResult> results, Map<String, Artifact> inputs) {
    ImportedExperiment read = read(records);
    ExperimentRecord own = read.experiment();
    return new Command.ImportExperiment(
        UUID.randomUUID(),
        Instant.EPOCH,
        "ada",
        "there",
        "1.0.0",
        Instant.EPOCH,
        "ab".repeat(32),
        id,
        own.spec().metadata().name(),
        own.spec().metadata().project(),
        own.spec().metadata().labels(),
        own.submittedBy(),
        own.submittedAt(),
        read.content().endedAt(),
        read.state(),
        own.trials(),
        read.tasks(),
        Specs.file(ArtifactKind.ARCHIVE, file),
        read.content().fingerprint(),
        inputs,
        results);
  }

  private Command.ImportExperiment command() {
    return command("archive", read(records).results(file -> true));
  }

  @Test
  void itIsArchivedHereAndItsResultsServe() {
    assertThat(here.outcome(command()).accepted()).isTrue();

    assertThat(here.state.archive().experiment(id).orElseThrow().imported().orElseThrow().origin())
        .isEqualTo("there");
    assertThat(here.state.cached()).hasSize(there.keys(id).size());
    String equal = here.submit(Specs.spec("equal"));
    assertThat(here.published).as("its inputs are named, and nothing runs").isEmpty();
    assertThat(here.progress(equal).tasks()).containsEntry(TaskState.CACHED, there.keys(id).size());
    assertThat(here.replayed().archive().experiments())
        .containsExactlyElementsOf(here.state.archive().experiments());
  }

  @Test
  void aSecondTimeChangesNothing() {
    here.outcome(command());
    List<StateRecord> before =
        here.state.records().filter(entry -> !entry.key().matches("(outcome|position).*")).toList();

    assertThat(here.outcome(command()).accepted()).isTrue();

    assertThat(here.state.records().filter(entry -> !entry.key().matches("(outcome|position).*")))
        .containsExactlyInAnyOrderElementsOf(before);
  }

  @Test
  void whatIsHereStaysAsItIs() {
    Artifact other = Specs.file(ArtifactKind.WEIGHTS, "other weights");
    here.outcome(
        new Command.RegisterInput(UUID.randomUUID(), Instant.EPOCH, "ddpm", other, "test"));
    here.outcome(command());
    assertThat(here.state.input("ddpm").orElseThrow().artifact()).isEqualTo(other);

    assertThat(here.outcome(command("another archive", List.of())).reason())
        .contains("another experiment " + id);
    assertThat(there.outcome(command()).accepted()).as("it came home").isTrue();
    assertThat(there.state.archive().count()).isZero();
    assertThat(there.state.cached()).as("tasks that are here have their results").isEmpty();
  }

  /** A file can say anything: what import would not take under that name is not named by it. */
  @Test
  void onlyWhatMayBeAnInputIsNamed() {
    Artifact weights = Specs.file(ArtifactKind.WEIGHTS, "w");
    here.outcome(
        command(
            "archive",
            List.of(),
            Map.of(
                "fine", weights,
                "../no name", weights,
                "a-log", Specs.file(ArtifactKind.LOG, "l"))));
    assertThat(here.state.input("fine")).isPresent();
    assertThat(here.state.input("../no name")).isEmpty();
    assertThat(here.state.input("a-log")).isEmpty();
  }

  @Test
  void aTaskOfSeveralExperimentsIsRefused() {
    List<StateRecord> shared = new ArrayList<>(records);
    TaskRecord task = read(records).content().tasks().get(0);
    shared.removeIf(entry -> entry.key().equals("task/" + task.key()));
    shared.add(
        StateRecord.of(
            task.edit()
                .wants(List.of(task.wants().get(0), Want.live("another-00000001")))
                .build()));
    assertThatThrownBy(() -> read(shared)).hasMessageContaining("is of 2 experiments");
  }

  @Test
  void partsBeforeItServeToo() {
    List<Command.ImportedResult> results = read(records).results(file -> true);
    here.outcome(
        new Command.ImportResults(UUID.randomUUID(), Instant.EPOCH, id, results.subList(0, 2)));
    here.outcome(command("archive", results.subList(2, results.size())));
    assertThat(here.state.cached()).hasSameSizeAs(results);
  }

  @Test
  void aResultWithoutItsFilesServesNobody() {
    assertThat(read(records).results(file -> file.kind() != ArtifactKind.WEIGHTS))
        .noneMatch(result -> result.kind().name().equals("FINETUNE"))
        .isNotEmpty();
  }

  @Test
  void aResultUnderAKeyThatDoesNotFollowServesNobody() {
    List<StateRecord> forged = new ArrayList<>(records);
    TaskRecord task = read(records).content().tasks().get(0);
    TaskRecord other =
        TaskRecord.created(
                "ef".repeat(32),
                task.kind(),
                task.origin(),
                task.wants().get(0),
                List.of(),
                "cpu",
                task.createdAt())
            .edit()
            .state(TaskState.SUCCEEDED)
            .result(task.result().orElseThrow())
            .finishedAt(task.finishedAt().orElseThrow())
            .build();
    forged.add(StateRecord.of(other));

    assertThat(read(forged).results(file -> true))
        .hasSameSizeAs(read(records).results(file -> true))
        .noneMatch(result -> result.taskKey().equals(other.key()));
  }

  @Test
  void recordsThatDoNotHoldTogetherAreRefused() {
    for (int i = 0; i < records.size(); i++) {
      List<StateRecord> lacking = new ArrayList<>(records);
      StateRecord gone = lacking.remove(i);
      boolean needed =
          gone.value().orElseThrow() instanceof ExperimentRecord
              || gone.key().startsWith("plan/")
              || read(records).experiment().base().stream()
                  .anyMatch(base -> gone.key().endsWith(base.taskKey()));
      if (needed) {
        assertThatThrownBy(() -> read(lacking))
            .as(gone.key())
            .isInstanceOf(IllegalArgumentException.class);
      }
      List<StateRecord> twice = new ArrayList<>(records);
      twice.add(gone);
      assertThatThrownBy(() -> read(twice)).hasMessageContaining("comes twice");
    }
    List<StateRecord> strange = new ArrayList<>(records);
    strange.add(there.state.records().filter(e -> e.key().startsWith("input/")).findAny().get());
    assertThatThrownBy(() -> read(strange)).hasMessageContaining("has no place");
    List<StateRecord> removing = new ArrayList<>(records);
    removing.add(StateRecord.noTask("ab".repeat(32)));
    assertThatThrownBy(() -> read(removing)).hasMessageContaining("removes");
  }
}

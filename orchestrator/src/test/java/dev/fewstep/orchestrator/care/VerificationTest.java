package dev.fewstep.orchestrator.care;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fewstep.orchestrator.care.VerifyReport.Damage;
import dev.fewstep.orchestrator.care.VerifyReport.Kind;
import dev.fewstep.schemas.Artifact;
import dev.fewstep.schemas.ArtifactKind;
import dev.fewstep.schemas.state.StateRecord;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VerificationTest {
  @TempDir Path directory;
  private CareWorld world;

  @BeforeEach
  void start() throws IOException {
    world = new CareWorld(directory);
  }

  @AfterEach
  void stop() {
    world.close();
  }

  private VerifyReport verify(Optional<String> experiment, boolean quarantine) throws IOException {
    return new Verification(world.store.bucket(), world, experiment, quarantine, Progress.NONE)
        .run();
  }

  private Artifact upload(ArtifactKind kind, String name, String content) {
    return world.upload(kind, name, content, "");
  }

  @Test
  void whole_artifacts_are_good_and_damage_is_named_with_what_to_do() throws IOException {
    Artifact good = upload(ArtifactKind.WEIGHTS, "weights.safetensors", "good");
    Artifact flipped = upload(ArtifactKind.SCORES, "scores.json", "flipped");
    Artifact cut = upload(ArtifactKind.SHEET, "sheet.png", "cut short");
    Artifact gone = upload(ArtifactKind.CURVE, "curve.json", "gone");
    Artifact input = upload(ArtifactKind.DATASET, "train.npz", "input");
    world.commit(StateRecord.of(CareWorld.succeeded("done", Map.of(), good, flipped, cut, gone)));
    world.commit(CareWorld.input("train", input));
    assertThat(verify(Optional.empty(), false).damage()).isEmpty();

    Files.writeString(world.object(flipped.objectKey()), "flippeD");
    Files.writeString(world.object(cut.objectKey()), "cut");
    world.store.bucket().delete(gone.objectKey());
    world.store.bucket().delete(input.objectKey());
    VerifyReport report = verify(Optional.empty(), false);

    assertThat(report.artifacts()).isEqualTo(5);
    assertThat(report.good()).isEqualTo(1);
    assertThat(report.damage())
        .extracting(Damage::name, Damage::kind)
        .containsExactlyInAnyOrder(
            org.assertj.core.groups.Tuple.tuple("scores.json", Kind.CORRUPT),
            org.assertj.core.groups.Tuple.tuple("sheet.png", Kind.WRONG_SIZE),
            org.assertj.core.groups.Tuple.tuple("curve.json", Kind.MISSING),
            org.assertj.core.groups.Tuple.tuple("train.npz", Kind.MISSING));
    assertThat(report.damage())
        .filteredOn(damage -> damage.name().equals("scores.json"))
        .singleElement()
        .satisfies(
            damage -> {
              assertThat(damage.advice()).contains("--quarantine", "submit", "runs anew");
              assertThat(damage.experiments()).containsExactly(CareWorld.EXPERIMENT);
            });
    assertThat(report.damage())
        .filteredOn(damage -> damage.name().equals("train.npz"))
        .singleElement()
        .satisfies(
            damage -> assertThat(damage.advice()).isEqualTo("import the same file as train again"));
  }

  @Test
  void a_damaged_object_is_moved_away_so_that_it_can_be_made_again() throws IOException {
    Artifact file = upload(ArtifactKind.SCORES, "scores.json", "content");
    world.commit(StateRecord.of(CareWorld.succeeded("done", Map.of(), file)));
    Files.writeString(world.object(file.objectKey()), "CONTENT");
    assertThat(world.store.relyOn(file)).as("by its size it seems to be there").isTrue();

    Damage damage = verify(Optional.empty(), true).damage().get(0);

    assertThat(damage.quarantined()).isTrue();
    assertThat(damage.advice()).startsWith("submit");
    assertThat(world.holds(file)).isFalse();
    assertThat(Files.readString(world.object(Verification.QUARANTINE + file.sha256())))
        .isEqualTo("CONTENT");
    upload(ArtifactKind.SCORES, "scores.json", "content");
    assertThat(verify(Optional.empty(), true).damage()).isEmpty();
  }

  @Test
  void only_what_an_experiment_uses_is_read_and_freed_checkpoints_are_no_damage()
      throws IOException {
    Artifact weights = upload(ArtifactKind.WEIGHTS, "weights.safetensors", "weights");
    Artifact end = CareWorld.artifact(ArtifactKind.CHECKPOINT, "checkpoint-9.safetensors", "end");
    Artifact elsewhere = CareWorld.artifact(ArtifactKind.DATASET, "x.npz", "elsewhere");
    world.commit(StateRecord.of(CareWorld.succeeded("done", Map.of(), weights, end)));
    world.commit(CareWorld.input("unused", elsewhere));
    VerifyReport report = verify(Optional.of(CareWorld.EXPERIMENT), false);
    assertThat(report.damage()).isEmpty();
    assertThat(report.good()).isEqualTo(1);
    assertThat(report.freed()).isEqualTo(1);
    assertThat(report.bytes()).isEqualTo(weights.bytes());
    assertThat(verify(Optional.of("nobody"), false).artifacts()).isZero();
  }
}

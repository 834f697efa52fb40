package dev.fewstep.orchestrator.care;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fewstep.orchestrator.care.Finding.Severity;
import dev.fewstep.schemas.Artifact;
import dev.fewstep.schemas.ArtifactKind;
import dev.fewstep.schemas.state.StateRecord;
import dev.fewstep.store.S3Bucket;
import dev.fewstep.store.S3Settings;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StoreChecksTest {
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

  private List<Finding> findings() {
    world.catchUp();
    return new StoreChecks(world.store.bucket()).findings(Optional.of(world));
  }

  private static List<String> bad(List<Finding> findings) {
    return findings.stream()
        .filter(finding -> finding.severity() != Severity.OK)
        .filter(finding -> !finding.check().equals("store.latency"))
        .map(Finding::check)
        .toList();
  }

  @Test
  void a_store_that_holds_what_is_needed_is_well() {
    Artifact weights = world.upload(ArtifactKind.WEIGHTS, "weights.safetensors", "w", "");
    Artifact freed = CareWorld.artifact(ArtifactKind.CHECKPOINT, "checkpoint-9.safetensors", "c");
    world.commit(StateRecord.of(CareWorld.succeeded("done", Map.of(), weights, freed)));
    assertThat(bad(findings())).isEmpty();
  }

  @Test
  void missing_artifacts_leftovers_and_what_lies_aside_are_found() throws IOException {
    Artifact input = CareWorld.artifact(ArtifactKind.DATASET, "train.npz", "input");
    world.commit(CareWorld.input("train", input));
    world.old(ArtifactKind.WEIGHTS, "orphan", "orphan", "");
    String key = GarbageCollection.ASIDE + "run/" + input.sha256();
    world.store.bucket().write(key, new byte[] {1});
    world.age(key, Duration.ofHours(3));
    List<Finding> findings = findings();
    assertThat(bad(findings))
        .containsExactlyInAnyOrder("store.missing", "store.unneeded", "store.aside");
    assertThat(findings)
        .filteredOn(finding -> finding.check().equals("store.missing"))
        .singleElement()
        .satisfies(finding -> assertThat(finding.where()).isEqualTo("input train"));
  }

  @Test
  void a_store_that_is_away_refuses_or_lacks_the_bucket_is_found() {
    S3Settings right = world.store.bucket().settings();
    for (S3Settings wrong :
        List.of(
            new S3Settings(
                right.endpoint(), "us-east-1", "other", right.accessKey(), right.secretKey()),
            new S3Settings(right.endpoint(), "us-east-1", "fewstep", right.accessKey(), "wrong"))) {
      try (S3Bucket bucket = new S3Bucket(wrong)) {
        assertThat(bad(new StoreChecks(bucket).findings(Optional.empty())))
            .hasSize(1)
            .isSubsetOf("store.bucket", "store.reach");
      }
    }
    world.close();
    try (S3Bucket bucket = new S3Bucket(right)) {
      assertThat(bad(new StoreChecks(bucket).findings(Optional.empty())))
          .containsExactly("store.reach");
    }
  }
}

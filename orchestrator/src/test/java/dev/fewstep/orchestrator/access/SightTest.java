package dev.fewstep.orchestrator.access;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fewstep.orchestrator.ManyResults;
import dev.fewstep.orchestrator.experiment.OrchestratorState;
import dev.fewstep.schemas.AccessRole;
import dev.fewstep.schemas.Artifact;
import dev.fewstep.schemas.ArtifactKind;
import dev.fewstep.schemas.state.CheckpointRef;
import dev.fewstep.schemas.state.StateRecord;
import dev.fewstep.schemas.state.TaskRecord;
import dev.fewstep.schemas.state.TaskResult;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What a caller sees of finished experiments of the project {@code default}. */
class SightTest {
  private final OrchestratorState state = new OrchestratorState();
  private final String id = new ManyResults(state::replay).finished(1, 20);

  private Sight of(String... projects) {
    return new Sight(
        new Caller(
            "ann",
            Optional.of("0123456789ab"),
            true,
            AccessRole.VIEWER,
            Set.of(projects),
            Instant.MAX),
        state);
  }

  @Test
  void whatAnotherProjectsTasksMadeIsNotSeen() {
    TaskRecord some = state.tasks().iterator().next();
    TaskResult result = some.result().orElseThrow();
    Artifact made = new Artifact(ArtifactKind.WEIGHTS, "weights.safetensors", 7, "cd".repeat(32));
    Artifact saved = new Artifact(ArtifactKind.CHECKPOINT, "checkpoint", 7, "ef".repeat(32));
    state.replay(
        StateRecord.of(
            some.edit()
                .checkpoint(new CheckpointRef(5, saved))
                .result(
                    new TaskResult(
                        result.attempt(),
                        result.executionId(),
                        List.of(made),
                        result.scores(),
                        result.provenance(),
                        result.seconds()))
                .build()));
    String task = some.key();
    assertThat(of("default", "x").artifact(made.sha256())).isTrue();
    assertThat(of().artifact(made.sha256())).isTrue();
    assertThat(of("x").artifact(made.sha256())).isFalse();
    assertThat(of("default").artifact(saved.sha256())).isTrue();
    assertThat(of("x").artifact(saved.sha256())).isFalse();
    assertThat(of("x").artifact("ab".repeat(32))).isFalse();
    assertThat(of("default").task(task)).isTrue();
    assertThat(of("x").task(task)).isFalse();
    assertThat(of("default").experiment(id)).isTrue();
    assertThat(of("x").experiment(id)).isFalse();
    assertThat(of("x").experiment("no-such")).isFalse();
  }
}

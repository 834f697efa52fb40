package dev.fewstep.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fewstep.schemas.Artifact;
import dev.fewstep.schemas.ArtifactKind;
import dev.fewstep.schemas.Digests;
import dev.fewstep.schemas.Json;
import dev.fewstep.schemas.message.ControlMessage;
import dev.fewstep.schemas.message.FailureCode;
import dev.fewstep.schemas.message.Report;
import dev.fewstep.schemas.message.TaskMessage;
import dev.fewstep.schemas.task.SourceRef;
import dev.fewstep.schemas.task.TaskSpec;
import dev.fewstep.store.S3Settings;
import dev.fewstep.worker.artifact.S3ArtifactStore;
import dev.fewstep.worker.task.LeaderSide;
import dev.fewstep.worker.task.Pulse;
import dev.fewstep.worker.task.program.TinyWorld;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whole workers with real small tasks, against a real broker and a real store. */
class WorkerTest {
  private static final SourceRef BASE = TinyWorld.upstream("base", ArtifactKind.WEIGHTS);
  private static final SourceRef TUNED = TinyWorld.upstream("tuned", ArtifactKind.WEIGHTS);
  private static final SourceRef STATISTICS =
      TinyWorld.upstream("reference", ArtifactKind.STATISTICS);

  @TempDir static Path directory;
  private static LeaderSide leader;
  private static S3Settings settings;
  private static S3ArtifactStore store;
  private static TinyWorld world;
  private static final Map<String, Artifact> INPUTS = new HashMap<>();

  @BeforeAll
  static void start() throws Exception {
    leader = new LeaderSide(directory.resolve("stack"), "chain", "failing", "drained", "signalled");
    settings =
        new S3Settings(
            leader.stack().s3Endpoint(),
            "us-east-1",
            "fewstep",
            leader.stack().s3AccessKey(),
            leader.stack().s3SecretKey());
    store = new S3ArtifactStore(settings);
    store.makeBucket();
    world = new TinyWorld(directory);
    INPUTS.put(
        TinyWorld.source(world.dataset).value(),
        store.put(ArtifactKind.DATASET, "dataset.npz", world.dataset));
    INPUTS.put(
        TinyWorld.source(world.extractor).value(),
        store.put(ArtifactKind.EXTRACTOR, "extractor.safetensors", world.extractor));
  }

  @AfterAll
  static void stop() {
    store.close();
    leader.close();
  }

  private static Worker worker(String deviceClass, String name) {
    return Worker.start(
        new WorkerConfig(
            leader.kafka(),
            settings,
            deviceClass,
            "cpu",
            1,
            2,
            directory.resolve(name),
            1 << 30,
            "127.0.0.1",
            0,
            new Pulse.Intervals(
                Duration.ofMillis(500), Duration.ofMillis(200), Duration.ofMillis(100)),
            Duration.ofSeconds(20),
            Duration.ofSeconds(60)));
  }

  private static TaskMessage message(
      String name, int attempt, TaskSpec spec, Optional<Artifact> checkpoint) {
    return new TaskMessage(
        Digests.sha256Hex(name),
        attempt,
        spec.kind(),
        Json.toTree(spec),
        INPUTS,
        checkpoint,
        "test",
        Instant.now());
  }

  private static Report.Succeeded run(String deviceClass, String name, TaskSpec spec) {
    TaskMessage message = message(name, 1, spec, Optional.empty());
    leader.publish(deviceClass, message);
    Report.ExecutionReport end =
        leader.await(
            Report.ExecutionReport.class,
            r ->
                r.taskKey().equals(message.taskKey())
                    && (r instanceof Report.Succeeded || r instanceof Report.Failed));
    assertThat(end).isInstanceOf(Report.Succeeded.class);
    return (Report.Succeeded) end;
  }

  private static Artifact artifact(Report.Succeeded report, String name) {
    return report.artifacts().stream()
        .filter(a -> a.name().equals(name))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no " + name + " in " + report.artifacts()));
  }

  @Test
  void runsEveryKindOfTask() throws Exception {
    try (Worker worker = worker("chain", "w-chain")) {
      Report.Succeeded base = run("chain", "base", world.pretrain(3));
      INPUTS.put(BASE.value(), artifact(base, "weights.safetensors"));
      Report.Succeeded reference = run("chain", "reference", world.reference());
      INPUTS.put(STATISTICS.value(), artifact(reference, "statistics.npz"));
      Report.Succeeded tuned = run("chain", "tuned", world.finetune(BASE, 3));
      INPUTS.put(TUNED.value(), artifact(tuned, "weights.safetensors"));
      Report.Succeeded scored = run("chain", "scored", world.evaluate(TUNED, STATISTICS, 40, 16));
      assertThat(scored.scores())
          .containsKeys("fd:" + world.space().id(), "kd:" + world.space().id(), "nfe", "samples");
      assertThat(scored.provenance())
          .containsKeys("fewstep", "commit", "java", "djl", "libtorch", "device", "threads");
      assertThat(tuned.artifacts())
          .extracting(Artifact::name)
          .containsExactlyInAnyOrder(
              "weights.safetensors",
              "checkpoint-3.safetensors",
              "curve.json",
              "before.png",
              "sheet-1.png",
              "sheet-2.png",
              "sheet.png",
              "denoising.png",
              "log.txt");
      for (Artifact made : tuned.artifacts()) {
        assertThat(store.holds(made)).isTrue();
      }
      assertThat(leader.all(Report.Checkpointed.class))
          .anySatisfy(
              c -> {
                assertThat(c.taskKey()).isEqualTo(tuned.taskKey());
                assertThat(c.step()).isEqualTo(2);
                assertThat(c.checkpoint().name()).isEqualTo("checkpoint-2.safetensors");
              });
      assertThat(get(worker, "/healthz").statusCode()).isEqualTo(200);
      assertThat(get(worker, "/readyz").body()).contains("\"group\":true");
      assertThat(get(worker, "/readyz").statusCode()).isEqualTo(200);
      assertThat(get(worker, "/nothing").statusCode()).isEqualTo(404);
      String metrics = get(worker, "/metrics").body();
      assertThat(metrics)
          .contains("fewstep_worker_busy")
          .contains("fewstep_execution_duration_seconds")
          .contains("fewstep_train_step_seconds")
          .contains("fewstep_train_images_total")
          .contains("fewstep_store_bytes_total")
          .contains("fewstep_worker_heartbeats_total")
          .contains("fewstep_build_info")
          .doesNotContain("fewstep_train_loss");
    }
    assertThat(directory.resolve("w-chain").resolve("scratch")).isEmptyDirectory();
  }

  private static HttpResponse<String> get(Worker worker, String path) throws Exception {
    URI uri = URI.create("http://127.0.0.1:" + worker.httpPort() + path);
    return HttpClient.newHttpClient()
        .send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
  }

  @Test
  void saysWhyATaskFailed() throws Exception {
    Artifact gone =
        new Artifact(ArtifactKind.WEIGHTS, "weights.safetensors", 3, Digests.sha256Hex("gone"));
    SourceRef missing = TinyWorld.upstream("gone", ArtifactKind.WEIGHTS);
    INPUTS.put(missing.value(), gone);
    SourceRef unnamed = TinyWorld.upstream("unnamed", ArtifactKind.WEIGHTS);
    try (Worker worker = worker("failing", "w-failing")) {
      assertThat(fail("missing", message("missing", 1, world.finetune(missing, 2), none())))
          .isEqualTo(FailureCode.BAD_INPUT);
      assertThat(fail("unnamed", message("unnamed", 1, world.finetune(unnamed, 2), none())))
          .isEqualTo(FailureCode.BAD_INPUT);
      TaskMessage spec = message("spec", 1, world.pretrain(2), none());
      TaskMessage invalid =
          new TaskMessage(
              spec.taskKey(),
              1,
              spec.kind(),
              Json.toTree(Map.of("unknown", 1)),
              INPUTS,
              none(),
              "test",
              Instant.now());
      assertThat(fail("spec", invalid)).isEqualTo(FailureCode.INVALID_SPEC);
      assertThat(get(worker, "/healthz").statusCode()).isEqualTo(200);
    }
  }

  private static Optional<Artifact> none() {
    return Optional.empty();
  }

  private static FailureCode fail(String name, TaskMessage message) {
    leader.publish("failing", message);
    String key = Digests.sha256Hex(name);
    Report.Failed failed = leader.await(Report.Failed.class, f -> f.taskKey().equals(key));
    assertThat(failed.message()).isNotBlank();
    assertThat(failed.logTail()).isNotEmpty();
    return failed.code();
  }

  @Test
  void handsATaskBackWithACheckpointThatAnotherWorkerGoesOnFrom() throws Exception {
    TaskSpec spec = world.pretrain(60);
    TaskMessage first = message("handed-back", 1, spec, none());
    Worker worker = worker("drained", "w-first");
    leader.publish("drained", first);
    leader.await(Report.Heartbeat.class, h -> h.taskKey().equals(first.taskKey()) && h.step() >= 1);
    assertThat(worker.stop()).isTrue();
    Report.Released released =
        leader.await(Report.Released.class, r -> r.taskKey().equals(first.taskKey()));
    Report.Checkpointed last =
        leader.all(Report.Checkpointed.class).stream()
            .filter(c -> c.executionId().equals(released.executionId()))
            .reduce((a, b) -> b)
            .orElseThrow();
    assertThat(last.step()).isBetween(1L, 59L);
    try (Worker second = worker("drained", "w-second")) {
      leader.publish("drained", message("handed-back", 2, spec, Optional.of(last.checkpoint())));
      Report.Succeeded resumed =
          leader.await(Report.Succeeded.class, s -> s.taskKey().equals(first.taskKey()));
      assertThat(resumed.attempt()).isEqualTo(2);
      Report.Succeeded whole = run("drained", "never-stopped", spec);
      assertThat(artifact(resumed, "weights.safetensors").sha256())
          .isEqualTo(artifact(whole, "weights.safetensors").sha256());
      assertThat(artifact(resumed, "sheet.png").sha256())
          .isEqualTo(artifact(whole, "sheet.png").sha256());
      TaskMessage withdrawn = message("withdrawn", 1, world.pretrain(100_000), none());
      leader.publish("drained", withdrawn);
      leader.await(
          Report.Heartbeat.class, h -> h.taskKey().equals(withdrawn.taskKey()) && h.step() >= 1);
      leader.control(new ControlMessage(withdrawn.taskKey(), 1, Optional.empty(), true));
      run("drained", "after", world.reference());
      assertThat(second.httpPort()).isPositive();
    }
  }

  @Test
  void aSignalLetsTheTaskHandItselfBack() throws Exception {
    Process process =
        WorkerProcess.start(
            leader.stack().bootstrapServers(),
            settings,
            "signalled",
            directory.resolve("w-signalled"));
    try {
      TaskMessage message = message("signalled", 1, world.pretrain(100_000), none());
      leader.publish("signalled", message);
      leader.await(
          Report.Heartbeat.class, h -> h.taskKey().equals(message.taskKey()) && h.step() >= 1);
      process.destroy();
      Report.Released released =
          leader.await(Report.Released.class, r -> r.taskKey().equals(message.taskKey()));
      assertThat(leader.all(Report.Checkpointed.class))
          .anyMatch(c -> c.executionId().equals(released.executionId()) && c.step() >= 1);
      assertThat(process.waitFor(LeaderSide.PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
      // 128 + SIGTERM: the signal's own status, not that of a crash.
      assertThat(process.exitValue()).isEqualTo(143);
    } finally {
      process.destroyForcibly();
    }
  }

  @Test
  void refusesToStartWithWrongKeys() {
    S3Settings wrong =
        new S3Settings(
            settings.endpoint(), "us-east-1", "fewstep", settings.accessKey(), "wrong-secret");
    WorkerConfig config = WorkerConfig.onCpu(leader.kafka(), wrong, directory.resolve("w-wrong"));
    assertThatThrownBy(() -> Worker.start(config))
        .isInstanceOf(WorkerStartException.class)
        .hasMessageContaining("access was denied")
        .hasMessageNotContaining("wrong-secret");
    assertThat(Files.exists(directory.resolve("w-wrong").resolve("cache"))).isFalse();
  }
}

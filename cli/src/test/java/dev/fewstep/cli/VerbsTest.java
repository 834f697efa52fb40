package dev.fewstep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fewstep.schemas.Json;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The verbs of experiments as a person uses them, against everything in one process and a real
 * worker in another. What the program prints is printed here too.
 */
class VerbsTest {
  private static final Duration PATIENCE = Duration.ofMinutes(10);
  private static final Path MODELS = Path.of("..", "models", "fashion-mnist").toAbsolutePath();

  @TempDir static Path folder;
  private static LocalStack stack;
  private static ApiClient client;

  @BeforeAll
  static void start() throws Exception {
    System.setProperty("fewstep.home", MODELS.getParent().getParent().toString());
    Settings settings =
        Settings.load(
            Map.of(
                "FEWSTEP_DATA_DIR", folder.resolve("data").toString(),
                "FEWSTEP_CACHE_DIR", folder.resolve("cache").toString(),
                "FEWSTEP_CONFIG", Files.writeString(folder.resolve("config.yaml"), "").toString(),
                "FEWSTEP_HTTP_PORT", "0",
                "FEWSTEP_THREADS", "1"));
    stack = LocalStack.start(settings, line -> {});
    client = new ApiClient(stack.dashboard().toString());
    Path bundle = folder.resolve("inputs.yaml");
    Files.writeString(
        bundle,
        """
        inputs:
          - {name: images, dataset: %1$s/data/t10k-images-idx3-ubyte.gz}
          - {name: base, weights: %1$s/ddpm/weights.safetensors}
          - {name: a, extractor: %1$s/extractors/a/weights.safetensors}
          - {name: b, extractor: %1$s/extractors/b/weights.safetensors}
        """
            .formatted(MODELS));
    InputBundle.read(bundle).register(client, folder.resolve("datasets"), line -> {});
  }

  @AfterAll
  static void stop() {
    if (stack != null) {
      stack.close();
    }
  }

  private static Path spec(String name, int iterations, String steps, String policy)
      throws Exception {
    Path file = folder.resolve(name + ".yaml");
    return Files.writeString(
        file,
        """
        apiVersion: fewstep/v1
        kind: Experiment
        metadata: {name: %s}
        spec:
          base:
            data: {train: images}
            model: {weights: base}
            loss: {extractor: a, mmdBatch: 8, microBatch: 8}
            training: {iterations: %d, learningRate: 0.00002, warmup: 5, checkpointEvery: 5}
          grid: {sampling.steps: %s}
          seeds: [0]
          evaluation: {reference: images, extractors: [b], samples: 128, batch: 64}
          policy: %s
        """
            .formatted(name, iterations, steps, policy));
  }

  private static ProgramRun run(int exitCode, Object... arguments) {
    List<String> line = new ArrayList<>();
    for (Object argument : arguments) {
      line.add(argument.toString());
    }
    ProgramRun run =
        ProgramRun.of(
            Map.of("FEWSTEP_SERVER_URL", stack.dashboard().toString(), "NO_COLOR", "1"),
            line.toArray(String[]::new));
    System.out.printf(
        "$ fewstep %s%n%s%s(exit %d)%n%n",
        String.join(" ", line), run.err(), run.out(), run.exitCode());
    assertThat(run.exitCode()).as(run.err()).isEqualTo(exitCode);
    return run;
  }

  private static String submit(Path file) {
    return run(0, "submit", file).out().strip();
  }

  private static String state(String id) {
    return client.get("/api/v1/experiments/" + id).path("state").asText();
  }

  private static JsonNode finetune(String id) {
    for (JsonNode task : client.all("/api/v1/tasks?experiment=" + id)) {
      if (task.path("kind").asText().equals("FINETUNE")) {
        return task;
      }
    }
    throw new AssertionError("no finetune of " + id);
  }

  private static String artifact(JsonNode task, String name) {
    for (JsonNode file : task.path("artifacts")) {
      if (file.path("name").asText().equals(name)) {
        return file.path("sha256").asText();
      }
    }
    throw new AssertionError("no " + name + " in " + task);
  }

  private static void await(String what, BooleanSupplier done) {
    Instant deadline = Instant.now().plus(PATIENCE);
    while (!done.getAsBoolean()) {
      assertThat(Instant.now()).as(what).isBefore(deadline);
      try {
        Thread.sleep(50);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new AssertionError("interrupted while waiting: " + what, e);
      }
    }
  }

  @Test
  void anExtensionIsTheLongRunAndComputesOnlyTheRest() throws Exception {
    String first = submit(spec("short", 6, "[2]", "{}"));
    run(0, "watch", first);
    run(0, "extend", first, "--iterations", "+4", "--dry-run");
    UUID key = UUID.randomUUID();
    String longer =
        run(0, "extend", first, "--iterations", "+4", "--idempotency-key", key).out().strip();
    assertThat(
            run(0, "extend", first, "--iterations", "+4", "--idempotency-key", key).out().strip())
        .isEqualTo(longer);
    String straight = submit(spec("straight", 10, "[2]", "{cache: false}"));
    run(0, "watch", longer);
    run(0, "watch", straight);

    assertThat(artifact(finetune(longer), "weights.safetensors"))
        .isEqualTo(artifact(finetune(straight), "weights.safetensors"))
        .isNotEqualTo(artifact(finetune(first), "weights.safetensors"));
    String log = new String(log(longer), StandardCharsets.UTF_8);
    assertThat(log).contains("resumes from checkpoint-6.safetensors", "goes on after step 6");
    assertThat(new String(log(straight), StandardCharsets.UTF_8)).doesNotContain("goes on after");
    assertThat(run(0, "describe", longer).out()).contains("extends " + first);
    run(2, "extend", first, "--iterations", "10");
  }

  private static byte[] log(String id) {
    return client.bytes("/api/v1/artifacts/" + artifact(finetune(id), "log.txt"));
  }

  @Test
  void aRunningExperimentIsPausedHandedBackChangedReplacedAndCancelled() throws Exception {
    String id = submit(spec("steered", 5000, "[2, 3]", "{maxParallel: 1}"));
    await("a finetune runs", () -> finetune(id).path("step").asInt() >= 2);
    run(0, "pause", id, "--now");
    run(0, "pause", id);
    await("it is handed back", () -> finetune(id).path("state").asText().equals("QUEUED"));
    assertThat(finetune(id).path("attempt").asInt()).isEqualTo(2);
    assertThat(run(0, "describe", id).out()).contains("PAUSED", "fewstep resume " + id);
    run(0, "set", id, "--priority", "80", "--max-parallel", "0");
    run(0, "resume", id);
    await("it goes on", () -> finetune(id).path("state").asText().equals("RUNNING"));

    run(0, "resubmit", id, "-f", spec("steered", 5000, "[2, 4]", "{}"), "--dry-run");
    String replaced =
        run(0, "resubmit", id, "-f", spec("steered", 5000, "[2, 4]", "{}")).out().strip();
    await("the old one is withdrawn", () -> state(id).equals("CANCELLED"));
    assertThat(finetune(replaced).path("attempt").asInt())
        .as("what both want was not interrupted")
        .isEqualTo(2);
    assertThat(finetune(replaced).path("state").asText()).isEqualTo("RUNNING");
    assertThat(run(0, "describe", id).out()).contains("replaced by " + replaced);

    run(0, "cancel", replaced, "-o", "json");
    await(
        "the worker is free",
        () ->
            client
                .get("/api/v1/workers")
                .path("items")
                .path(0)
                .path("executionId")
                .isMissingNode());
    run(2, "pause", replaced);
    run(2, "retry", replaced, "--failed");
    run(2, "pause", id.replace("steered", "steerde"));
  }

  @Test
  void aCloneThatFailsIsDescribedAndRetried() throws Exception {
    String id = submit(spec("plain", 6, "[2]", "{}"));
    run(0, "watch", id);
    String yaml =
        run(
                0,
                "clone",
                id,
                "--name",
                "wild",
                "--set",
                "training.learningRate=1e30",
                "--add-axis",
                "training.clipNorm=[1.0e+30]",
                "--dry-run")
            .out();
    assertThat(yaml).contains("name: wild", "learningRate: 1.0E30");
    run(2, "clone", id, "--set", "training.learningrate=1e-5");
    run(2, "clone", id, "--add-value", "sampling.step=4");
    String wild =
        run(0, "clone", id, "--name", "wild", "--set", "training.learningRate=1e30").out().strip();
    run(1, "watch", wild);
    String failed = finetune(wild).path("key").asText();
    String text = run(0, "describe", failed).out();
    assertThat(text).contains("NOT_FINITE", "another attempt cannot help");
    assertThat(finetune(wild).path("failure").path("logTail")).isNotEmpty();
    JsonNode retried =
        Json.messages().readTree(run(0, "retry", wild, "--failed", "-o", "json").out());
    assertThat(retried.path("tasks").asInt()).isEqualTo(2);
    run(1, "watch", wild);
    assertThat(run(0, "retry", id, "--failed").out()).contains("nothing of " + id + " has failed");
    assertThat(run(0, "describe", id, "--spec").out()).contains("sampling.steps: [2]");
  }

  @Test
  void whatIsAskedAndTidiedFromDayToDay() throws Exception {
    assertThat(run(0, "catalogue").out()).contains("pesser-cifar10-ema");
    String weights = "../models/fashion-mnist/ddpm/weights.safetensors";
    run(0, "import", "again", "--weights", weights);
    Path file = spec("asked", 6, "[4]", "{}");
    assertThat(run(0, "plan", file).out()).contains("FINETUNE");
    String id = submit(file);
    assertThat(run(0, "queue").err()).doesNotContain("fewstep:");
    assertThat(run(0, "explain", id).out()).contains(id);
    run(0, "watch", id);
    assertThat(run(0, "explain", finetune(id).path("key").asText()).out()).isNotBlank();
    String asked = run(0, "archive", "--older-than", "1s", "--dry-run").out();
    assertThat(state(id)).as("asked about only: %s", asked).isEqualTo("SUCCEEDED");
    run(0, "archive", id);
    assertThat(client.all("/api/v1/archive").toString()).contains(id);
  }

  @Test
  void anEndedExperimentIsWrittenIntoOneFileAndComesHome() throws Exception {
    String id = submit(spec("travels", 6, "[2]", "{}"));
    Path file = folder.resolve("travels.tar");
    run(2, "export", id, "--out", file);
    assertThat(file).doesNotExist();
    run(0, "watch", id);
    JsonNode written =
        Json.messages().readTree(run(0, "export", id, "--out", file, "-o", "json").out());
    assertThat(written.path("bytes").asLong()).isEqualTo(Files.size(file));
    JsonNode home = Json.messages().readTree(run(0, "import-experiment", file, "-o", "json").out());
    assertThat(home.path("id").asText()).isEqualTo(id);
    assertThat(home.path("inputs").path("base").asText()).isEqualTo("same");
    assertThat(client.all("/api/v1/archive").toString())
        .as("it is still the one that is here")
        .doesNotContain(id);
    Path table = folder.resolve("travels.csv");
    run(0, "export", id, "--format", "csv", "--out", table);
    assertThat(Files.readAllLines(table)).hasSize(2);
    run(2, "import-experiment", table);
    Path results = folder.resolve("results.json");
    run(0, "results", "--project", "default", "--format", "json", "--out", results);
    assertThat(Files.readString(results)).contains(id, "held-out");
    Path events = folder.resolve("events");
    run(0, "export", id, "--format", "tensorboard", "--out", events);
    try (var files = Files.walk(events)) {
      assertThat(
              files.filter(Files::isRegularFile).map(found -> events.relativize(found).toString()))
          .as("one run for each task that has a result")
          .hasSize(client.all("/api/v1/tasks?experiment=" + id).size())
          .allMatch(name -> name.startsWith(id + "/") && name.contains("/events.out.tfevents."))
          .anyMatch(name -> name.contains("0000,sampling.steps=2,seed=0/finetune-"));
    }
    mlflow(id);
    DocumentedAddresses.answer(stack.dashboard(), id);
  }

  /** A run for each trial, once however often it is exported. */
  private static void mlflow(String id) throws Exception {
    try (FakeTracking tracking = new FakeTracking()) {
      String first =
          run(0, "export", id, "--format", "mlflow", "--tracking-uri", tracking.address()).out();
      assertThat(first).contains("written").contains("1");
      assertThat(tracking.experiments).containsOnlyKeys(id);
      assertThat(tracking.runs).hasSize(1);
      FakeTracking.Run made = tracking.runs.get("run-0");
      assertThat(made.status).isEqualTo("FINISHED");
      assertThat(made.tags)
          .containsEntry("fewstep.trial", id + "/0")
          .containsKey("fewstep.task.finetune");
      assertThat(made.params)
          .containsEntry("sampling.steps", "2")
          .containsEntry("training.iterations", "6")
          .containsEntry("seed", "0");
      assertThat(made.metrics).containsKeys("fd/b", "baseline/fd/b", "nfe");
      assertThat(made.metrics.get("loss")).as("each step's").hasSize(6);

      int before = tracking.asked.size();
      run(0, "export", id, "--format", "mlflow", "--tracking-uri", tracking.address());
      assertThat(tracking.runs).hasSize(1);
      assertThat(tracking.asked.subList(before, tracking.asked.size()))
          .as("nothing is written again")
          .doesNotContain("runs/create", "runs/log-batch", "runs/update");

      made.status = "RUNNING";
      run(0, "export", id, "--format", "mlflow", "--tracking-uri", tracking.address());
      assertThat(tracking.runs).as("an export that broke off goes on").hasSize(1);
      assertThat(made.status).isEqualTo("FINISHED");
      tracking.authorization = "Bearer token-of-the-tracking-server";
      assertThat(
              run(3, "export", id, "--format", "mlflow", "--tracking-uri", tracking.address())
                  .err())
          .contains("PERMISSION_DENIED");
    }
    assertThat(run(2, "export", id, "--format", "mlflow").err()).contains("MLFLOW_TRACKING_URI");
    run(2, "export", id, "--format", "mlflow", "--tracking-uri", "elsewhere");
  }

  @Test
  void aScheduleIsCreatedShownPausedRunAndDeleted() throws Exception {
    Path file = spec("again", 5, "[2]", "{cache: false}");
    String created =
        run(
                0,
                "schedule",
                "create",
                "nightly",
                "--cron",
                "0 2 * * *",
                "--zone",
                "Europe/Berlin",
                "--spec",
                file,
                "--retention",
                "2",
                "--catch-up",
                "all",
                "--within",
                "6h",
                "--gate",
                "fd",
                "--min-seeds",
                "2")
            .out();
    assertThat(created).startsWith("schedule nightly: next ").contains("T02:00+0");
    JsonNode shown =
        Json.messages().readTree(run(0, "schedule", "show", "nightly", "-o", "json").out());
    assertThat(shown.path("catchUp").path("policy").asText()).isEqualTo("ALL");
    assertThat(shown.path("catchUp").path("within").asText()).isEqualTo("PT6H");
    assertThat(shown.path("gate").path("minSeeds").asInt()).isEqualTo(2);
    assertThat(shown.path("nextSlots")).hasSize(3);

    run(0, "schedule", "pause", "nightly");
    assertThat(run(0, "schedule", "list").out()).contains("nightly").contains("paused");
    run(0, "schedule", "resume", "nightly");
    String id = run(0, "schedule", "run", "nightly").out().strip();
    assertThat(id).startsWith("nightly-");
    assertThat(run(0, "schedule", "show", "nightly").out()).contains("next ").contains(id);
    run(0, "cancel", id);
    run(0, "schedule", "delete", "nightly");
    assertThat(run(2, "schedule", "show", "nightly").err())
        .contains("There is no schedule nightly");
    assertThat(run(2, "schedule", "create", "x", "--cron", "0 99 * * *", "--spec", file).err())
        .contains("cron: '0 99 * * *'");
  }

  /**
   * Three nights of a real worker: nothing to compare with, the same again, and a planted
   * regression.
   */
  @Test
  void theGateOfANightlyBenchmarkIsItsExitCode() throws Exception {
    benchmark("0.00002");
    ProgramRun first = run(ExitCodes.INCONCLUSIVE, "nightly", "run", "--gate", "quality");
    assertThat(first.out()).contains("inconclusive").contains("a baseline has 1 runs at least");
    ProgramRun second = run(ExitCodes.OK, "nightly", "run", "--gate", "--timeout", "5m");
    assertThat(second.out()).contains("pass").contains("+0.00%");

    benchmark("0.5");
    ProgramRun third =
        run(ExitCodes.REGRESSED, "nightly", "run", "--gate", "quality", "-o", "json");
    JsonNode run = Json.messages().readTree(third.out()).path(0);
    assertThat(run.path("verdict").asText()).isEqualTo("REGRESSED");
    assertThat(run.path("accepted").asBoolean()).isFalse();
    assertThat(run(0, "nightly", "list").out()).contains("quality").contains("regressed");
    assertThat(new String(client.bytes("/metrics"), StandardCharsets.UTF_8))
        .contains("fewstep_nightly_verdict{benchmark=\"quality\",verdict=\"regressed\"} 1")
        .contains("fewstep_nightly_verdict{benchmark=\"quality\",verdict=\"pass\"} 0")
        .contains("fewstep_nightly_score{benchmark=\"quality\",metric=\"fd:b\"}")
        .contains("fewstep_nightly_baseline{benchmark=\"quality\",metric=\"fd:b\"}");
    Path page = folder.resolve("nightly.html");
    run(0, "nightly", "report", "-f", page);
    assertThat(Files.readString(page)).contains("<h3>fd:b</h3>").contains("REGRESSED");

    String id = run.path("experimentId").asText();
    run(0, "nightly", "accept", "quality", id);
    assertThat(
            Json.messages()
                .readTree(run(0, "nightly", "show", "quality", "-o", "json").out())
                .path(0)
                .path("accepted")
                .asBoolean())
        .isTrue();
    run(ExitCodes.USAGE, "nightly", "run", "nothing");
    run(0, "schedule", "delete", "quality");
  }

  private static void benchmark(String learningRate) throws Exception {
    Path file = spec("quality", 5, "[2]", "{cache: false}");
    Files.writeString(
        file,
        Files.readString(file)
            .replace("0.00002", learningRate)
            .replace("grid: {sampling.steps: [2]}", "grid: {}")
            .replace("seeds: [0]", "seeds: [0, 1, 2]"));
    run(
        0,
        "schedule",
        "create",
        "quality",
        "--cron",
        "0 2 * * *",
        "--spec",
        file,
        "--gate",
        "fd",
        "--min-runs",
        "1");
  }
}

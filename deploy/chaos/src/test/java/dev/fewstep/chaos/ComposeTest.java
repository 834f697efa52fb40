package dev.fewstep.chaos;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fewstep.chaos.load.Api;
import dev.fewstep.chaos.load.TinyInputs;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * deploy/compose as it is, on the images that deploy/docker/build.sh made: brought up, worked with,
 * a worker's container killed amid its task, and taken down. Needs docker and those images; else it
 * is skipped with a line, or fails when {@code -Dfewstep.require} names {@code docker}.
 */
class ComposeTest {
  private static final List<String> IMAGES =
      List.of("server", "worker", "minio", "kafka", "prometheus", "alertmanager");
  private static final Duration PATIENCE = Duration.ofMinutes(6);
  private static final List<String> ENDED = List.of("SUCCEEDED", "FAILED", "CANCELLED", "CACHED");
  private static final Pattern WORKER = Pattern.compile("worker (\\S+) takes cpu tasks");
  private static final Map<String, Integer> SCRAPED =
      Map.of("fewstep-server", 1, "fewstep-worker", 2, "prometheus", 1);
  private static final Path HOME = home();

  @TempDir static Path folder;
  private static Map<String, String> environment;
  private static String project;
  private static int prometheus;
  private static Api api;

  private static Path home() {
    Path here = Path.of("").toAbsolutePath();
    while (!Files.isDirectory(here.resolve("deploy/compose"))) {
      here = here.getParent();
    }
    return here;
  }

  @BeforeAll
  static void up() throws Exception {
    assumeTrue(present(), "docker is there");
    int port = port();
    prometheus = port();
    project = "fewstep-test-" + ProcessHandle.current().pid();
    environment =
        Map.of(
            "COMPOSE_PROJECT_NAME",
            project,
            "FEWSTEP_PORT",
            Integer.toString(port),
            "FEWSTEP_IMAGES",
            "local",
            "PROMETHEUS_PORT",
            Integer.toString(prometheus),
            "ALERTMANAGER_PORT",
            Integer.toString(port()),
            "FEWSTEP_SECRETS",
            folder.resolve("secrets").toString(),
            "FEWSTEP_LEASE",
            "10s",
            "FEWSTEP_THREADS",
            "1",
            "OMP_NUM_THREADS",
            "1",
            "FEWSTEP_WAIT",
            "300");
    run(HOME.resolve("deploy/compose/up.sh").toString(), "cpu", "--scale", "worker=2");
    String token = Files.readString(folder.resolve("secrets/admin-token"));
    api = new Api(List.of(URI.create("http://127.0.0.1:" + port)), Optional.of(token));
  }

  private static int port() throws IOException {
    try (ServerSocket free = new ServerSocket(0)) {
      return free.getLocalPort();
    }
  }

  private static boolean present() throws IOException, InterruptedException {
    List<String> absent = new ArrayList<>();
    if (status("docker", "version") != 0) {
      absent.add("docker answers");
    } else {
      for (String image : IMAGES) {
        if (status("docker", "image", "inspect", "fewstep/" + image + ":local") != 0) {
          absent.add("image fewstep/" + image + ":local (deploy/docker/build.sh makes it)");
        }
      }
    }
    if (absent.isEmpty()) {
      return true;
    }
    String line = "part 'docker' is absent: not there: " + String.join(", ", absent);
    if (Arrays.asList(System.getProperty("fewstep.require", "").split("\\s*,\\s*"))
        .contains("docker")) {
      throw new AssertionError(line);
    }
    System.err.println("SKIPPED, " + line + " (-Dfewstep.require=docker makes this an error)");
    return false;
  }

  @AfterAll
  static void down() throws Exception {
    if (environment != null) {
      run(HOME.resolve("deploy/compose/down.sh").toString(), "--volumes");
      assertThat(run("docker", "ps", "-aq", "--filter", "name=" + project)).isBlank();
    }
  }

  private static int status(String... command) throws InterruptedException {
    try {
      Process process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      return process.waitFor(60, TimeUnit.SECONDS) ? process.exitValue() : -1;
    } catch (IOException e) {
      return -1;
    }
  }

  private static String run(String... command) throws IOException, InterruptedException {
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().putAll(environment);
    Process process = builder.start();
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertThat(process.waitFor()).as("%s: %s", List.of(command), output).isZero();
    return output;
  }

  @Test
  void containers_are_hardened_and_a_killed_worker_costs_nothing_but_time() throws Exception {
    everyContainerOfOursIsHardened();
    api.upload("images", "DATASET", TinyInputs.dataset(folder));
    api.upload("base", "WEIGHTS", TinyInputs.weights(folder));
    api.upload("a", "EXTRACTOR", TinyInputs.extractor(folder, "a", 1));
    api.upload("b", "EXTRACTOR", TinyInputs.extractor(folder, "b", 2));

    String disturbed = submit("disturbed");
    String killed = killAmidFinetune(disturbed);
    awaitSuccess(disturbed);
    JsonNode task = api.get(0, "/api/v1/tasks/" + killed);
    assertThat(task.path("attempt").asInt()).isEqualTo(2);
    assertThat(task.path("charged").asInt()).as("charged to the retry budget").isZero();

    run("docker", "start", stopped());
    String calm = submit("calm");
    awaitSuccess(calm);
    assertThat(weights(disturbed)).hasSize(2).isEqualTo(weights(calm));
    prometheusScrapesEverybody();
    theServersContainerHasWhatLooksAfterIt();
  }

  private static void prometheusScrapesEverybody() throws Exception {
    Api metrics = new Api(List.of(URI.create("http://127.0.0.1:" + prometheus)));
    long end = System.nanoTime() + PATIENCE.toNanos();
    Map<String, Integer> up = Map.of();
    while (System.nanoTime() < end && !SCRAPED.equals(up)) {
      Thread.sleep(1000);
      up = new TreeMap<>();
      for (JsonNode sample :
          metrics.get(0, "/api/v1/query?query=sum%20by%20(job)%20(up)").at("/data/result")) {
        up.put(sample.at("/metric/job").asText(), sample.at("/value/1").asInt());
      }
    }
    assertThat(up).isEqualTo(SCRAPED);
    assertThat(metrics.get(0, "/api/v1/alertmanagers").at("/data/activeAlertmanagers")).hasSize(1);
    assertThat(metrics.get(0, "/api/v1/query?query=fewstep_leader").at("/data/result/0/value/1"))
        .hasToString("\"1\"");
  }

  /** The commands of docs/operating.md that are run in the container. */
  private static void theServersContainerHasWhatLooksAfterIt() throws Exception {
    String server = containers("server").get(0);
    assertThat(run("docker", "exec", server, "fewstep", "backup", "/var/lib/fewstep/backup"))
        .contains("artifacts");
    run("docker", "cp", server + ":/var/lib/fewstep/backup", folder.toString());
    assertThat(folder.resolve("backup/manifest.json")).content().contains("sha256");
  }

  private static void everyContainerOfOursIsHardened() throws Exception {
    for (String id : containers("server", "worker", "minio")) {
      assertThat(
              run(
                      "docker",
                      "inspect",
                      "--format",
                      "{{.HostConfig.ReadonlyRootfs}} {{.HostConfig.CapDrop}} {{.HostConfig.SecurityOpt}}",
                      id)
                  .strip())
          .isEqualTo("true [ALL] [no-new-privileges:true]");
      assertThat(run("docker", "exec", id, "id", "-u").strip()).isNotEqualTo("0");
      assertThat(run("docker", "inspect", "--format", "{{.Config.Env}}", id))
          .doesNotContain(Files.readString(folder.resolve("secrets/s3-secret-key")))
          .doesNotContain(Files.readString(folder.resolve("secrets/admin-token")));
    }
  }

  private static List<String> containers(String... services) throws Exception {
    List<String> ids = new ArrayList<>();
    for (String service : services) {
      ids.addAll(
          run(
                  "docker",
                  "ps",
                  "-q",
                  "--filter",
                  "label=com.docker.compose.project=" + project,
                  "--filter",
                  "label=com.docker.compose.service=" + service)
              .lines()
              .toList());
    }
    assertThat(ids).hasSizeGreaterThanOrEqualTo(services.length);
    return ids;
  }

  private static String stopped() throws Exception {
    return run(
            "docker",
            "ps",
            "-aq",
            "--filter",
            "status=exited",
            "--filter",
            "label=com.docker.compose.project=" + project)
        .strip();
  }

  private static String submit(String name) throws Exception {
    String spec =
        """
        apiVersion: fewstep/v1
        kind: Experiment
        metadata: {name: %s}
        spec:
          base:
            data: {train: images}
            model: {weights: base}
            sampling: {steps: 2}
            loss: {extractor: a, mmdBatch: 4}
            training: {iterations: 800, learningRate: 0.001, warmup: 1, ema: 0.9, checkpointEvery: 20}
          seeds: [1, 2]
          evaluation: {reference: images, extractors: [b], samples: 16, batch: 16, seed: 1, baseSteps: [4]}
          policy: {cache: false, retry: {maxAttempts: 1}}
        """
            .formatted(name);
    return api.command("/api/v1/experiments", spec, 0).path("id").asText();
  }

  /** Kills the container whose worker has a finetune with a checkpoint; the task's key. */
  private static String killAmidFinetune(String experiment) throws Exception {
    Map<String, String> containers = containersByWorker();
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (System.nanoTime() < end) {
      for (JsonNode task : api.all(0, "/api/v1/tasks?experiment=" + experiment)) {
        if (!"FINETUNE".equals(task.path("kind").asText())) {
          continue;
        }
        assertThat(task.path("state").asText()).as("it was still to be killed").isNotIn(ENDED);
        JsonNode whole = api.get(0, "/api/v1/tasks/" + task.path("key").asText());
        if ("RUNNING".equals(whole.path("state").asText())
            && whole.path("log").toString().contains("has a checkpoint at step")) {
          run("docker", "kill", containers.get(whole.path("workerId").asText()));
          return whole.path("key").asText();
        }
      }
      Thread.sleep(50);
    }
    throw new AssertionError("no finetune of " + experiment + " had a checkpoint");
  }

  private static Map<String, String> containersByWorker() throws Exception {
    Map<String, String> found = new TreeMap<>();
    for (String id : containers("worker")) {
      Matcher worker = WORKER.matcher(run("docker", "logs", id));
      assertThat(worker.find()).as("container %s names its worker", id).isTrue();
      found.put(worker.group(1), id);
    }
    assertThat(found).hasSize(2);
    return found;
  }

  private static void awaitSuccess(String experiment) throws Exception {
    long end = System.nanoTime() + PATIENCE.toNanos();
    String state = "";
    while (System.nanoTime() < end && !"SUCCEEDED".equals(state)) {
      state = api.get(0, "/api/v1/experiments/" + experiment).path("state").asText();
      assertThat(state).isNotIn("FAILED", "CANCELLED");
      Thread.sleep(500);
    }
    assertThat(state).as(experiment).isEqualTo("SUCCEEDED");
  }

  /** SHA-256 of the finetuned weights by trial. */
  private static Map<String, String> weights(String experiment) throws Exception {
    Map<String, String> digests = new TreeMap<>();
    for (JsonNode task : api.all(0, "/api/v1/tasks?experiment=" + experiment)) {
      if ("FINETUNE".equals(task.path("kind").asText())) {
        JsonNode whole = api.get(0, "/api/v1/tasks/" + task.path("key").asText());
        for (JsonNode artifact : whole.path("artifacts")) {
          if ("weights.safetensors".equals(artifact.path("name").asText())) {
            digests.put(whole.path("label").asText(), artifact.path("sha256").asText());
          }
        }
      }
    }
    return digests;
  }
}

package dev.fewstep.chaos;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fewstep.chaos.load.Api;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * deploy/compose as it is, on the images that deploy/docker/build.sh made: brought up, worked with,
 * a worker's container killed amid its task, and taken down. Needs docker, compose and those
 * images; else it is skipped with a line, or fails when {@code -Dfewstep.require} names {@code
 * compose}.
 */
class ComposeTest {
  private static final List<String> IMAGES =
      List.of("server", "worker", "minio", "kafka", "prometheus", "alertmanager");
  private static final Duration PATIENCE = Duration.ofMinutes(6);
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
    assumeTrue(DockerPart.presentWithCompose(IMAGES), "docker and compose are there");
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

  @AfterAll
  static void down() throws Exception {
    if (environment != null) {
      run(HOME.resolve("deploy/compose/down.sh").toString(), "--volumes");
      assertThat(run("docker", "ps", "-aq", "--filter", "name=" + project)).isBlank();
    }
  }

  private static String run(String... command) throws IOException, InterruptedException {
    return run(Map.of(), command);
  }

  private static String run(Map<String, String> more, String... command)
      throws IOException, InterruptedException {
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().putAll(environment);
    builder.environment().putAll(more);
    Process process = builder.start();
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertThat(process.waitFor()).as("%s: %s", List.of(command), output).isZero();
    return output;
  }

  @Test
  void compose_reads_the_files_of_every_choice() throws Exception {
    String read = "here=" + HOME.resolve("deploy/compose") + "; . $here/settings.sh; compose ";
    String gpu = run("bash", "-c", read + "--profile gpu config");
    assertThat(gpu).contains("fewstep/worker-cuda:local").contains("driver: nvidia");
    assertThat(run(Map.of("FEWSTEP_IMAGES", ""), "bash", "-c", read + "--profile cpu config"))
        .contains("grafana/grafana-oss")
        .contains("apache/kafka:");
    String other =
        run(
            Map.of("AWS_ENDPOINT_URL_S3", "https://s3.example", "FEWSTEP_MONITORING", "none"),
            "bash",
            "-c",
            read + "--profile cpu config");
    assertThat(other)
        .contains("https://s3.example")
        .doesNotContain("fewstep/minio")
        .doesNotContain("prometheus:local");
    Path pem = Files.writeString(folder.resolve("server.pem"), "certificate");
    String tls =
        run(
            Map.of("FEWSTEP_TLS_CERTIFICATE", pem.toString(), "FEWSTEP_TLS_KEY", pem.toString()),
            "bash",
            "-c",
            read + "--profile cpu config");
    assertThat(tls)
        .contains("FEWSTEP_TLS_CERTIFICATE: /run/secrets/tls-certificate")
        .contains(pem.toString())
        .contains("/etc/prometheus/prometheus.yml");
  }

  @Test
  void containers_are_hardened_and_a_killed_worker_costs_nothing_but_time() throws Exception {
    everyContainerOfOursIsHardened();
    SmallGrid grid = new SmallGrid(api, 400);
    grid.prepare(folder);
    String disturbed = grid.submit("disturbed");
    Map<String, String> containers = containersByWorker();
    JsonNode finetune = grid.awaitCheckpoint(disturbed);
    run("docker", "kill", containers.get(finetune.path("workerId").asText()));
    String killed = finetune.path("key").asText();
    SmallGrid.awaitSuccess(api, disturbed);
    JsonNode task = api.get(0, "/api/v1/tasks/" + killed);
    assertThat(task.path("attempt").asInt()).isEqualTo(2);
    assertThat(task.path("charged").asInt()).as("charged to the retry budget").isZero();

    run("docker", "start", stopped());
    String calm = grid.submit("calm");
    SmallGrid.awaitSuccess(api, calm);
    assertThat(SmallGrid.weights(api, disturbed))
        .hasSize(2)
        .isEqualTo(SmallGrid.weights(api, calm));
    prometheusScrapesEverybody();
    theServersContainerHasWhatLooksAfterIt();
    anotherVersionAndTheWayBack(calm);
  }

  /** The upgrade of docs/operating.md, to images under another tag, and back. */
  private static void anotherVersionAndTheWayBack(String experiment) throws Exception {
    Map<String, String> before = SmallGrid.weights(api, experiment);
    String other = ":other-" + ProcessHandle.current().pid();
    for (String image : List.of("fewstep/server", "fewstep/worker")) {
      run("docker", "tag", image + ":local", image + other);
    }
    try {
      for (String tag : List.of(other, ":local")) {
        run(
            Map.of(
                "FEWSTEP_SERVER_IMAGE",
                "fewstep/server" + tag,
                "FEWSTEP_WORKER_IMAGE",
                "fewstep/worker" + tag),
            HOME.resolve("deploy/compose/up.sh").toString(),
            "cpu");
        for (String service : List.of("server", "worker")) {
          for (String id : containers(service)) {
            assertThat(run("docker", "inspect", "--format", "{{.Config.Image}}", id).strip())
                .isEqualTo("fewstep/" + service + tag);
          }
        }
        SmallGrid.awaitSuccess(api, experiment);
        assertThat(SmallGrid.weights(api, experiment)).isEqualTo(before);
      }
    } finally {
      run("docker", "rmi", "fewstep/server" + other, "fewstep/worker" + other);
    }
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
}

package dev.fewstep.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/**
 * The chart, rendered by helm and held against Kubernetes' schemas by deploy/helm/check.sh. Needs
 * helm and kubernetes-validate on the {@code PATH}; else it is skipped with a line, or fails when
 * {@code -Dfewstep.require} names {@code helm}.
 */
class HelmTest {
  @TempDir Path folder;

  private static boolean present() {
    List<String> absent = new ArrayList<>();
    for (String program : List.of("helm", "kubernetes-validate")) {
      if (Arrays.stream(System.getenv("PATH").split(":"))
          .noneMatch(directory -> Files.isExecutable(Path.of(directory, program)))) {
        absent.add(program);
      }
    }
    if (absent.isEmpty()) {
      return true;
    }
    String line = "part 'helm' is absent: not on the PATH: " + String.join(", ", absent);
    if (Arrays.asList(System.getProperty("fewstep.require", "").split("\\s*,\\s*"))
        .contains("helm")) {
      throw new AssertionError(line);
    }
    System.err.println("SKIPPED, " + line + " (-Dfewstep.require=helm makes this an error)");
    return false;
  }

  @Test
  void kubernetes_takes_what_the_chart_renders_and_wrong_values_are_refused() throws Exception {
    assumeTrue(present(), "helm and kubernetes-validate are there");
    Process process =
        new ProcessBuilder("../deploy/helm/check.sh", folder.toString())
            .redirectErrorStream(true)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
    assertThat(output.lines().filter(line -> line.startsWith("Kubernetes "))).hasSize(6);
    assertThat(output.lines().filter(line -> line.startsWith("refused "))).hasSize(8);
    List<Map<String, Object>> example = objects(folder.resolve("example.yaml"));
    everyPodIsHardenedAndHasTimeToDrain(example);
    aClassOfJobsHasNoDeployment(example);
    whoAsksAServerThatSpeaksTlsSpeaksItToo(example);
  }

  @SuppressWarnings("unchecked")
  private static List<Map<String, Object>> objects(Path file) throws IOException {
    List<Map<String, Object>> objects = new ArrayList<>();
    for (Object object :
        new Load(LoadSettings.builder().build()).loadAllFromString(Files.readString(file))) {
      if (object instanceof Map<?, ?> map) {
        objects.add((Map<String, Object>) map);
      }
    }
    return objects;
  }

  @SuppressWarnings("unchecked")
  private static Object at(Object tree, Object... path) {
    Object found = tree;
    for (Object step : path) {
      found =
          step instanceof Integer index
              ? ((List<Object>) found).get(index)
              : ((Map<String, Object>) found).get(step);
      assertThat(found).as(Arrays.toString(path)).isNotNull();
    }
    return found;
  }

  private static Map<String, Object> object(
      List<Map<String, Object>> objects, String kind, String name) {
    return objects.stream()
        .filter(object -> kind.equals(object.get("kind")))
        .filter(object -> name.equals(at(object, "metadata", "name")))
        .findFirst()
        .orElseThrow(() -> new AssertionError("there is no " + kind + " " + name));
  }

  private static void aClassOfJobsHasNoDeployment(List<Map<String, Object>> objects) {
    Object job = at(object(objects, "ScaledJob", "prod-fewstep-worker-gpu-spot"), "spec");
    assertThat(at(job, "jobTargetRef", "backoffLimit")).isEqualTo(0);
    Object pod = at(job, "jobTargetRef", "template", "spec");
    assertThat(at(pod, "restartPolicy")).isEqualTo("Never");
    assertThat(at(pod, "terminationGracePeriodSeconds")).isEqualTo(40);
    assertThat(at(pod, "containers", 0, "securityContext", "readOnlyRootFilesystem"))
        .isEqualTo(true);
    assertThat(at(pod, "containers", 0, "env"))
        .asString()
        .contains("{name=FEWSTEP_WORKER_TASKS, value=1}")
        .contains("{name=FEWSTEP_WORKER_IDLE, value=120s}");
    Object large = object(objects, "ScaledObject", "prod-fewstep-worker-gpu-80g");
    assertThat(at(large, "spec", "scaleTargetRef", "name"))
        .isEqualTo("prod-fewstep-worker-gpu-80g");
  }

  private static void whoAsksAServerThatSpeaksTlsSpeaksItToo(List<Map<String, Object>> objects) {
    Object container =
        at(
            object(objects, "Deployment", "prod-fewstep-server"),
            "spec",
            "template",
            "spec",
            "containers",
            0);
    assertThat(at(container, "env"))
        .asString()
        .contains("{name=FEWSTEP_TLS_CERTIFICATE, value=/run/secrets/tls/tls.crt}");
    for (String probe : List.of("startupProbe", "livenessProbe", "readinessProbe")) {
      assertThat(at(container, probe, "httpGet", "scheme")).isEqualTo("HTTPS");
    }
    Object monitor = object(objects, "ServiceMonitor", "prod-fewstep-server");
    assertThat(at(monitor, "spec", "endpoints", 0, "scheme")).isEqualTo("https");
    assertThat(at(monitor, "spec", "endpoints", 0, "tlsConfig", "serverName"))
        .isEqualTo("prod-fewstep-server.fewstep.svc");
  }

  private static void everyPodIsHardenedAndHasTimeToDrain(List<Map<String, Object>> objects) {
    Map<String, Object> deployments = new HashMap<>();
    for (Map<String, Object> object : objects) {
      if ("Deployment".equals(object.get("kind"))) {
        deployments.put((String) at(object, "metadata", "name"), object);
      }
    }
    assertThat(deployments)
        .containsOnlyKeys(
            "prod-fewstep-server",
            "prod-fewstep-worker-cpu",
            "prod-fewstep-worker-gpu",
            "prod-fewstep-worker-gpu-80g");
    for (Object deployment : deployments.values()) {
      Object pod = at(deployment, "spec", "template", "spec");
      assertThat(at(pod, "securityContext", "runAsNonRoot")).isEqualTo(true);
      assertThat(at(pod, "automountServiceAccountToken")).isEqualTo(false);
      Object container = at(pod, "containers", 0, "securityContext");
      assertThat(at(container, "readOnlyRootFilesystem")).isEqualTo(true);
      assertThat(at(container, "allowPrivilegeEscalation")).isEqualTo(false);
      assertThat(at(container, "capabilities", "drop")).isEqualTo(List.of("ALL"));
    }
    Object large = deployments.get("prod-fewstep-worker-gpu-80g");
    assertThat(at(large, "spec", "template", "spec", "terminationGracePeriodSeconds"))
        .as("the 300 s that a task may take to hand itself back, and 15")
        .isEqualTo(315);
    assertThat(at(large, "spec", "template", "spec", "containers", 0, "env"))
        .asString()
        .contains("{name=FEWSTEP_DRAIN_TIMEOUT, value=300s}");
  }
}

package dev.fewstep.orchestrator;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fewstep.orchestrator.artifact.ObjectStore;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** An experiment goes from one installation into another, with brokers and stores of their own. */
class ExperimentTransferTest {
  private static TestStack there;
  private static TestStack here;
  private static Orchestrator origin;
  private static Orchestrator target;
  private static ApiClient from;
  private static ApiClient into;
  private static String id;
  private static byte[] whole;

  @BeforeAll
  @SuppressWarnings("try")
  static void start() {
    there = new TestStack();
    origin = Orchestrator.start(there.config());
    TestStack.await("a leader there", origin::ready);
    from = new ApiClient(origin.address());
    from.importInputs();
    id =
        ApiClient.json(from.submit(ApiClient.SPEC.replace("NAME", "moved"), UUID.randomUUID()))
            .path("id")
            .asText();
    assertThat(from.get("/api/v1/experiments/" + id + "/package").statusCode())
        .as("it has not ended")
        .isEqualTo(409);
    try (TopicReader topics = new TopicReader(there.kafka());
        ObjectStore store = new ObjectStore(there.store());
        ScriptedWorker worker = new ScriptedWorker(topics, store)) {
      TestStack.await(
          "results",
          () -> {
            worker.one();
            return state(from, id).equals("SUCCEEDED");
          });
    }
    whole = from.get("/api/v1/experiments/" + id + "/package?origin=there").body();
    here = new TestStack();
    target = Orchestrator.start(here.config());
    TestStack.await("a leader here", target::ready);
    into = new ApiClient(target.address());
  }

  @AfterAll
  static void stop() {
    for (Orchestrator running : new Orchestrator[] {origin, target}) {
      if (running != null) {
        running.close();
      }
    }
    for (TestStack stack : new TestStack[] {there, here}) {
      if (stack != null) {
        stack.close();
      }
    }
  }

  private static String state(ApiClient client, String id) {
    return client.read("/api/v1/experiments/" + id).path("state").asText();
  }

  private static HttpResponse<byte[]> take(ApiClient client, byte[] file) {
    UUID key = UUID.randomUUID();
    HttpResponse<byte[]> response;
    do {
      response =
          client.send(
              client
                  .request("/api/v1/imports")
                  .header("Content-Type", "application/x-tar")
                  .header("Idempotency-Key", key.toString())
                  .header("Fewstep-User", "ada")
                  .POST(BodyPublishers.ofByteArray(file)));
    } while (response.statusCode() == 202);
    return response;
  }

  private static Map<String, byte[]> entries(byte[] file) throws IOException {
    Map<String, byte[]> entries = new LinkedHashMap<>();
    try (TarArchiveInputStream tar = new TarArchiveInputStream(new ByteArrayInputStream(file))) {
      for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
        entries.put(entry.getName(), tar.readAllBytes());
      }
    }
    return entries;
  }

  private static byte[] tar(Map<String, byte[]> entries) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (TarArchiveOutputStream tar = new TarArchiveOutputStream(out)) {
      for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
        TarArchiveEntry header = new TarArchiveEntry(entry.getKey());
        header.setSize(entry.getValue().length);
        tar.putArchiveEntry(header);
        tar.write(entry.getValue());
        tar.closeArchiveEntry();
      }
    }
    return out.toByteArray();
  }

  /** What is told of it but for where it is kept. */
  private static JsonNode told(ApiClient client, String path) {
    JsonNode answer = client.read("/api/v1/experiments/" + id + path);
    if (answer instanceof ObjectNode object) {
      object.remove(List.of("archivedAt", "archive", "imported", "sequence", "offset"));
    }
    return answer;
  }

  @Test
  void itLooksTheSameThereAndServesEqualTasks() throws IOException {
    assertThat(take(into, whole).statusCode()).isEqualTo(201);

    for (String path :
        List.of("", "/trials", "/trials/0", "/trials/1", "/leaderboard", "/base", "/columns")) {
      assertThat(told(into, path)).as(path).isEqualTo(told(from, path));
    }
    assertThat(into.read("/api/v1/tasks?experiment=" + id + "&limit=100"))
        .isEqualTo(from.read("/api/v1/tasks?experiment=" + id + "&limit=100"));
    assertThat(
            new String(
                into.get("/api/v1/experiments/" + id + "/export").body(), StandardCharsets.UTF_8))
        .isEqualTo(
            new String(
                from.get("/api/v1/experiments/" + id + "/export").body(), StandardCharsets.UTF_8));
    JsonNode imported = into.read("/api/v1/archive").path("items").path(0).path("imported");
    assertThat(imported.path("origin").asText()).isEqualTo("there");
    assertThat(imported.path("importedBy").asText()).isEqualTo("ada");
    assertThat(into.read("/api/v1/inputs").path("items")).hasSize(5);

    JsonNode again = ApiClient.json(take(into, whole));
    assertThat(again.path("id").asText()).isEqualTo(id);
    assertThat(into.read("/api/v1/archive").path("items")).as("it is here once").hasSize(1);

    // Nobody works here: what is done is done by what was imported.
    String equal =
        ApiClient.json(into.submit(ApiClient.SPEC.replace("NAME", "equal"), UUID.randomUUID()))
            .path("id")
            .asText();
    TestStack.await("cached", () -> state(into, equal).equals("SUCCEEDED"));
    for (JsonNode task : into.read("/api/v1/tasks?experiment=" + equal).path("items")) {
      assertThat(task.path("state").asText()).isEqualTo("CACHED");
    }
    assertThat(into.read("/api/v1/experiments/" + equal + "/leaderboard").path("items"))
        .hasSameSizeAs(from.read("/api/v1/experiments/" + id + "/leaderboard").path("items"));

    JsonNode home = ApiClient.json(take(from, whole));
    assertThat(home.path("id").asText()).as("where it came from it is what it was").isEqualTo(id);
    assertThat(from.read("/api/v1/archive").path("items")).isEmpty();
  }

  @Test
  void aPackageSaysWhatItHolds() throws IOException {
    Map<String, byte[]> entries = entries(whole);
    List<String> names = new ArrayList<>(entries.keySet());
    assertThat(names.subList(0, 3))
        .containsExactly("manifest.json", "records.jsonl.gz", "spec.json");
    // Five inputs; statistics of two spaces, two weights, five evaluations.
    assertThat(names.subList(3, names.size())).hasSize(5 + 2 + 2 + 5);
    byte[] results =
        from.get("/api/v1/experiments/" + id + "/package?artifacts=results&inputs=false").body();
    assertThat(entries(results).keySet()).hasSize(3 + 5);
    byte[] records =
        from.get("/api/v1/experiments/" + id + "/package?artifacts=records&inputs=false").body();
    assertThat(entries(records).keySet()).hasSize(3);
    assertThat(from.get("/api/v1/experiments/" + id + "/package?artifacts=some").statusCode())
        .isEqualTo(400);
    assertThat(from.get("/api/v1/experiments/no-00000000/package").statusCode()).isEqualTo(404);
  }

  @Test
  void tensorBoardHasARunForEachTask() throws IOException {
    Map<String, byte[]> files =
        entries(from.get("/api/v1/experiments/" + id + "/tensorboard").body());
    assertThat(files)
        .hasSize(from.read("/api/v1/tasks?experiment=" + id + "&limit=100").path("items").size());
    assertThat(files.keySet())
        .anyMatch(name -> name.startsWith(id + "/0001,sampling.steps=5,seed=0/evaluate-"))
        .anyMatch(name -> name.startsWith(id + "/base/10-steps-"))
        .anyMatch(name -> name.startsWith(id + "/shared/reference-"));
  }

  @Test
  void resultsOfManyExperimentsAreOneTable() throws Exception {
    JsonNode rows = from.read("/api/v1/results?project=default&format=json");
    // Two trials, two spaces, the only metric of this test's worker.
    assertThat(rows).hasSize(4);
    for (JsonNode row : rows) {
      assertThat(row.path("experiment").asText()).isEqualTo(id);
      if (row.path("space").asText().equals("wide")) {
        assertThat(row.path("role").asText()).isEqualTo("held-out");
        JsonNode trial =
            from.read("/api/v1/experiments/" + id + "/trials/" + row.path("trial").asInt());
        assertThat(row.path("finetuned"))
            .isEqualTo(trial.path("scores").path("heldOut").path("wide"));
        assertThat(row.path("values").asText()).isEqualTo(trial.path("values").toString());
      }
    }
    assertThat(from.read("/api/v1/results?project=other&format=json")).isEmpty();
    byte[] parquet = from.get("/api/v1/results?format=parquet").body();
    assertThat(new String(parquet, 0, 4, StandardCharsets.US_ASCII)).isEqualTo("PAR1");
    Path file = Files.createTempFile("fewstep-results", ".parquet");
    try {
      Files.write(file, parquet);
      readByPandas(file);
    } finally {
      Files.delete(file);
    }
  }

  /** The example of the documentation, where Python has what it needs. */
  private static void readByPandas(Path file) throws Exception {
    boolean present = python("-c", "import pandas, pyarrow").startsWith("0 ");
    if (!present
        && !Arrays.asList(System.getProperty("fewstep.require", "").split("\\s*,\\s*"))
            .contains("pandas")) {
      System.err.println(
          "SKIPPED, part 'pandas' is absent: python3 cannot import pandas and pyarrow"
              + " (-Dfewstep.require=pandas makes this an error)");
      return;
    }
    Path example = Path.of("..", "docs", "examples", "read_results.py");
    String told = python(example.toString(), file.toString());
    assertThat(told).startsWith("0 ");
    assertThat(told.lines().filter(line -> line.contains(" wide "))).as(told).hasSize(2);
  }

  private static String python(String... arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of("python3"));
    command.addAll(List.of(arguments));
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      return process.waitFor() + " " + text;
    } catch (IOException e) {
      return "127 " + e.getMessage();
    }
  }

  @Test
  void whatWasChangedOnTheWayIsRefusedWhole() throws IOException {
    Map<String, byte[]> entries = entries(whole);
    String artifact = new ArrayList<>(entries.keySet()).get(5);
    List<Map<String, byte[]>> bad = new ArrayList<>();
    for (String name : List.of("records.jsonl.gz", "spec.json", artifact)) {
      Map<String, byte[]> changed = new LinkedHashMap<>(entries);
      byte[] bytes = changed.get(name).clone();
      bytes[bytes.length / 2] ^= 1;
      changed.put(name, bytes);
      bad.add(changed);
      Map<String, byte[]> lacking = new LinkedHashMap<>(entries);
      lacking.remove(name);
      bad.add(lacking);
    }
    Map<String, byte[]> more = new LinkedHashMap<>(entries);
    more.put("../../etc/cron.d/x", "* * * * *".getBytes(StandardCharsets.UTF_8));
    bad.add(more);
    for (Map<String, byte[]> entry : bad) {
      HttpResponse<byte[]> refused = take(from, tar(entry));
      assertThat(refused.statusCode()).isEqualTo(422);
      assertThat(ApiClient.json(refused).path("detail").asText())
          .startsWith("The file cannot be imported: ");
    }
    byte[] half = Arrays.copyOf(whole, whole.length / 2);
    assertThat(take(from, half).statusCode()).isEqualTo(422);
    assertThat(take(from, new byte[0]).statusCode()).isEqualTo(422);
  }
}

package dev.fewstep.orchestrator;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fewstep.orchestrator.artifact.ObjectStore;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What the page draws from: listings that are searched, columns, one trial, downloads. */
class ApiResultsTest {
  private static TestStack stack;
  private static Orchestrator orchestrator;
  private static ApiClient client;
  private static String finished;

  @BeforeAll
  @SuppressWarnings("try")
  static void start() {
    stack = new TestStack();
    orchestrator = Orchestrator.start(stack.config());
    TestStack.await("a leader", orchestrator::ready);
    client = new ApiClient(orchestrator.address());
    client.importInputs();
    finished = submitted("finished", "labels: {team: blue}");
    try (TopicReader topics = new TopicReader(stack.kafka());
        ObjectStore store = new ObjectStore(stack.store());
        ScriptedWorker worker = new ScriptedWorker(topics, store)) {
      TestStack.await(
          "results",
          () -> {
            worker.one();
            return state(finished).equals("SUCCEEDED");
          });
    }
    // Nobody works any more, and no earlier result serves it.
    submitted("waiting", "project: other, labels: {}", "[7, 8]");
  }

  @AfterAll
  static void stop() {
    if (orchestrator != null) {
      orchestrator.close();
    }
    stack.close();
  }

  private static String submitted(String name, String metadata) {
    return submitted(name, metadata, "[4, 5]");
  }

  private static String submitted(String name, String metadata, String steps) {
    String spec =
        ApiClient.SPEC
            .replace("{name: NAME}", "{name: " + name + ", " + metadata + "}")
            .replace("[4, 5]", steps);
    return ApiClient.json(client.submit(spec, UUID.randomUUID())).path("id").asText();
  }

  private static String state(String id) {
    return client.read("/api/v1/experiments/" + id).path("state").asText();
  }

  private static List<String> names(String query) {
    List<String> names = new ArrayList<>();
    client
        .read("/api/v1/experiments?" + query)
        .path("items")
        .forEach(item -> names.add(item.path("name").asText()));
    return names;
  }

  @Test
  void experiments_are_searched_sorted_and_paged() {
    assertThat(names("")).containsExactly("waiting", "finished");
    assertThat(names("q=FINI")).containsExactly("finished");
    assertThat(names("label=team%3Dblue")).containsExactly("finished");
    assertThat(names("label=team%3Dblue&label=owner")).isEmpty();
    assertThat(names("project=other")).containsExactly("waiting");
    assertThat(names("state=SUCCEEDED,FAILED")).containsExactly("finished");
    assertThat(names("sort=name")).containsExactly("finished", "waiting");
    assertThat(names("sort=-best")).containsExactly("finished", "waiting");
    JsonNode first = client.read("/api/v1/experiments?sort=name&limit=1");
    assertThat(names("sort=name&limit=1&after=" + first.path("next").asText()))
        .containsExactly("waiting");
    assertThat(client.get("/api/v1/experiments?sort=colour").statusCode()).isEqualTo(400);
    assertThat(client.get("/api/v1/experiments?state=LOST").statusCode()).isEqualTo(400);
    assertThat(client.get("/api/v1/experiments?sort=name&after=x").statusCode()).isEqualTo(400);
  }

  @Test
  void a_listing_says_what_the_best_trial_is_and_what_it_cost() {
    JsonNode item = client.read("/api/v1/experiments?q=finished").path("items").path(0);
    assertThat(item.path("best").path("space").asText()).isEqualTo("wide");
    assertThat(item.path("best").path("heldOut").asBoolean()).isTrue();
    assertThat(item.path("best").path("nfe").asInt()).isEqualTo(5);
    // Two references, two finetunes, four evaluations of trials, one of the base model: 1 s each.
    assertThat(item.path("deviceSeconds").asDouble()).isEqualTo(9);
    assertThat(item.path("paused").asBoolean(true)).isFalse();
    assertThat(item.path("priority").isInt()).isTrue();
    JsonNode best =
        client.read(
            "/api/v1/experiments/" + finished + "/trials/" + item.path("best").path("trial"));
    assertThat(best.path("scores").path("heldOut").path("wide"))
        .isEqualTo(item.path("best").path("score"));
  }

  @Test
  void columns_are_pages_of_the_same_table_as_the_trials() {
    String path = "/api/v1/experiments/" + finished + "/columns";
    JsonNode whole = client.read(path);
    JsonNode second = client.read(path + "?from=1&limit=1");

    assertThat(whole.path("total").asInt()).isEqualTo(2);
    assertThat(whole.path("offset").asLong()).isPositive();
    assertThat(whole.path("spec").path("reference").asText()).isEqualTo("test");
    assertThat(whole.path("spec").path("leadingSpace").asText()).isEqualTo("wide");
    JsonNode trials = client.read("/api/v1/experiments/" + finished + "/trials").path("items");
    Set<String> names = new HashSet<>();
    for (int i = 0; i < whole.path("columns").size(); i++) {
      JsonNode column = whole.path("columns").path(i);
      assertThat(names.add(column.path("name").asText())).isTrue();
      assertThat(column.path("values")).hasSize(2);
      assertThat(second.path("columns").path(i).path("values").path(0))
          .isEqualTo(column.path("values").path(1));
      if (column.path("name").asText().equals("fd:wide")) {
        for (int trial = 0; trial < 2; trial++) {
          assertThat(column.path("values").path(trial))
              .isEqualTo(trials.path(trial).path("scores").path("heldOut").path("wide"));
        }
      }
    }
    assertThat(names).contains("sampling.steps", "fd:small/multi", "baseline_fd:wide", "loss_min");
    assertThat(client.get(path + "?limit=5001").statusCode()).isEqualTo(400);
    assertThat(client.get("/api/v1/experiments/none/columns").statusCode()).isEqualTo(404);
  }

  @Test
  void a_trial_has_its_configuration_tasks_and_lineage() {
    JsonNode trial = client.read("/api/v1/experiments/" + finished + "/trials/1");

    assertThat(trial.path("config").path("sampling").path("steps").asInt()).isEqualTo(5);
    assertThat(trial.path("config").path("training").path("beta2").asDouble()).isEqualTo(0.999);
    assertThat(trial.path("baselineConfig").path("sampling").path("steps").isInt()).isTrue();
    List<String> roles = new ArrayList<>();
    trial.path("tasks").forEach(task -> roles.add(task.path("role").asText()));
    assertThat(roles).containsExactly("REFERENCE", "REFERENCE", "FINETUNE", "EVALUATE", "BASELINE");
    assertThat(trial.path("tasks").path(2).path("provenance").path("commit").asText())
        .isEqualTo("c0ffee");
    assertThat(trial.path("tasks").path(2).path("key"))
        .isEqualTo(trial.path("keys").path("finetune"));
    assertThat(trial.path("lineage").path("edges").size()).isGreaterThan(10);
    assertThat(client.get("/api/v1/experiments/" + finished + "/trials/2").statusCode())
        .isEqualTo(404);
  }

  @Test
  void the_command_of_a_trial_makes_an_experiment_that_needs_nothing_new() {
    String command =
        client.read("/api/v1/experiments/" + finished + "/trials/1").path("reproduce").asText();
    assertThat(command).startsWith("fewstep clone " + finished + " --name finished-trial-1");
    String body = "{\"name\":\"again\",\"set\":{\"grid\":{},\"seeds\":[0],\"sampling.steps\":5}}";
    HttpResponse<byte[]> dry =
        client.send(
            client
                .request("/api/v1/experiments/" + finished + ":clone?dryRun=true")
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(body)));
    JsonNode plan = ApiClient.json(dry).path("plan");
    assertThat(plan.path("trials").asInt()).isEqualTo(1);
    assertThat(plan.path("tasks").path("new").asInt()).isZero();
  }

  @Test
  void all_trials_are_downloaded_in_three_formats() {
    String path = "/api/v1/experiments/" + finished + "/export";
    HttpResponse<byte[]> csv = client.get(path);
    assertThat(csv.statusCode()).isEqualTo(200);
    assertThat(csv.headers().firstValue("Content-Disposition"))
        .contains("attachment; filename=\"" + finished + ".csv\"");
    List<String> lines = new String(csv.body(), StandardCharsets.UTF_8).lines().toList();
    assertThat(lines).hasSize(3);
    assertThat(lines.get(0)).startsWith("trial,state,seed,sampling.steps,");
    assertThat(lines.get(2)).startsWith("1,SUCCEEDED,0,5,");
    JsonNode json = ApiClient.json(client.get(path + "?format=json"));
    assertThat(json.path(1).path("sampling.steps").asInt()).isEqualTo(5);
    byte[] parquet = client.get(path + "?format=parquet").body();
    assertThat(new String(parquet, 0, 4, StandardCharsets.US_ASCII)).isEqualTo("PAR1");
    assertThat(client.get(path + "?format=xls").statusCode()).isEqualTo(400);
    HttpResponse<byte[]> missing = client.get("/api/v1/experiments/none/export");
    assertThat(missing.statusCode()).isEqualTo(404);
    assertThat(missing.headers().firstValue("Content-Type")).contains("application/problem+json");
  }

  @Test
  void an_archived_experiment_is_shown_and_downloaded_like_any_other() {
    JsonNode columns = client.read("/api/v1/experiments/" + finished + "/columns").path("columns");
    byte[] csv = client.get("/api/v1/experiments/" + finished + "/export").body();
    String copy = submitted("archived", "labels: {}");
    TestStack.await("the cache to serve", () -> state(copy).equals("SUCCEEDED"));
    HttpResponse<byte[]> archived;
    do {
      archived =
          client.send(
              client
                  .request("/api/v1/experiments/" + copy + ":archive")
                  .POST(BodyPublishers.noBody()));
    } while (archived.statusCode() == 202);
    assertThat(archived.statusCode()).isEqualTo(200);

    JsonNode kept = client.read("/api/v1/experiments/" + copy + "/columns").path("columns");
    for (int i = 0; i < columns.size(); i++) {
      if (!columns.path(i).path("name").asText().equals("state")) {
        assertThat(kept.path(i)).isEqualTo(columns.path(i));
      }
    }
    assertThat(
            new String(
                client.get("/api/v1/experiments/" + copy + "/export").body(),
                StandardCharsets.UTF_8))
        .isEqualTo(new String(csv, StandardCharsets.UTF_8).replace("SUCCEEDED", "CACHED"));
    assertThat(client.read("/api/v1/experiments/" + copy + "/trials/0").path("tasks").size())
        .isEqualTo(5);
    assertThat(client.read("/api/v1/experiments/" + copy).path("best").path("space").asText())
        .isEqualTo("wide");
  }

  @Test
  void recipes_are_listed() {
    JsonNode items = client.read("/api/v1/recipes").path("items");
    assertThat(items.size()).isGreaterThan(10);
    assertThat(items.path(0).path("text").asText()).contains("apiVersion: fewstep/v1");
  }
}

package dev.fewstep.orchestrator;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fewstep.orchestrator.artifact.ObjectStore;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Experiments that ended long ago are archived by themselves, and no others. */
class RetentionTest {
  private static String submit(ApiClient client, String name) throws IOException {
    return ApiClient.json(client.submit(ApiClient.SPEC.replace("NAME", name), UUID.randomUUID()))
        .path("id")
        .asText();
  }

  @Test
  void whatEndedLongAgoIsArchivedAndWhatRunsStays() throws IOException {
    try (TestStack stack = new TestStack();
        Orchestrator orchestrator =
            Orchestrator.start(stack.config().withRetention(Optional.of(Duration.ofSeconds(4))));
        TopicReader topics = new TopicReader(stack.kafka());
        ObjectStore store = new ObjectStore(stack.store());
        ScriptedWorker worker = new ScriptedWorker(topics, store)) {
      TestStack.await("a leader", orchestrator::ready);
      ApiClient client = new ApiClient(orchestrator.address());
      client.importInputs();
      String ended = submit(client, "ended");
      TestStack.await(
          "it has ended",
          () -> {
            var unused = worker.one();
            JsonNode item = client.read("/api/v1/experiments").path("items").path(0);
            return item.isMissingNode() || item.path("state").asText().equals("SUCCEEDED");
          });
      String open =
          ApiClient.json(
                  client.submit(
                      ApiClient.SPEC.replace("NAME", "open").replace("[4, 5]", "[4, 6]"),
                      UUID.randomUUID()))
              .path("id")
              .asText();
      TestStack.await(
          "it is archived", () -> client.read("/api/v1/archive").path("items").size() == 1);
      assertThat(client.read("/api/v1/archive").path("items").path(0).path("id").asText())
          .isEqualTo(ended);
      assertThat(client.read("/api/v1/experiments").path("items"))
          .singleElement()
          .extracting(item -> item.path("id").asText())
          .isEqualTo(open);
    }
  }
}

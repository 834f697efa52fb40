package dev.fewstep.orchestrator.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fewstep.orchestrator.log.KafkaSettings;
import dev.fewstep.orchestrator.log.StateView;
import dev.fewstep.orchestrator.ops.OrchestratorMetrics;
import dev.fewstep.schemas.Json;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.ext.web.Router;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpClient.Version;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Answers of the API as they travel to clients that ask for either version of HTTP. There is no
 * broker: the state that is read is empty.
 */
class CompressedAnswersTest {
  private static final ObjectNode LONG = Json.messages().createObjectNode();
  private static final ObjectNode BRIEF = Json.messages().createObjectNode().put("one", 1);

  private static OrchestratorMetrics metrics;
  private static StateView state;
  private static Vertx vertx;
  private static URI address;

  @BeforeAll
  static void start() {
    for (int i = 0; i < 20_000; i++) {
      LONG.put("number" + i, i / 7.0);
    }
    metrics = new OrchestratorMetrics();
    state =
        StateView.start(
            new KafkaSettings(
                "127.0.0.1:1",
                1,
                Duration.ofSeconds(6),
                Duration.ofMinutes(1),
                Map.of("default.api.timeout.ms", "200", "request.timeout.ms", "100")),
            metrics);
    vertx = Vertx.vertx();
    Replies replies = new Replies(vertx, state);
    Router router = Router.router(vertx);
    router.route().handler(replies::stamp);
    router.get("/read").handler(context -> replies.read(context, fold -> LONG));
    router.get("/sent").handler(context -> replies.send(context, 200, LONG));
    router.get("/document").handler(Replies.document("application/json", Json.toText(LONG)));
    router.get("/brief").handler(context -> replies.send(context, 200, BRIEF));
    router
        .get("/missing")
        .handler(
            context ->
                replies.read(
                    context,
                    fold -> {
                      throw ApiException.notFound("There is none.");
                    }));
    router.route().failureHandler(Problems::handle);
    HttpServer server =
        vertx
            .createHttpServer(HttpApi.options())
            .requestHandler(router)
            .listen(0, "127.0.0.1")
            .toCompletionStage()
            .toCompletableFuture()
            .join();
    address = URI.create("http://127.0.0.1:" + server.actualPort());
  }

  @AfterAll
  static void stop() {
    vertx.close().toCompletionStage().toCompletableFuture().join();
    state.close();
    metrics.close();
  }

  private static HttpResponse<byte[]> get(Version version, String path, String encodings)
      throws IOException, InterruptedException {
    HttpResponse<byte[]> response =
        HttpClient.newBuilder()
            .version(version)
            .build()
            .send(
                HttpRequest.newBuilder(address.resolve(path))
                    .header("Accept-Encoding", encodings)
                    .build(),
                BodyHandlers.ofByteArray());
    assertThat(response.version()).as("no change over to h2c").isEqualTo(Version.HTTP_1_1);
    assertThat(response.headers().firstValue("Fewstep-State-Offset")).contains("0");
    return response;
  }

  @ParameterizedTest
  @EnumSource
  void long_answers_are_compressed_for_those_who_ask(Version version) throws Exception {
    for (String path : new String[] {"/read", "/sent", "/document", "/document"}) {
      HttpResponse<byte[]> plain = get(version, path, "identity");
      assertThat(plain.body()).as(path).isEqualTo(Json.toBytes(LONG));
      assertThat(plain.headers().firstValue("Content-Encoding")).as(path).isEmpty();
      HttpResponse<byte[]> small = get(version, path, "gzip, deflate");
      assertThat(small.headers().allValues("Content-Encoding")).as(path).containsExactly("gzip");
      assertThat(small.body().length).as(path).isLessThan(plain.body().length / 2);
      try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(small.body()))) {
        assertThat(in.readAllBytes()).as(path).isEqualTo(plain.body());
      }
      for (HttpResponse<byte[]> one : List.of(plain, small)) {
        assertThat(one.headers().allValues("Vary")).as(path).containsExactly("Accept-Encoding");
        assertThat(one.headers().allValues("Content-Type"))
            .as(path)
            .containsExactly("application/json");
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void brief_answers_and_problems_travel_as_they_are(Version version) throws Exception {
    HttpResponse<byte[]> brief = get(version, "/brief", "gzip");
    assertThat(brief.body()).isEqualTo(Json.toBytes(BRIEF));
    assertThat(brief.headers().firstValue("Content-Encoding")).isEmpty();
    HttpResponse<byte[]> missing = get(version, "/missing", "gzip");
    assertThat(missing.statusCode()).isEqualTo(404);
    assertThat(missing.headers().firstValue("Content-Encoding")).isEmpty();
    assertThat(Json.messages().readTree(missing.body()).path("detail").asText())
        .isEqualTo("There is none.");
  }
}

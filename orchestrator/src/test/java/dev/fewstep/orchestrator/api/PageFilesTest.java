package dev.fewstep.orchestrator.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.ext.web.Router;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpClient.Version;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.HashMap;
import java.util.Map;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The page's files as they travel, over HTTP/1.1 and over h2c. */
class PageFilesTest {
  private static final Map<Version, HttpClient> CLIENTS = new HashMap<>();
  private static Vertx vertx;
  private static URI address;

  @BeforeAll
  static void start() {
    vertx = Vertx.vertx();
    Router router = Router.router(vertx);
    new Dashboard(vertx).mount(router);
    router.errorHandler(404, Problems::handle);
    HttpServer server =
        vertx
            .createHttpServer()
            .requestHandler(router)
            .listen(0, "127.0.0.1")
            .toCompletionStage()
            .toCompletableFuture()
            .join();
    address = URI.create("http://127.0.0.1:" + server.actualPort());
    for (Version version : Version.values()) {
      CLIENTS.put(version, HttpClient.newBuilder().version(version).build());
    }
  }

  @AfterAll
  static void stop() {
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }

  private static HttpResponse<byte[]> get(Version version, String path, String... headers)
      throws IOException, InterruptedException {
    HttpRequest.Builder request = HttpRequest.newBuilder(address.resolve(path));
    if (headers.length > 0) {
      request.headers(headers);
    }
    HttpResponse<byte[]> response =
        CLIENTS.get(version).send(request.build(), BodyHandlers.ofByteArray());
    assertThat(response.version()).isEqualTo(version);
    return response;
  }

  private static String header(HttpResponse<?> response, String name) {
    HttpHeaders headers = response.headers();
    assertThat(headers.allValues(name)).as(name).hasSizeLessThan(2);
    return headers.firstValue(name).orElse("");
  }

  private static byte[] unpacked(HttpResponse<byte[]> response) throws IOException {
    assertThat(header(response, "Content-Encoding")).isEqualTo("gzip");
    try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(response.body()))) {
      return in.readAllBytes();
    }
  }

  @ParameterizedTest
  @EnumSource
  void files_are_compressed_for_those_who_ask(Version version) throws Exception {
    for (String name :
        new String[] {"app.js", "style.css", "vendor/echarts-6.1.0.mjs", "index.html"}) {
      byte[] wanted = dev.fewstep.dashboard.Dashboard.file(name).orElseThrow();
      HttpResponse<byte[]> plain = get(version, "/" + name);
      assertThat(plain.body()).isEqualTo(wanted);
      assertThat(header(plain, "Content-Encoding")).isEmpty();
      assertThat(header(plain, "Vary")).isEqualTo("Accept-Encoding");
      HttpResponse<byte[]> small = get(version, "/" + name, "Accept-Encoding", "gzip, br");
      assertThat(unpacked(small)).isEqualTo(wanted);
      assertThat(small.body().length).isLessThan(wanted.length * 6 / 10);
      assertThat(header(small, "Vary")).isEqualTo("Accept-Encoding");
      assertThat(header(small, "Content-Type"))
          .isEqualTo(header(plain, "Content-Type"))
          .contains("UTF-8");
      assertThat(header(small, "Content-Security-Policy")).contains("default-src 'self'");
      assertThat(header(small, "ETag")).isNotEmpty().isNotEqualTo(header(plain, "ETag"));
    }
    assertThat(get(version, "/").body()).isEqualTo(get(version, "/index.html").body());
  }

  @ParameterizedTest
  @EnumSource
  void what_a_browser_has_is_not_sent_again(Version version) throws Exception {
    for (String encoding : new String[] {"gzip", "identity"}) {
      String tag = header(get(version, "/app.js", "Accept-Encoding", encoding), "ETag");
      for (String asked : new String[] {tag, "W/" + tag, "\"other\", " + tag}) {
        HttpResponse<byte[]> again =
            get(version, "/app.js", "Accept-Encoding", encoding, "If-None-Match", asked);
        assertThat(again.statusCode()).isEqualTo(304);
        assertThat(again.body()).isEmpty();
        assertThat(header(again, "ETag")).isEqualTo(tag);
        assertThat(header(again, "Cache-Control")).isEqualTo("no-cache");
      }
      assertThat(
              get(version, "/app.js", "Accept-Encoding", encoding, "If-None-Match", "\"other\"")
                  .statusCode())
          .isEqualTo(200);
    }
    assertThat(header(get(version, "/vendor/preact-11.2.0.mjs"), "Cache-Control"))
        .isEqualTo("public, max-age=31536000, immutable");
  }

  @ParameterizedTest
  @EnumSource
  void nothing_else_of_the_class_path_is_served(Version version) throws Exception {
    for (String path :
        new String[] {
          "/none.js",
          "/views",
          "/views/",
          "/../logback-test.xml",
          "/%2e%2e/openapi/fewstep-v1.yaml",
          "/..%2fopenapi%2ffewstep-v1.json",
          "/META-INF/MANIFEST.MF"
        }) {
      HttpResponse<byte[]> answer = get(version, path);
      assertThat(answer.statusCode()).as(path).isEqualTo(404);
      assertThat(header(answer, "Content-Type")).isEqualTo("application/problem+json");
    }
  }
}

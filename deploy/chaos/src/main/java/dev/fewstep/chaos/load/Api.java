package dev.fewstep.chaos.load;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fewstep.schemas.Json;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The replicas' HTTP API, as a careful client uses it: any replica, and the same key again. */
public final class Api {
  private static final Logger LOG = LoggerFactory.getLogger(Api.class);
  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final Duration GIVE_UP = Duration.ofMinutes(5);
  private static final int PAGE = 500;

  private final List<URI> replicas;
  private final Optional<String> token;
  private final HttpClient http =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(Duration.ofSeconds(2))
          .build();

  /** A client of these replicas, which ask for no token. */
  public Api(List<URI> replicas) {
    this(replicas, Optional.empty());
  }

  /** A client of these replicas that shows a token. */
  public Api(List<URI> replicas, Optional<String> token) {
    this.replicas = List.copyOf(replicas);
    this.token = requireNonNull(token, "token");
  }

  private HttpRequest.Builder request(URI address) {
    HttpRequest.Builder request = HttpRequest.newBuilder(address);
    token.ifPresent(text -> request.header("Authorization", "Bearer " + text));
    return request;
  }

  /** Uploads an input, until that is done. */
  public void upload(String name, String kind, Path file) throws InterruptedException {
    String path =
        "/api/v1/inputs/" + name + "/content?kind=" + kind + "&filename=" + file.getFileName();
    try {
      command("PUT", path, "application/octet-stream", BodyPublishers.ofFile(file), 0);
    } catch (FileNotFoundException e) {
      throw new IllegalArgumentException("there is no " + file, e);
    }
  }

  /** Sends a command until a replica says what became of it; returns the answer. */
  public JsonNode command(String path, String body, int firstReplica) throws InterruptedException {
    return command("POST", path, "application/yaml", BodyPublishers.ofString(body), firstReplica);
  }

  private JsonNode command(
      String method, String path, String type, BodyPublisher body, int firstReplica)
      throws InterruptedException {
    UUID key = UUID.randomUUID();
    return send(method, path, type, body, key, firstReplica);
  }

  /** As {@link #command(String, String, int)} with a key of the caller's. */
  public JsonNode command(String path, String body, UUID key, int firstReplica)
      throws InterruptedException {
    return send("POST", path, "application/yaml", BodyPublishers.ofString(body), key, firstReplica);
  }

  private JsonNode send(
      String method, String path, String type, BodyPublisher body, UUID key, int firstReplica)
      throws InterruptedException {
    long deadline = System.nanoTime() + GIVE_UP.toNanos();
    String last = "";
    for (int attempt = firstReplica; System.nanoTime() < deadline; attempt++) {
      URI replica = replicas.get(attempt % replicas.size());
      HttpRequest request =
          request(replica.resolve(path))
              .timeout(PATIENCE)
              .header("Content-Type", type)
              .header("Idempotency-Key", key.toString())
              .method(method, body)
              .build();
      try {
        HttpResponse<String> answer = http.send(request, BodyHandlers.ofString());
        if (answer.statusCode() == 200 || answer.statusCode() == 201) {
          return Json.fromBytes(
              answer.body().getBytes(java.nio.charset.StandardCharsets.UTF_8), JsonNode.class);
        }
        last = answer.statusCode() + " " + answer.body();
        if (answer.statusCode() >= 400 && answer.statusCode() < 500) {
          throw new IllegalStateException(method + " " + path + " was refused: " + last);
        }
      } catch (IOException e) {
        last = e.toString();
      }
      LOG.debug("{} {} is tried again after {}", method, path, last);
      Thread.sleep(500);
    }
    throw new IllegalStateException(method + " " + path + " found no answer: " + last);
  }

  /** What one replica answers now. */
  public JsonNode get(int replica, String path) throws IOException, InterruptedException {
    HttpResponse<byte[]> answer =
        http.send(
            request(replicas.get(replica).resolve(path)).timeout(GIVE_UP).build(),
            BodyHandlers.ofByteArray());
    if (answer.statusCode() != 200) {
      throw new IOException(path + " of " + replicas.get(replica) + ": " + answer.statusCode());
    }
    return Json.fromBytes(answer.body(), JsonNode.class);
  }

  /** All pages of a listing of one replica. */
  public List<JsonNode> all(int replica, String path) throws IOException, InterruptedException {
    List<JsonNode> items = new ArrayList<>();
    String mark = path.contains("?") ? "&" : "?";
    String after = "";
    while (true) {
      JsonNode page = get(replica, path + mark + "limit=" + PAGE + after);
      page.path("items").forEach(items::add);
      if (!page.hasNonNull("next")) {
        return items;
      }
      after = "&after=" + page.path("next").asText();
    }
  }

  /** Number of replicas. */
  public int replicas() {
    return replicas.size();
  }
}

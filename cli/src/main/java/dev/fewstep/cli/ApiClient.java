package dev.fewstep.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.fewstep.schemas.Json;
import dev.fewstep.telemetry.Traceparent;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;

/** The orchestrator's HTTP API, as the program uses it. Errors become one sentence. */
final class ApiClient {
  private static final Duration CONNECT = Duration.ofSeconds(5);
  private static final Duration REQUEST = Duration.ofSeconds(30);
  private static final Duration SLOW = Duration.ofMinutes(5);
  private static final Duration UPLOAD = Duration.ofMinutes(30);

  private final URI base;
  private final HttpClient http;
  private final String token;
  private final Map<String, String> trace;

  /** Of a server that requires no token. */
  ApiClient(String base) {
    this(base, "");
  }

  /** With a token, empty for none; it is sent to that server only, no redirection is followed. */
  ApiClient(String base, String token) {
    this(base, token, Optional.empty());
  }

  /** Trusting a server by other certificates than the system's. */
  ApiClient(String base, String token, Optional<SSLContext> trust) {
    this(base, token, trust, "");
  }

  /** In a trace: the place in it as {@code traceparent} of W3C says it, empty for none. */
  ApiClient(String base, String token, Optional<SSLContext> trust, String traceparent) {
    this.trace = Traceparent.headers(Traceparent.parse(traceparent));
    if (token.chars().anyMatch(c -> c <= ' ' || c > '~')) {
      throw CliException.usage("the token has characters that no token has");
    }
    this.token = token;
    try {
      this.base = URI.create(base.endsWith("/") ? base.substring(0, base.length() - 1) : base);
    } catch (IllegalArgumentException e) {
      throw CliException.usage("the server's address is no URL: " + base, e);
    }
    if (this.base.getScheme() == null || !this.base.getScheme().startsWith("http")) {
      throw CliException.usage("the server's address must start with http:// or https://: " + base);
    }
    HttpClient.Builder client = HttpClient.newBuilder().connectTimeout(CONNECT);
    trust.ifPresent(client::sslContext);
    this.http = client.build();
  }

  /** The address that everything is relative to. */
  URI base() {
    return base;
  }

  static String encode(String part) {
    return URLEncoder.encode(part, StandardCharsets.UTF_8).replace("+", "%20");
  }

  JsonNode get(String path) {
    return json(request(path).timeout(REQUEST).GET().build());
  }

  /** What takes the server a while. */
  JsonNode getSlowly(String path) {
    return json(request(path).timeout(SLOW).GET().build());
  }

  /** Every item of a keyset listing. */
  List<JsonNode> all(String path) {
    List<JsonNode> items = new ArrayList<>();
    String after = "";
    do {
      String query = (path.contains("?") ? "&" : "?") + "limit=1000";
      JsonNode page = get(path + query + (after.isEmpty() ? "" : "&after=" + encode(after)));
      page.path("items").forEach(items::add);
      after = page.path("next").asText("");
    } while (!after.isEmpty());
    return items;
  }

  JsonNode post(String path, String contentType, String body, UUID idempotencyKey) {
    return json(
        request(path)
            .timeout(REQUEST)
            .header("Content-Type", contentType)
            .header("Idempotency-Key", idempotencyKey.toString())
            .POST(BodyPublishers.ofString(body))
            .build());
  }

  JsonNode put(String path, String body, UUID idempotencyKey) {
    return json(
        request(path)
            .timeout(REQUEST)
            .header("Content-Type", "application/json")
            .header("Idempotency-Key", idempotencyKey.toString())
            .PUT(BodyPublishers.ofString(body))
            .build());
  }

  JsonNode delete(String path, UUID idempotencyKey) {
    return json(
        request(path)
            .timeout(REQUEST)
            .header("Idempotency-Key", idempotencyKey.toString())
            .DELETE()
            .build());
  }

  JsonNode upload(String path, Path file, UUID idempotencyKey) {
    BodyPublisher body;
    try {
      body = BodyPublishers.ofFile(file);
    } catch (IOException e) {
      throw CliException.usage("cannot read " + file, e);
    }
    return json(
        request(path)
            .timeout(UPLOAD)
            .header("Content-Type", "application/octet-stream")
            .header("Idempotency-Key", idempotencyKey.toString())
            .PUT(body)
            .build());
  }

  /** Posts a file. */
  JsonNode send(String path, String contentType, Path file, UUID idempotencyKey) {
    BodyPublisher body;
    try {
      body = BodyPublishers.ofFile(file);
    } catch (IOException e) {
      throw CliException.usage("cannot read " + file, e);
    }
    return json(
        request(path)
            .timeout(UPLOAD)
            .header("Content-Type", contentType)
            .header("Idempotency-Key", idempotencyKey.toString())
            .POST(body)
            .build());
  }

  /** Downloads into a file, which appears only when it is whole. */
  void download(String path, Path target) {
    try {
      Path part = Files.createTempFile(target.toAbsolutePath().getParent(), ".fewstep", ".part");
      try {
        HttpResponse<Path> response =
            send(request(path).timeout(UPLOAD).GET().build(), BodyHandlers.ofFile(part));
        if (response.statusCode() != 200) {
          throw complaint(path, response.statusCode(), Files.readString(part));
        }
        Files.move(part, target, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
      } finally {
        Files.deleteIfExists(part);
      }
    } catch (IOException e) {
      throw CliException.failed("cannot write " + target + ": " + e.getMessage(), e);
    }
  }

  byte[] bytes(String path) {
    HttpResponse<byte[]> response =
        send(request(path).timeout(UPLOAD).GET().build(), BodyHandlers.ofByteArray());
    if (response.statusCode() != 200) {
      throw complaint(
          path, response.statusCode(), new String(response.body(), StandardCharsets.UTF_8));
    }
    return response.body();
  }

  /** Whether the server says that it is ready. */
  boolean ready() {
    try {
      return http.send(request("/readyz").timeout(CONNECT).GET().build(), BodyHandlers.discarding())
              .statusCode()
          == 200;
    } catch (IOException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** Opens a stream of server-sent events; the caller closes it. */
  InputStream events(String path) {
    HttpResponse<InputStream> response =
        send(
            request(path).header("Accept", "text/event-stream").GET().build(),
            BodyHandlers.ofInputStream());
    if (response.statusCode() != 200) {
      throw complaint(path, response.statusCode(), "");
    }
    return response.body();
  }

  private HttpRequest.Builder request(String path) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(base + path)).header("Accept", "application/json");
    trace.forEach(request::header);
    return token.isEmpty() ? request : request.header("Authorization", "Bearer " + token);
  }

  private JsonNode json(HttpRequest request) {
    HttpResponse<String> response = send(request, BodyHandlers.ofString());
    if (response.statusCode() / 100 != 2) {
      throw complaint(request.uri().getPath(), response.statusCode(), response.body());
    }
    try {
      return response.body().isBlank()
          ? JsonNodeFactory.instance.objectNode()
          : Json.messages().readTree(response.body());
    } catch (JsonProcessingException e) {
      throw CliException.unreachable(base + " answered with something that is not JSON", e);
    }
  }

  private <T> HttpResponse<T> send(HttpRequest request, HttpResponse.BodyHandler<T> handler) {
    try {
      return http.send(request, handler);
    } catch (java.net.http.HttpTimeoutException e) {
      throw CliException.unreachable(base + " did not answer in time", e);
    } catch (SSLException e) {
      throw CliException.unreachable(
          "%s cannot be trusted: %s. Name the certificate of who signed its own in FEWSTEP_CA_FILE"
              .formatted(base, e.getMessage()),
          e);
    } catch (IOException e) {
      throw CliException.unreachable(
          "cannot reach %s (%s): is a server running there? Start one with 'fewstep up'"
              .formatted(base, e.getClass().getSimpleName()),
          e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw CliException.failed("interrupted");
    }
  }

  private CliException complaint(String path, int status, String body) {
    try {
      JsonNode problem = Json.messages().readTree(body);
      StringBuilder text = new StringBuilder();
      problem
          .path("errors")
          .forEach(error -> text.append(text.isEmpty() ? "" : "\n").append(sentence(error)));
      String detail = problem.path("detail").asText(problem.path("title").asText(""));
      String message = text.isEmpty() ? detail : text.toString();
      if (!message.isBlank()) {
        return status >= 500
            ? CliException.unreachable(message, null)
            : CliException.usage(message);
      }
    } catch (JsonProcessingException e) {
      // The body is no problem document: the status says what there is to say.
    }
    String message = "%s%s answered with HTTP %d".formatted(base, path, status);
    return status >= 500 ? CliException.unreachable(message, null) : CliException.usage(message);
  }

  /** One thing that is wrong, with its place and the name that was meant. */
  private static String sentence(JsonNode error) {
    String message = error.path("message").asText();
    String path = error.path("path").asText();
    boolean placed = path.contains(".") && !message.contains(path);
    String nearest = error.path("nearest").asText();
    return (placed ? path + ": " : "")
        + message
        + (nearest.isEmpty() ? "" : "; did you mean '" + nearest + "'?");
  }

  /** Query string of parameters. */
  static String query(Map<String, String> parameters) {
    StringBuilder text = new StringBuilder();
    parameters.forEach(
        (name, value) ->
            text.append(text.isEmpty() ? '?' : '&').append(name).append('=').append(encode(value)));
    return text.toString();
  }
}

package dev.fewstep.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fewstep.schemas.Json;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;

/**
 * An MLflow tracking server, by its REST API 2.0. Who asks is said as MLflow's own client says it:
 * {@code MLFLOW_TRACKING_TOKEN}, or {@code MLFLOW_TRACKING_USERNAME} and {@code
 * MLFLOW_TRACKING_PASSWORD}.
 */
final class MlflowClient {
  private static final Duration CONNECT = Duration.ofSeconds(5);
  private static final Duration REQUEST = Duration.ofSeconds(60);

  private final URI base;
  private final Optional<String> authorization;
  private final HttpClient http = HttpClient.newBuilder().connectTimeout(CONNECT).build();

  MlflowClient(String address, Map<String, String> environment) {
    try {
      base = URI.create(address.replaceAll("/+$", ""));
    } catch (IllegalArgumentException e) {
      throw CliException.usage("the tracking server's address is no URL: " + address, e);
    }
    if (base.getHost() == null || !base.getScheme().matches("https?")) {
      throw CliException.usage(
          "the tracking server's address must be an http or https URL, not '" + address + "'");
    }
    Optional<String> token =
        Optional.ofNullable(environment.get("MLFLOW_TRACKING_TOKEN")).map(text -> "Bearer " + text);
    authorization =
        token.or(
            () ->
                Optional.ofNullable(environment.get("MLFLOW_TRACKING_USERNAME"))
                    .map(user -> basic(user, environment)));
  }

  private static String basic(String user, Map<String, String> environment) {
    String both = user + ":" + environment.getOrDefault("MLFLOW_TRACKING_PASSWORD", "");
    return "Basic " + Base64.getEncoder().encodeToString(both.getBytes(StandardCharsets.UTF_8));
  }

  /** The id of the experiment of that name, which is made when there is none. */
  String experiment(String name, ObjectNode description) {
    HttpResponse<String> found =
        send(
            request("experiments/get-by-name" + ApiClient.query(Map.of("experiment_name", name)))
                .GET()
                .build());
    if (found.statusCode() == 200) {
      return json(found).path("experiment").path("experiment_id").asText();
    }
    if (found.statusCode() != 404) {
      throw complaint(found);
    }
    return post("experiments/create", description.put("name", name)).path("experiment_id").asText();
  }

  JsonNode post(String path, ObjectNode body) {
    HttpResponse<String> response =
        send(
            request(path)
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(body.toString()))
                .build());
    if (response.statusCode() != 200) {
      throw complaint(response);
    }
    return json(response);
  }

  private HttpRequest.Builder request(String path) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(base + "/api/2.0/mlflow/" + path)).timeout(REQUEST);
    authorization.ifPresent(value -> request.header("Authorization", value));
    return request;
  }

  private HttpResponse<String> send(HttpRequest request) {
    try {
      return http.send(request, BodyHandlers.ofString());
    } catch (IOException e) {
      throw CliException.unreachable(
          "cannot reach the tracking server %s (%s)".formatted(base, e.getClass().getSimpleName()),
          e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw CliException.failed("interrupted");
    }
  }

  private JsonNode json(HttpResponse<String> response) {
    try {
      return Json.messages().readTree(response.body());
    } catch (JsonProcessingException e) {
      throw CliException.unreachable(base + " answered with something that is not JSON", e);
    }
  }

  private CliException complaint(HttpResponse<String> response) {
    String said = "";
    try {
      JsonNode problem = Json.messages().readTree(response.body());
      said = ": " + problem.path("error_code").asText() + " " + problem.path("message").asText();
    } catch (JsonProcessingException e) {
      // The status says what there is to say.
    }
    return CliException.unreachable(
        "the tracking server %s answered %s with HTTP %d%s"
            .formatted(base, response.uri().getPath(), response.statusCode(), said),
        null);
  }
}

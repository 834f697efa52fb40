package dev.fewstep.orchestrator;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fewstep.schemas.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.UUID;

/** A client of the HTTP API for tests. */
final class ApiClient {
  static final String SPEC =
      """
      apiVersion: fewstep/v1
      kind: Experiment
      metadata: {name: NAME}
      spec:
        base:
          data: {train: train}
          model: {weights: ddpm}
          loss: {extractor: small/multi}
        grid:
          sampling.steps: [4, 5]
        evaluation:
          reference: test
          extractors: [wide]
          samples: 2048
          baseSteps: [10]
      """;

  private final HttpClient http = HttpClient.newHttpClient();
  private final URI base;

  ApiClient(URI base) {
    this.base = base;
  }

  HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(base.resolve(path));
  }

  HttpResponse<byte[]> send(HttpRequest.Builder request) {
    try {
      return http.send(request.build(), BodyHandlers.ofByteArray());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  HttpClient http() {
    return http;
  }

  HttpResponse<byte[]> get(String path) {
    return send(request(path));
  }

  JsonNode read(String path) {
    return json(get(path));
  }

  static JsonNode json(HttpResponse<byte[]> response) {
    try {
      return Json.messages().readTree(response.body());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Submits, again with the same key as long as nothing is decided. */
  HttpResponse<byte[]> submit(String yaml, UUID key) {
    HttpResponse<byte[]> response;
    do {
      response =
          send(
              request("/api/v1/experiments")
                  .header("Content-Type", "application/yaml")
                  .header("Idempotency-Key", key.toString())
                  .POST(BodyPublishers.ofString(yaml)));
    } while (response.statusCode() == 202);
    return response;
  }

  HttpResponse<byte[]> upload(String name, String kind, byte[] content) {
    HttpResponse<byte[]> response;
    do {
      response =
          send(
              request("/api/v1/inputs/" + name + "/content?kind=" + kind)
                  .header("Content-Type", "application/octet-stream")
                  .PUT(BodyPublishers.ofByteArray(content)));
    } while (response.statusCode() == 202);
    return response;
  }

  /** Imports what {@link #SPEC} names. */
  void importInputs() {
    for (String name : new String[] {"train", "test"}) {
      upload(name, "DATASET", ("PK archive " + name).getBytes(StandardCharsets.UTF_8));
    }
    upload("ddpm", "WEIGHTS", safetensors("ddpm"));
    upload("small", "EXTRACTOR", safetensors("small"));
    upload("wide", "EXTRACTOR", safetensors("wide"));
  }

  static byte[] safetensors(String name) {
    byte[] header =
        ("{\"__metadata__\":{\"name\":\"" + name + "\"}}").getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(8 + header.length)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(header.length)
        .put(header)
        .array();
  }
}

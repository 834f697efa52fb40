package dev.fewstep.bench.orchestration;

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

/** The benchmark's client of the HTTP API. */
final class Api {
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final URI base;

  Api(String base) {
    this.base = URI.create(base);
  }

  /** An answer's JSON. */
  JsonNode get(String path) {
    return json(send(HttpRequest.newBuilder(base.resolve("/api/v1" + path))));
  }

  /** An answer's length, read to its end. */
  int length(String path) {
    return send(HttpRequest.newBuilder(base.resolve("/api/v1" + path))).body().length;
  }

  /** Text of the meters. */
  String meters() {
    return new String(
        send(HttpRequest.newBuilder(base.resolve("/metrics"))).body(), StandardCharsets.UTF_8);
  }

  /** Submits, again with the same key as long as nothing is decided; the experiment's id. */
  String submit(String yaml) {
    String key = UUID.randomUUID().toString();
    HttpResponse<byte[]> response;
    do {
      response =
          send(
              HttpRequest.newBuilder(base.resolve("/api/v1/experiments"))
                  .header("Content-Type", "application/yaml")
                  .header("Idempotency-Key", key)
                  .POST(BodyPublishers.ofString(yaml)));
    } while (response.statusCode() == 202);
    return json(response).get("id").asText();
  }

  void cancel(String experiment) {
    send(
        HttpRequest.newBuilder(base.resolve("/api/v1/experiments/" + experiment + ":cancel"))
            .POST(BodyPublishers.noBody()));
  }

  /** Imports what {@link Grids} names. */
  void importInputs() {
    upload("train", "DATASET", "PK archive train".getBytes(StandardCharsets.UTF_8));
    upload("test", "DATASET", "PK archive test".getBytes(StandardCharsets.UTF_8));
    upload("ddpm", "WEIGHTS", safetensors("ddpm"));
    upload("small", "EXTRACTOR", safetensors("small"));
    upload("wide", "EXTRACTOR", safetensors("wide"));
  }

  private void upload(String name, String kind, byte[] content) {
    send(
        HttpRequest.newBuilder(base.resolve("/api/v1/inputs/" + name + "/content?kind=" + kind))
            .header("Content-Type", "application/octet-stream")
            .PUT(BodyPublishers.ofByteArray(content)));
  }

  private static byte[] safetensors(String name) {
    byte[] header =
        ("{\"__metadata__\":{\"name\":\"" + name + "\"}}").getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(8 + header.length)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(header.length)
        .put(header)
        .array();
  }

  private HttpResponse<byte[]> send(HttpRequest.Builder request) {
    try {
      HttpResponse<byte[]> response = http.send(request.build(), BodyHandlers.ofByteArray());
      if (response.statusCode() >= 400) {
        throw new IllegalStateException(
            response.statusCode() + ": " + new String(response.body(), StandardCharsets.UTF_8));
      }
      return response;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private static JsonNode json(HttpResponse<byte[]> response) {
    try {
      return Json.messages().readTree(response.body());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

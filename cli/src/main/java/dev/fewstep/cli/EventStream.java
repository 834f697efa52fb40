package dev.fewstep.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import dev.fewstep.schemas.Json;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.function.BiConsumer;

/** Follows the server's events on a thread of its own and connects again when cut off. */
final class EventStream implements AutoCloseable {
  private static final Duration RECONNECT = Duration.ofSeconds(1);

  private final ApiClient client;
  private final String path;
  private final BiConsumer<String, JsonNode> listener;
  private final Thread thread;
  private volatile boolean closed;
  private volatile InputStream stream;

  /** Starts following; the listener gets an event's name and its data. */
  EventStream(ApiClient client, String path, BiConsumer<String, JsonNode> listener) {
    this.client = client;
    this.path = path;
    this.listener = listener;
    this.thread = new Thread(this::follow, "fewstep-events");
    thread.setDaemon(true);
    thread.start();
  }

  private void follow() {
    while (!closed) {
      try (InputStream open = client.events(path);
          BufferedReader reader =
              new BufferedReader(new InputStreamReader(open, StandardCharsets.UTF_8))) {
        stream = open;
        read(reader);
      } catch (IOException | CliException e) {
        // The server went away, or we were closed: try again after a pause.
      }
      if (!closed) {
        try {
          Thread.sleep(RECONNECT.toMillis());
        } catch (InterruptedException e) {
          return;
        }
      }
    }
  }

  private void read(BufferedReader reader) throws IOException {
    String event = "message";
    StringBuilder data = new StringBuilder();
    String line = reader.readLine();
    while (line != null && !closed) {
      if (line.isEmpty()) {
        if (!data.isEmpty()) {
          deliver(event, data.toString());
        }
        event = "message";
        data.setLength(0);
      } else if (line.startsWith("event:")) {
        event = line.substring(6).strip();
      } else if (line.startsWith("data:")) {
        data.append(line.substring(5).strip());
      }
      line = reader.readLine();
    }
  }

  private void deliver(String event, String data) {
    try {
      listener.accept(event, Json.messages().readTree(data));
    } catch (JsonProcessingException e) {
      // Not an event of ours.
    }
  }

  @Override
  public void close() {
    closed = true;
    thread.interrupt();
    InputStream open = stream;
    if (open != null) {
      try {
        open.close();
      } catch (IOException e) {
        // It is being thrown away.
      }
    }
  }
}

package dev.fewstep.schemas.state;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fewstep.schemas.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;

/**
 * Bytes of the state topic: {@code {"schemaVersion":N,"value":{…}}}, a tombstone being no bytes at
 * all. A record of a newer version is refused, so that its reader does not lead; an older one is
 * upcast.
 */
public final class StateCodec {
  /** The version that is written. */
  public static final int SCHEMA_VERSION = 2;

  private static final byte[] HEAD =
      ("{\"schemaVersion\":" + SCHEMA_VERSION + ",\"value\":").getBytes(StandardCharsets.UTF_8);

  private final Map<StateEntity, ObjectReader> readers = new EnumMap<>(StateEntity.class);
  private final Map<StateEntity, ObjectWriter> writers = new EnumMap<>(StateEntity.class);

  /** A codec; may be shared between threads. */
  public StateCodec() {
    for (StateEntity entity : StateEntity.values()) {
      readers.put(entity, Json.messages().readerFor(entity.type()));
      writers.put(entity, Json.messages().writerFor(entity.type()));
    }
  }

  /** The bytes of a record's value; empty for a tombstone. */
  public Optional<byte[]> encode(StateRecord entry) {
    return entry.value().map(value -> encode(StateEntity.ofKey(entry.key()), value));
  }

  private byte[] encode(StateEntity entity, StateValue value) {
    try {
      byte[] body = writers.get(entity).writeValueAsBytes(value);
      byte[] bytes = Arrays.copyOf(HEAD, HEAD.length + body.length + 1);
      System.arraycopy(body, 0, bytes, HEAD.length, body.length);
      bytes[bytes.length - 1] = '}';
      return bytes;
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Reads a record.
   *
   * @param key the topic's key
   * @param bytes the topic's value; empty for a tombstone
   * @throws NewerStateException when the record was written by a newer release
   * @throws UncheckedIOException when the bytes are no record of that entity
   */
  public StateRecord decode(String key, Optional<byte[]> bytes) {
    StateEntity entity = StateEntity.ofKey(key);
    return new StateRecord(key, bytes.map(present -> decode(entity, key, present)));
  }

  private StateValue decode(StateEntity entity, String key, byte[] bytes) {
    try {
      if (bytes.length > HEAD.length
          && Arrays.equals(bytes, 0, HEAD.length, HEAD, 0, HEAD.length)) {
        return readers.get(entity).readValue(bytes, HEAD.length, bytes.length - HEAD.length - 1);
      }
      return decode(entity, key, Json.messages().readTree(bytes));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private StateValue decode(StateEntity entity, String key, JsonNode tree) throws IOException {
    int version = tree.path("schemaVersion").asInt(-1);
    if (version > SCHEMA_VERSION) {
      throw new NewerStateException(key, version);
    }
    if (version < 1 || !(tree.path("value") instanceof ObjectNode value)) {
      throw new IOException(
          "the value of " + key + " is not {\"schemaVersion\": …, \"value\": {…}}");
    }
    return readers.get(entity).readValue(Upcasters.upcast(entity, version, value));
  }

  /** A record of the state topic that only a newer release understands. */
  public static final class NewerStateException extends IllegalStateException {
    private static final long serialVersionUID = 1L;

    NewerStateException(String key, int version) {
      super(
          "state record "
              + key
              + " has schema version "
              + version
              + "; this release reads up to "
              + SCHEMA_VERSION
              + " and must not lead: run the newer release");
    }
  }
}

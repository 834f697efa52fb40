package dev.fewstep.orchestrator.archive;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import dev.fewstep.orchestrator.experiment.ArchiveContent;
import dev.fewstep.orchestrator.experiment.OrchestratorState;
import dev.fewstep.schemas.Json;
import dev.fewstep.schemas.state.StateCodec;
import dev.fewstep.schemas.state.StateRecord;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;

/**
 * The form of an archive: gzip of one JSON object that says what it is and holds the experiment's
 * records as the state topic held them, {@code {"format": "fewstep-archive", "version": 1,
 * "schemaVersion": …, "experimentId": …, "endedAt": …, "records": [{"key": …, "record": …}, …]}}.
 * The same content makes the same bytes. Its SHA-256 is its name in the store.
 */
final class ArchiveFile {
  private static final String FORMAT = "fewstep-archive";
  private static final int VERSION = 1;

  private ArchiveFile() {}

  /** Name of the artifact. */
  static String name(String experimentId) {
    return experimentId + ".archive.json.gz";
  }

  static void write(ArchiveContent content, OutputStream out) throws IOException {
    StateCodec codec = new StateCodec();
    try (JsonGenerator json =
        Json.messages().getFactory().createGenerator(new GZIPOutputStream(out, 1 << 16))) {
      json.writeStartObject();
      json.writeStringField("format", FORMAT);
      json.writeNumberField("version", VERSION);
      json.writeNumberField("schemaVersion", StateCodec.SCHEMA_VERSION);
      json.writeStringField("experimentId", content.experimentId());
      json.writeStringField("endedAt", content.endedAt().toString());
      json.writeArrayFieldStart("records");
      for (StateRecord entry : content.records()) {
        json.writeStartObject();
        json.writeStringField("key", entry.key());
        json.writeFieldName("record");
        json.writeTree(Json.messages().readTree(codec.encode(entry).orElseThrow()));
        json.writeEndObject();
      }
      json.writeEndArray();
      json.writeEndObject();
    }
  }

  /**
   * Folds an archive into a state of its own; closes {@code in}.
   *
   * @throws IOException when it is no archive, or one of a newer release
   */
  static OrchestratorState read(InputStream in) throws IOException {
    StateCodec codec = new StateCodec();
    OrchestratorState state = new OrchestratorState();
    try (JsonParser json =
        Json.messages().getFactory().createParser(new GZIPInputStream(in, 1 << 16))) {
      require(json.nextToken() == JsonToken.START_OBJECT, "it does not begin with an object");
      while (json.nextToken() == JsonToken.FIELD_NAME) {
        String field = json.currentName();
        json.nextToken();
        switch (field) {
          case "format" -> require(FORMAT.equals(json.getText()), "it is none");
          case "version" ->
              require(json.getIntValue() <= VERSION, "a newer release of fewstep wrote it");
          case "records" -> {
            require(json.currentToken() == JsonToken.START_ARRAY, "its records are no list");
            while (json.nextToken() == JsonToken.START_OBJECT) {
              JsonNode entry = json.readValueAsTree();
              byte[] bytes = Json.toBytes(entry.path("record"));
              state.replay(codec.decode(entry.path("key").asText(), Optional.of(bytes)));
            }
          }
          default -> json.skipChildren();
        }
      }
    }
    return state;
  }

  private static void require(boolean holds, String complaint) throws IOException {
    if (!holds) {
      throw new IOException("an archive cannot be read: " + complaint);
    }
  }
}

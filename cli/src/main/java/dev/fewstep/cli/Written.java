package dev.fewstep.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fewstep.schemas.Json;
import java.nio.file.Path;

/** What a verb says that wrote a file. */
final class Written {
  private Written() {}

  static JsonNode of(String what, Path file, long bytes) {
    return Json.messages()
        .createObjectNode()
        .put("of", what)
        .put("file", file.toString())
        .put("bytes", bytes);
  }
}

package dev.fewstep.schemas;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** The JSON Schemas (2020-12) of specification and messages, as they are served and published. */
public final class PublishedSchemas {
  /** Names of the schemas; the file of each is {@code <name>.schema.json}. */
  public static final List<String> NAMES =
      List.of("experiment", "inbox", "task", "control", "order", "metrics", "common");

  private PublishedSchemas() {}

  /**
   * Text of a schema.
   *
   * @param name one of {@link #NAMES}
   * @throws IllegalArgumentException when there is no such schema
   */
  public static String text(String name) {
    if (!NAMES.contains(name)) {
      throw new IllegalArgumentException("no schema '" + name + "'; there are " + NAMES);
    }
    String path = "/schema/v1/" + name + ".schema.json";
    try (InputStream in = PublishedSchemas.class.getResourceAsStream(path)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException("the schemas are part of the program: " + path, e);
    }
  }

  /** The {@code $id} of a schema, by which others refer to it. */
  public static String id(String name) {
    return "https://fewstep.dev/schema/v1/" + name + ".schema.json";
  }
}

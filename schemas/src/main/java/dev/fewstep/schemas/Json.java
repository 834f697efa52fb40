package dev.fewstep.schemas;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import com.fasterxml.jackson.module.paramnames.ParameterNamesModule;
import java.io.IOException;
import java.io.UncheckedIOException;

/**
 * The only JSON mappers. Messages ignore unknown fields, so that an older reader lives with a newer
 * writer; specifications refuse them.
 */
public final class Json {
  private static final ObjectMapper MESSAGES =
      JsonMapper.builder()
          .addModule(new Jdk8Module())
          .addModule(new JavaTimeModule())
          .addModule(new ParameterNamesModule())
          .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
          .disable(SerializationFeature.WRITE_DURATIONS_AS_TIMESTAMPS)
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .defaultPropertyInclusion(
              JsonInclude.Value.construct(
                  JsonInclude.Include.NON_ABSENT, JsonInclude.Include.ALWAYS))
          .build();

  private static final ObjectMapper SPECS =
      MESSAGES.copy().enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES);

  private Json() {}

  /** The mapper for messages, state and API bodies. Do not change its configuration. */
  public static ObjectMapper messages() {
    return MESSAGES;
  }

  /** The mapper for specifications: unknown fields are errors. */
  public static ObjectMapper specs() {
    return SPECS;
  }

  /** UTF-8 JSON of a value. */
  public static byte[] toBytes(Object value) {
    try {
      return MESSAGES.writeValueAsBytes(value);
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** JSON text of a value. */
  public static String toText(Object value) {
    try {
      return MESSAGES.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Reads a message.
   *
   * @throws UncheckedIOException when the bytes are not JSON of that type
   */
  public static <T> T fromBytes(byte[] bytes, Class<T> type) {
    try {
      return MESSAGES.readValue(bytes, type);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The value as a JSON tree. */
  public static JsonNode toTree(Object value) {
    return MESSAGES.valueToTree(value);
  }
}

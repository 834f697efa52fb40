package dev.fewstep.schemas.spec;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Reads JSON token by token, noting where each field stands. */
final class JsonText {
  private static final String SYNTAX = "not JSON: ";
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder().maxNestingDepth(SpecReader.MAX_DEPTH).build())
          .build();

  private final String file;
  private final JsonParser parser;
  private final Map<SpecPath, SpecDocument.Position> positions = new HashMap<>();
  private final List<SpecProblem> problems = new ArrayList<>();

  private JsonText(String file, JsonParser parser) {
    this.file = file;
    this.parser = parser;
  }

  static SpecDocument read(String file, String text) {
    try (JsonParser parser = FACTORY.createParser(text)) {
      JsonText reader = new JsonText(file, parser);
      parser.nextToken();
      JsonNode tree = reader.value(SpecPath.ROOT);
      if (parser.nextToken() != null) {
        throw at(file, parser.currentTokenLocation(), "a second document", "one document");
      }
      return new SpecDocument(file, tree, reader.positions, reader.problems);
    } catch (StreamConstraintsException e) {
      throw at(
          file,
          e.getLocation(),
          "nested too deep, or a number too long: " + e.getOriginalMessage(),
          "at most " + SpecReader.MAX_DEPTH + " levels");
    } catch (JsonParseException e) {
      throw at(file, e.getLocation(), SYNTAX + e.getOriginalMessage());
    } catch (IOException e) {
      throw new UncheckedIOException("a text in memory cannot fail to be read", e);
    }
  }

  /** Whether a refusal says that the text is no JSON, so that it may still be YAML. */
  static boolean isSyntax(SpecException refusal) {
    return refusal.problems().get(0).message().startsWith(SYNTAX);
  }

  private static SpecException at(
      String file, JsonLocation location, String message, String... expected) {
    return SpecReader.refusal(
        file,
        location == null ? 0 : location.getLineNr(),
        location == null ? 0 : location.getColumnNr(),
        message,
        expected);
  }

  private JsonNode value(SpecPath path) throws IOException {
    positions.putIfAbsent(path, here());
    JsonToken token = parser.currentToken();
    if (token == null) {
      throw at(file, parser.currentLocation(), SYNTAX + "the text is empty");
    }
    return switch (token) {
      case START_OBJECT -> object(path);
      case START_ARRAY -> array(path);
      case VALUE_STRING -> NODES.textNode(parser.getText());
      case VALUE_TRUE -> NODES.booleanNode(true);
      case VALUE_FALSE -> NODES.booleanNode(false);
      case VALUE_NULL -> NODES.nullNode();
      default -> number(path, parser.getText());
    };
  }

  private JsonNode object(SpecPath path) throws IOException {
    ObjectNode node = NODES.objectNode();
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String key = parser.currentName();
      SpecPath child = path.child(key);
      SpecDocument.Position position = here();
      boolean repeated = positions.containsKey(child);
      if (repeated) {
        problems.add(Scalars.duplicate(file, child, position, positions.get(child)));
      }
      positions.putIfAbsent(child, position);
      parser.nextToken();
      JsonNode value = value(child);
      if (!repeated) {
        node.set(key, value);
      }
    }
    return node;
  }

  private JsonNode array(SpecPath path) throws IOException {
    ArrayNode node = NODES.arrayNode();
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      node.add(value(path.child(node.size())));
    }
    return node;
  }

  private JsonNode number(SpecPath path, String text) {
    Optional<JsonNode> number = Scalars.number(text);
    if (number.isEmpty()) {
      problems.add(Scalars.unrepresentable(file, path, here(), text));
    }
    return number.orElseGet(() -> NODES.textNode(text));
  }

  private SpecDocument.Position here() {
    JsonLocation location = parser.currentTokenLocation();
    return new SpecDocument.Position(location.getLineNr(), location.getColumnNr());
  }
}

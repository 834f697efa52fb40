package dev.fewstep.schemas.spec;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Parse;
import org.snakeyaml.engine.v2.events.CollectionStartEvent;
import org.snakeyaml.engine.v2.events.DocumentStartEvent;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.events.NodeEvent;
import org.snakeyaml.engine.v2.events.ScalarEvent;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/**
 * Builds the tree from YAML's events rather than from a loader, so that what a loader would settle
 * silently (aliases, tags, merge keys, duplicate keys, odd scalars) is seen and refused.
 */
final class YamlText {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private final String file;
  private final Map<SpecPath, SpecDocument.Position> positions = new HashMap<>();
  private final List<SpecProblem> problems = new ArrayList<>();

  YamlText(String file) {
    this.file = file;
  }

  SpecDocument read(String text) {
    LoadSettings settings =
        LoadSettings.builder().setLabel(file).setCodePointLimit(SpecReader.MAX_BYTES).build();
    try {
      Iterator<Event> events = new Parse(settings).parseString(text).iterator();
      events.next(); // stream start
      Event first = events.next();
      if (first.getEventId() == Event.ID.StreamEnd) {
        throw SpecReader.refusal(file, 0, 0, "the text is empty", "an experiment");
      }
      refuseDirectives((DocumentStartEvent) first);
      JsonNode tree = node(events.next(), events, SpecPath.ROOT, 0);
      events.next(); // document end
      Event after = events.next();
      if (after.getEventId() != Event.ID.StreamEnd) {
        throw refusal(after.getStartMark(), "a second document", "one document");
      }
      return new SpecDocument(file, tree, positions, problems);
    } catch (MarkedYamlEngineException e) {
      throw refusal(
          e.getProblemMark().or(e::getContextMark),
          "not YAML: " + e.getProblem().replace('\n', ' '));
    } catch (YamlEngineException e) {
      throw refusal(Optional.empty(), "not YAML: " + e.getMessage().replace('\n', ' '));
    }
  }

  private void refuseDirectives(DocumentStartEvent start) {
    if (start.getSpecVersion().isPresent() || !start.getTags().isEmpty()) {
      throw refusal(start.getStartMark(), "a directive", "plain YAML 1.2 without '%'");
    }
  }

  private JsonNode node(Event event, Iterator<Event> events, SpecPath path, int depth) {
    positions.putIfAbsent(path, position(event));
    if (event.getEventId() == Event.ID.Alias) {
      add(event, path, "an alias", "the value written out");
      return NODES.nullNode();
    }
    NodeEvent node = (NodeEvent) event;
    if (node.getAnchor().isPresent()) {
      add(event, path, "an anchor, '&" + node.getAnchor().get() + "'", "the value alone");
    }
    if (event instanceof ScalarEvent scalar) {
      return scalar(scalar, path);
    }
    CollectionStartEvent collection = (CollectionStartEvent) event;
    collection.getTag().ifPresent(tag -> add(event, path, "a tag, " + tag, "the value alone"));
    if (depth >= SpecReader.MAX_DEPTH) {
      throw refusal(
          event.getStartMark(), "nested too deep", "at most " + SpecReader.MAX_DEPTH + " levels");
    }
    return event.getEventId() == Event.ID.MappingStart
        ? mapping(events, path, depth)
        : sequence(events, path, depth);
  }

  private JsonNode sequence(Iterator<Event> events, SpecPath path, int depth) {
    ArrayNode node = NODES.arrayNode();
    Event event = events.next();
    while (event.getEventId() != Event.ID.SequenceEnd) {
      node.add(node(event, events, path.child(node.size()), depth + 1));
      event = events.next();
    }
    return node;
  }

  private JsonNode mapping(Iterator<Event> events, SpecPath path, int depth) {
    ObjectNode node = NODES.objectNode();
    Event event = events.next();
    while (event.getEventId() != Event.ID.MappingEnd) {
      if (!(event instanceof ScalarEvent key)) {
        throw refusal(event.getStartMark(), "a key that is not text", "a name and a colon");
      }
      SpecPath child = path.child(key.getValue());
      boolean repeated = positions.containsKey(child);
      if (repeated) {
        problems.add(Scalars.duplicate(file, child, position(key), positions.get(child)));
      } else {
        positions.put(child, position(key));
        checkKey(key, child);
      }
      JsonNode value = node(events.next(), events, child, depth + 1);
      if (!repeated) {
        node.set(key.getValue(), value);
      }
      event = events.next();
    }
    return node;
  }

  private void checkKey(ScalarEvent key, SpecPath path) {
    if (key.getAnchor().isPresent() || key.getTag().isPresent()) {
      add(key, path, "a key with an anchor or a tag", "the name alone");
    }
    if (key.isPlain() && "<<".equals(key.getValue())) {
      add(key, path, "a merge key", "the fields written out");
    } else if (key.isPlain()) {
      Scalars.whyKey(key.getValue())
          .ifPresent(why -> add(key, path, "as a key, " + why.message(), "the name in quotes"));
    }
  }

  private JsonNode scalar(ScalarEvent scalar, SpecPath path) {
    String text = scalar.getValue();
    if (scalar.getTag().isPresent()) {
      add(scalar, path, "a tag, " + scalar.getTag().get(), "the value alone");
      return NODES.textNode(text);
    }
    if (!scalar.isPlain()) {
      return NODES.textNode(text);
    }
    return Scalars.plain(text)
        .orElseGet(
            () -> {
              Scalars.why(Scalars.shorten(text))
                  .or(() -> Scalars.why(text))
                  .ifPresent(why -> add(scalar, path, why.message(), why.expected()));
              return NODES.textNode(text);
            });
  }

  private void add(Event event, SpecPath path, String message, String expected) {
    SpecDocument.Position position = position(event);
    problems.add(
        new SpecProblem(
            file,
            position.line(),
            position.column(),
            path.toString(),
            message,
            List.of(expected),
            Optional.empty()));
  }

  private SpecException refusal(Optional<Mark> mark, String message, String... expected) {
    return SpecReader.refusal(
        file,
        mark.map(m -> m.getLine() + 1).orElse(0),
        mark.map(m -> m.getColumn() + 1).orElse(0),
        message,
        expected);
  }

  private static SpecDocument.Position position(Event event) {
    return event
        .getStartMark()
        .map(m -> new SpecDocument.Position(m.getLine() + 1, m.getColumn() + 1))
        .orElse(new SpecDocument.Position(0, 0));
  }
}

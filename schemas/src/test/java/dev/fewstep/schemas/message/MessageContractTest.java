package dev.fewstep.schemas.message;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.Error;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import dev.fewstep.schemas.ArtifactKind;
import dev.fewstep.schemas.Json;
import dev.fewstep.schemas.PublishedSchemas;
import dev.fewstep.schemas.TaskKind;
import dev.fewstep.schemas.spec.Samples;
import dev.fewstep.schemas.task.CanonicalForm;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Record, JSON and JSON Schema of every message agree on what is a message and what is not. */
class MessageContractTest {
  private static final Map<String, Class<?>> MESSAGES =
      Map.of(
          "inbox", InboxMessage.class,
          "task", TaskMessage.class,
          "control", ControlMessage.class,
          "order", WorkerOrder.class,
          "metrics", MetricBatch.class);
  private static final SchemaRegistry REGISTRY = registry();

  static Stream<Arguments> valid() throws Exception {
    List<Arguments> cases = new ArrayList<>();
    for (String name : MESSAGES.keySet()) {
      for (JsonNode message : samples(name).get("valid")) {
        cases.add(Arguments.of(name, label(message), message));
      }
    }
    return cases.stream();
  }

  static Stream<Arguments> invalid() throws Exception {
    List<Arguments> cases = new ArrayList<>();
    for (String name : MESSAGES.keySet()) {
      for (JsonNode sample : samples(name).get("invalid")) {
        cases.add(Arguments.of(name, sample.get("why").asText(), sample.get("message")));
      }
    }
    return cases.stream();
  }

  @ParameterizedTest(name = "{0}: {1}")
  @MethodSource("valid")
  void survivesTheWayThroughTheRecord(String name, String label, JsonNode sample) throws Exception {
    assertThat(violations(name, sample)).isEmpty();

    Object message = read(name, sample);

    JsonNode written = Json.messages().readTree(Json.toBytes(message));
    assertThat(CanonicalForm.text(written)).isEqualTo(CanonicalForm.text(sample));
    assertThat(read(name, written)).isEqualTo(message);
    assertThat(violations(name, written)).isEmpty();
  }

  @ParameterizedTest(name = "{0}: {1}")
  @MethodSource("invalid")
  void isRefusedByRecordAndSchema(String name, String why, JsonNode sample) {
    assertThat(violations(name, sample)).as("schema on: " + why).isNotEmpty();
    assertThatThrownBy(() -> read(name, sample)).as("record on: " + why).isNotNull();
  }

  @ParameterizedTest(name = "{0}: {1}")
  @MethodSource("valid")
  void isReadByThoseWhoDoNotKnowItsNewFields(String name, String label, JsonNode sample)
      throws Exception {
    ObjectNode newer = sample.deepCopy();
    newer.put("fieldOfALaterVersion", 1);

    assertThat(read(name, newer)).isEqualTo(read(name, sample));
    assertThat(violations(name, newer)).isEmpty();
  }

  @Test
  void hasASampleAndASchemaOfEveryMessageWithEveryField() throws Exception {
    JsonSubTypes.Type[] types = InboxMessage.class.getAnnotation(JsonSubTypes.class).value();
    JsonNode schema = Json.messages().readTree(PublishedSchemas.text("inbox"));
    Set<String> sampled = new HashSet<>();
    samples("inbox").get("valid").forEach(message -> sampled.add(message.get("type").asText()));

    for (JsonSubTypes.Type type : types) {
      List<String> fields = new ArrayList<>(List.of("type"));
      for (RecordComponent component : type.value().getRecordComponents()) {
        fields.add(component.getName());
      }
      assertThat(names(schema.at("/$defs/" + type.name() + "/properties")))
          .containsExactlyInAnyOrderElementsOf(fields);
    }
    assertThat(sampled)
        .containsExactlyInAnyOrderElementsOf(Stream.of(types).map(t -> t.name()).toList());
    for (String name : List.of("task", "control", "order", "metrics")) {
      JsonNode properties = Json.messages().readTree(PublishedSchemas.text(name)).get("properties");
      assertThat(names(properties))
          .containsExactlyInAnyOrderElementsOf(
              Stream.of(MESSAGES.get(name).getRecordComponents())
                  .map(RecordComponent::getName)
                  .toList());
    }
  }

  @Test
  void namesEveryEnumConstant() throws Exception {
    JsonNode common = Json.messages().readTree(PublishedSchemas.text("common"));
    JsonNode inbox = Json.messages().readTree(PublishedSchemas.text("inbox"));
    JsonNode task = Json.messages().readTree(PublishedSchemas.text("task"));

    assertThat(texts(common.at("/$defs/Artifact/properties/kind/enum")))
        .containsExactlyElementsOf(Stream.of(ArtifactKind.values()).map(Enum::name).toList());
    assertThat(texts(inbox.at("/$defs/failed/properties/code/enum")))
        .containsExactlyElementsOf(Stream.of(FailureCode.values()).map(Enum::name).toList());
    assertThat(texts(task.at("/properties/kind/enum")))
        .containsExactlyElementsOf(Stream.of(TaskKind.values()).map(Enum::name).toList());
  }

  @Test
  void isNoSchemaUnderAnotherName() {
    assertThatThrownBy(() -> PublishedSchemas.text("../../secret"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("experiment");
  }

  private static Object read(String name, JsonNode tree) throws Exception {
    Object message = Json.messages().treeToValue(tree, MESSAGES.get(name));
    if (message instanceof TaskMessage task) {
      task.typedSpec();
    }
    return message;
  }

  private static List<Error> violations(String name, JsonNode tree) {
    Schema schema = REGISTRY.getSchema(SchemaLocation.of(PublishedSchemas.id(name)));
    return schema.validate(tree);
  }

  private static SchemaRegistry registry() {
    Map<String, String> byId = new HashMap<>();
    PublishedSchemas.NAMES.forEach(
        name -> byId.put(PublishedSchemas.id(name), PublishedSchemas.text(name)));
    return SchemaRegistry.withDefaultDialect(
        SpecificationVersion.DRAFT_2020_12, builder -> builder.schemas(byId));
  }

  private static JsonNode samples(String name) throws Exception {
    return Json.messages().readTree(Samples.text("messages/" + name + ".json"));
  }

  private static String label(JsonNode message) {
    return message.path("type").asText(message.path("kind").asText("message"));
  }

  private static List<String> names(JsonNode object) {
    List<String> names = new ArrayList<>();
    object.fieldNames().forEachRemaining(names::add);
    return names;
  }

  private static List<String> texts(JsonNode array) {
    List<String> texts = new ArrayList<>();
    array.forEach(item -> texts.add(item.asText()));
    return texts;
  }
}

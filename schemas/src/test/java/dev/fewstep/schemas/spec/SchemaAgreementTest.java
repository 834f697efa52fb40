package dev.fewstep.schemas.spec;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fewstep.schemas.Json;
import dev.fewstep.schemas.task.CanonicalForm;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The published schema and the records say the same: fields, types, defaults, enums, bounds. */
class SchemaAgreementTest {
  private static final JsonNode SCHEMA = SpecSchema.tree();

  /** Values for the fields that a record insists on. */
  private static final Map<Class<?>, String> LEAST =
      Map.of(
          DataSpec.class, "{\"train\":\"d\"}",
          ModelSpec.class, "{\"weights\":\"w\"}",
          LossSpec.class, "{\"extractor\":\"e\"}",
          WeightedExtractor.class, "{\"extractor\":\"e\"}",
          RangeSpec.class, "{\"uniform\":[0,1]}",
          Metadata.class, "{\"name\":\"n\"}",
          PretrainSpec.class, "{\"network\":{},\"training\":{}}",
          EvaluationSpec.class, "{\"reference\":\"r\",\"extractors\":[\"e\"]}",
          BaseSpec.class,
              "{\"data\":{\"train\":\"d\"},\"model\":{\"weights\":\"w\"},\"loss\":{\"extractor\":\"e\"}}",
          ExperimentBody.class,
              "{\"base\":{},\"evaluation\":{\"reference\":\"r\",\"extractors\":[\"e\"]}}");

  static Stream<Class<?>> records() {
    return Stream.of(
        Metadata.class,
        ExperimentBody.class,
        SearchSpec.class,
        RangeSpec.class,
        BaseSpec.class,
        DataSpec.class,
        ModelSpec.class,
        PretrainSpec.class,
        NetworkSpec.class,
        NoiseScheduleSpec.class,
        DenoisingSpec.class,
        SamplingSpec.class,
        LossSpec.class,
        WeightedExtractor.class,
        TrainingSpec.class,
        ValidationSpec.class,
        EvaluationSpec.class,
        PolicySpec.class,
        RetrySpec.class,
        ResourcesSpec.class);
  }

  @Test
  void describesEveryRecordAndNothingElse() {
    assertThat(names(SCHEMA.get("$defs")))
        .containsExactlyInAnyOrderElementsOf(records().map(Class::getSimpleName).toList());
    assertThat(names(SCHEMA.get("properties")))
        .containsExactly("apiVersion", "kind", "metadata", "spec");
    assertThat(SCHEMA.at("/properties/apiVersion/const").asText())
        .isEqualTo(ExperimentSpec.API_VERSION);
    assertThat(SCHEMA.at("/properties/kind/const").asText()).isEqualTo(ExperimentSpec.KIND);
  }

  @ParameterizedTest
  @MethodSource("records")
  void hasTheFieldsOfTheRecordWithTypeTitleAndDescription(Class<?> type) {
    JsonNode definition = definition(type);

    assertThat(definition.get("additionalProperties").asBoolean(true)).isFalse();
    assertThat(names(definition.get("properties")))
        .containsExactlyElementsOf(
            Stream.of(type.getRecordComponents()).map(RecordComponent::getName).toList());
    for (RecordComponent component : type.getRecordComponents()) {
      JsonNode field = property(type, component.getName());
      assertThat(field.path("title").asText()).as(component.toString()).isNotBlank();
      assertThat(field.path("description").asText()).as(component.toString()).isNotBlank();
      assertThat(field.path("type").asText())
          .as(component.toString())
          .isEqualTo(jsonType(component.getGenericType()));
    }
  }

  @ParameterizedTest
  @MethodSource("records")
  void hasTheDefaultsOfTheRecord(Class<?> type) throws Exception {
    ObjectNode least = least(type);
    JsonNode filled = Json.toTree(read(type, least));
    for (RecordComponent component : type.getRecordComponents()) {
      String name = component.getName();
      JsonNode field = definition(type).get("properties").get(name);
      boolean asked = least.has(name);
      boolean optional = component.getType() == Optional.class;
      boolean group = field.has("$ref") && !field.has("default");
      boolean dependent = type == LossSpec.class && "microBatch".equals(name);
      if (asked || optional || group || dependent) {
        assertThat(field.has("default")).as(type + "." + name).isFalse();
      } else {
        assertThat(field.has("default")).as(type + "." + name).isTrue();
        assertThat(CanonicalForm.text(field.get("default")))
            .as(type + "." + name)
            .isEqualTo(CanonicalForm.text(filled.get(name)));
      }
    }
  }

  @Test
  void hasTheValuesOfEveryEnum() throws Exception {
    int enums = 0;
    for (Class<?> type : records().toList()) {
      for (RecordComponent component : type.getRecordComponents()) {
        JsonNode field = property(type, component.getName());
        if (component.getType().isEnum()) {
          List<String> names = new ArrayList<>();
          for (Object constant : component.getType().getEnumConstants()) {
            names.add(
                component
                    .getType()
                    .getField(constant.toString())
                    .getAnnotation(JsonProperty.class)
                    .value());
          }
          List<String> published = new ArrayList<>();
          field.get("enum").forEach(name -> published.add(name.asText()));
          assertThat(published).as(component.toString()).containsExactlyElementsOf(names);
          enums++;
        } else {
          assertThat(field.has("enum")).as(component.toString()).isFalse();
        }
      }
    }
    assertThat(enums).isEqualTo(11);
  }

  /** Every bound of the schema is the record's: the record takes it and refuses what is beyond. */
  @ParameterizedTest
  @MethodSource("records")
  void hasTheBoundsOfTheRecord(Class<?> type) throws Exception {
    for (RecordComponent component : type.getRecordComponents()) {
      String name = component.getName();
      JsonNode field = property(type, name);
      boolean isInteger = "integer".equals(field.path("type").asText());
      double step = isInteger ? 1 : 1e-9;
      boolean isLong = component.getType() == Long.class;
      for (String bound : List.of("minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum")) {
        if (!field.has(bound) || isLong || field.get(bound).asLong() == Integer.MAX_VALUE) {
          continue;
        }
        double limit = field.get(bound).asDouble();
        double inward = bound.toLowerCase(java.util.Locale.ROOT).contains("min") ? step : -step;
        boolean exclusive = bound.startsWith("exclusive");
        double taken = exclusive ? limit + inward : limit;
        double refused = exclusive ? limit : limit - inward;
        assertThat(accepts(type, name, number(isInteger, refused)))
            .as(type.getSimpleName() + "." + name + " = " + refused)
            .isFalse();
        assertThat(accepts(type, name, number(isInteger, taken)))
            .as(type.getSimpleName() + "." + name + " = " + taken)
            .isTrue();
      }
    }
  }

  @Test
  void listsThePathsThatCanBeAxes() {
    Set<String> paths = new HashSet<>();
    collect("", BaseSpec.class, paths);

    assertThat(SpecSchema.basePaths().keySet()).containsExactlyInAnyOrderElementsOf(paths);
    assertThat(paths).contains("loss.kernel", "model.pretrain.network.schedule.betaStart");
  }

  private static boolean accepts(Class<?> type, String field, JsonNode value) {
    // Bounds that depend on another field are given the other field's help.
    Map<String, String> company =
        Map.of(
            "NetworkSpec.width", "{\"groups\":1}",
            "NetworkSpec.imageSize", "{\"patch\":1}",
            "LossSpec.mmdBatch", "{\"microBatch\":1}",
            "NoiseScheduleSpec.betaEnd", "{\"betaStart\":1e-10}",
            "NoiseScheduleSpec.betaStart", "{\"betaEnd\":0.9999999999}");
    try {
      ObjectNode tree = least(type);
      String other = company.get(type.getSimpleName() + "." + field);
      if (other != null) {
        tree.setAll((ObjectNode) Json.specs().readTree(other));
      }
      tree.set(field, value);
      read(type, tree);
      return true;
    } catch (JsonProcessingException e) {
      return false;
    }
  }

  private static void collect(String prefix, Class<?> type, Set<String> paths) {
    for (RecordComponent component : type.getRecordComponents()) {
      String path = prefix + component.getName();
      paths.add(path);
      Class<?> content = raw(component.getGenericType());
      if (content.isRecord()) {
        collect(path + ".", content, paths);
      }
    }
  }

  private static JsonNode number(boolean isInteger, double value) {
    return isInteger
        ? Json.specs().getNodeFactory().numberNode((long) value)
        : Json.specs().getNodeFactory().numberNode(value);
  }

  private static ObjectNode least(Class<?> type) throws JsonProcessingException {
    return (ObjectNode) Json.specs().readTree(LEAST.getOrDefault(type, "{}"));
  }

  private static Object read(Class<?> type, JsonNode tree) throws JsonProcessingException {
    return Json.specs().treeToValue(tree, type);
  }

  private static JsonNode definition(Class<?> type) {
    return SCHEMA.get("$defs").get(type.getSimpleName());
  }

  private static JsonNode property(Class<?> type, String name) {
    JsonNode field = definition(type).get("properties").get(name);
    return field.has("$ref") ? SCHEMA.at(field.get("$ref").asText().substring(1)) : field;
  }

  private static Class<?> raw(Type type) {
    if (type instanceof ParameterizedType parameterized) {
      return parameterized.getRawType() == Optional.class
          ? raw(parameterized.getActualTypeArguments()[0])
          : (Class<?>) parameterized.getRawType();
    }
    return (Class<?>) type;
  }

  private static String jsonType(Type type) {
    Class<?> content = raw(type);
    if (content == Integer.class || content == Long.class) {
      return "integer";
    }
    if (content == Double.class) {
      return "number";
    }
    if (content == Boolean.class) {
      return "boolean";
    }
    if (content == String.class || content == Duration.class || content.isEnum()) {
      return "string";
    }
    return content == List.class ? "array" : "object";
  }

  private static List<String> names(JsonNode object) {
    List<String> names = new ArrayList<>();
    object.fieldNames().forEachRemaining(names::add);
    return names;
  }
}

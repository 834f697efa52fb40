package dev.fewstep.worker.diffusion;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fewstep.schemas.Json;
import dev.fewstep.schemas.spec.NetworkSpec;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.List;

/**
 * What a person knows about a network beside its tensors: some fields of {@link NetworkSpec}, by
 * name.
 */
public final class NetworkHints {
  private static final List<String> FIELDS =
      Arrays.stream(NetworkSpec.class.getRecordComponents()).map(RecordComponent::getName).toList();

  private final ObjectNode fields;

  private NetworkHints(ObjectNode fields) {
    this.fields = fields;
  }

  /**
   * Nothing is known.
   *
   * @return no hints
   */
  public static NetworkHints none() {
    return new NetworkHints(Json.specs().createObjectNode());
  }

  /**
   * Some fields of a network's specification.
   *
   * @param fields an object; copied
   * @return the hints
   * @throws IllegalArgumentException naming a field that {@link NetworkSpec} does not have
   */
  public static NetworkHints of(JsonNode fields) {
    if (!(fields instanceof ObjectNode object)) {
      throw new IllegalArgumentException(
          "What is known of a network must be an object with fields of " + FIELDS);
    }
    object
        .fieldNames()
        .forEachRemaining(
            name -> {
              if (!FIELDS.contains(name)) {
                throw new IllegalArgumentException(
                    "A network has no field '" + name + "', only " + FIELDS);
              }
            });
    return new NetworkHints(object.deepCopy());
  }

  /**
   * One more field.
   *
   * @param field a field of {@link NetworkSpec}
   * @param value its value, as JSON would hold it (a number, a text, a list or a specification)
   * @return these hints and that one
   */
  public NetworkHints with(String field, Object value) {
    ObjectNode more = fields.deepCopy();
    more.set(field, Json.specs().valueToTree(value));
    return of(more);
  }

  ObjectNode fields() {
    return fields.deepCopy();
  }
}

package dev.fewstep.schemas.task;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fewstep.schemas.Json;
import java.lang.reflect.Method;
import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * The one text of a task's specification: JSON as RFC 8785 writes it (keys sorted by UTF-16 code
 * units, shortest round-trip numbers, no white space), except that integers keep all 64 bits.
 *
 * <p>Fields at their recorded default ({@link KeyDefaults}) and fields that determine no result are
 * left out, so that a field added later keeps the keys of all earlier tasks.
 */
public final class CanonicalForm {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private static final ClassValue<List<Field>> FIELDS =
      new ClassValue<>() {
        @Override
        protected List<Field> computeValue(Class<?> type) {
          return Field.of(type);
        }
      };

  private CanonicalForm() {}

  /**
   * Canonical text of a task's specification.
   *
   * @throws IllegalArgumentException when a number is not finite
   */
  public static String of(TaskSpec spec) {
    return text(reduced((Record) spec)); // all four kinds are records
  }

  /**
   * Canonical text of any JSON, nothing left out.
   *
   * @throws IllegalArgumentException when a number is not finite or a string is not Unicode
   */
  public static String text(JsonNode tree) {
    StringBuilder out = new StringBuilder();
    write(tree, out);
    return out.toString();
  }

  /** The specification less what is at its recorded default or determines no result. */
  static ObjectNode reduced(Record value) {
    ObjectNode reduced = NODES.objectNode();
    for (Field field : FIELDS.get(value.getClass())) {
      Object content = field.read(value);
      boolean optional = content instanceof Optional<?>;
      if (optional && ((Optional<?>) content).isEmpty()) {
        continue;
      }
      JsonNode node = node(optional ? ((Optional<?>) content).get() : content);
      boolean atDefault = field.recorded().isPresent() && field.recorded().get().equals(text(node));
      // A group with every field at its default says nothing; an optional one says that it is
      // there.
      boolean silent = content instanceof Record && node.isObject() && node.isEmpty();
      if (!atDefault && !silent) {
        reduced.set(field.name(), node);
      }
    }
    return reduced;
  }

  /** As Jackson maps it; the common types directly, since keys are made by the hundred thousand. */
  private static JsonNode node(Object content) {
    if (content instanceof Iterable<?> items) {
      ArrayNode array = NODES.arrayNode();
      items.forEach(item -> array.add(node(item)));
      return array;
    }
    if (content instanceof Integer number) {
      return NODES.numberNode((int) number);
    }
    if (content instanceof Long number) {
      return NODES.numberNode((long) number);
    }
    if (content instanceof Double number) {
      return NODES.numberNode((double) number);
    }
    if (content instanceof Boolean truth) {
      return NODES.booleanNode(truth);
    }
    if (content instanceof String || content instanceof SourceRef) {
      return NODES.textNode(
          content instanceof SourceRef source ? source.value() : (String) content);
    }
    return content instanceof Record record ? reduced(record) : Json.toTree(content);
  }

  /**
   * A field of a record that keys are made of.
   *
   * @param recorded canonical text of the recorded default
   */
  private record Field(String name, Method accessor, Optional<String> recorded) {
    Object read(Record value) {
      try {
        return accessor.invoke(value);
      } catch (ReflectiveOperationException e) {
        throw new IllegalStateException("a record's accessors are public: " + accessor, e);
      }
    }

    static List<Field> of(Class<?> type) {
      return Stream.of(type.getRecordComponents())
          .filter(component -> !KeyDefaults.determinesNothing(type, component.getName()))
          .map(
              component ->
                  new Field(
                      component.getName(),
                      component.getAccessor(),
                      KeyDefaults.of(type, component.getName())))
          .toList();
    }
  }

  private static void write(JsonNode node, StringBuilder out) {
    if (node.isObject()) {
      TreeMap<String, JsonNode> fields = new TreeMap<>();
      node.properties().forEach(field -> fields.put(field.getKey(), field.getValue()));
      out.append('{');
      fields.forEach(
          (name, value) -> {
            out.append(out.charAt(out.length() - 1) == '{' ? "" : ",");
            string(name, out);
            out.append(':');
            write(value, out);
          });
      out.append('}');
    } else if (node.isArray()) {
      out.append('[');
      for (int i = 0; i < node.size(); i++) {
        out.append(i == 0 ? "" : ",");
        write(node.get(i), out);
      }
      out.append(']');
    } else if (node.isTextual()) {
      string(node.textValue(), out);
    } else if (node.isIntegralNumber()) {
      out.append(node.bigIntegerValue());
    } else if (node.isNumber()) {
      out.append(number(node.doubleValue()));
    } else {
      out.append(node.asText()); // true, false, null
    }
  }

  /**
   * A number as ECMAScript's {@code Number.prototype.toString} writes it: fewest digits that read
   * back as the same double. {@link Double#toString(double)} is no substitute, since it is not the
   * shortest before JDK 19.
   *
   * @throws IllegalArgumentException when the number is not finite
   */
  static String number(double value) {
    if (!Double.isFinite(value)) {
      throw new IllegalArgumentException("no canonical form has the number " + value);
    }
    if (value == 0) {
      return "0";
    }
    BigDecimal exact = new BigDecimal(Math.abs(value));
    BigDecimal shortest = exact;
    for (int digits = 1; digits <= 17; digits++) {
      shortest = exact.round(new MathContext(digits, RoundingMode.HALF_EVEN));
      if (shortest.doubleValue() == Math.abs(value)) {
        break;
      }
    }
    String text = layout(shortest.stripTrailingZeros());
    return value < 0 ? "-" + text : text;
  }

  /** ECMA-262, Number::toString: k digits, of which n stand before the decimal point. */
  private static String layout(BigDecimal value) {
    String digits = value.unscaledValue().toString();
    int k = digits.length();
    int n = k - value.scale();
    if (k <= n && n <= 21) {
      return digits + "0".repeat(n - k);
    }
    if (0 < n && n <= 21) {
      return digits.substring(0, n) + "." + digits.substring(n);
    }
    if (-6 < n && n <= 0) {
      return "0." + "0".repeat(-n) + digits;
    }
    String exponent = (n > 0 ? "e+" : "e-") + Math.abs(n - 1);
    return k == 1 ? digits + exponent : digits.charAt(0) + "." + digits.substring(1) + exponent;
  }

  private static void string(String text, StringBuilder out) {
    out.append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (Character.isSurrogate(c)) {
        boolean pair =
            Character.isHighSurrogate(c)
                && i + 1 < text.length()
                && Character.isLowSurrogate(text.charAt(i + 1));
        if (!pair) {
          throw new IllegalArgumentException("no canonical form has half a surrogate pair");
        }
        out.append(c).append(text.charAt(++i));
        continue;
      }
      switch (c) {
        case '"' -> out.append("\\\"");
        case '\\' -> out.append("\\\\");
        case '\b' -> out.append("\\b");
        case '\f' -> out.append("\\f");
        case '\n' -> out.append("\\n");
        case '\r' -> out.append("\\r");
        case '\t' -> out.append("\\t");
        default -> out.append(c < 0x20 ? String.format("\\u%04x", (int) c) : String.valueOf(c));
      }
    }
    out.append('"');
  }
}

package dev.fewstep.schemas.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fewstep.schemas.Json;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CanonicalFormTest {
  /** Bits and texts of RFC 8785, appendix B. */
  @ParameterizedTest
  @CsvSource({
    "0000000000000000, 0",
    "8000000000000000, 0",
    "0000000000000001, 5e-324",
    "8000000000000001, -5e-324",
    "7fefffffffffffff, 1.7976931348623157e+308",
    "4340000000000000, 9007199254740992",
    "c340000000000000, -9007199254740992",
    "4430000000000000, 295147905179352830000",
    "44b52d02c7e14af5, 9.999999999999997e+22",
    "44b52d02c7e14af6, 1e+23",
    "44b52d02c7e14af7, 1.0000000000000001e+23",
    "444b1ae4d6e2ef4e, 999999999999999700000",
    "444b1ae4d6e2ef4f, 999999999999999900000",
    "444b1ae4d6e2ef50, 1e+21",
    "3eb0c6f7a0b5ed8c, 9.999999999999997e-7",
    "3eb0c6f7a0b5ed8d, 0.000001",
    "41b3de4355555553, 333333333.3333332",
    "41b3de4355555554, 333333333.33333325",
    "41b3de4355555555, 333333333.3333333",
    "becbf647612f3696, -0.0000033333333333333333",
    "43143ff3c1cb0959, 1424953923781206.2",
  })
  void writesNumbersAsRfc8785Does(String bits, String text) {
    assertThat(CanonicalForm.number(Double.longBitsToDouble(Long.parseUnsignedLong(bits, 16))))
        .isEqualTo(text);
  }

  @Test
  void writesNumbersThatReadBackAndAreNotLongerThanJavas() {
    Random random = new Random(1);
    for (int i = 0; i < 400; i++) {
      double value = Double.longBitsToDouble(random.nextLong());
      if (Double.isFinite(value)) {
        String text = CanonicalForm.number(value);
        assertThat(Double.parseDouble(text)).isEqualTo(value);
        assertThat(digits(text)).isLessThanOrEqualTo(digits(Double.toString(value)));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(doubles = {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY})
  void refusesNumbersThatAreNone(double value) {
    ObjectNode tree = JsonNodeFactory.instance.objectNode().put("x", value);

    assertThatThrownBy(() -> CanonicalForm.text(tree))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(Double.toString(value));
  }

  @Test
  void sortsKeysKeepsLongsAndEscapesAsRfc8785Does() throws Exception {
    String json =
        "{\"b\": 9223372036854775807, \"a\": [true, null, 5.0, -0.0],"
            + " \"\\u20ac\": \"\\u000f\\n\\\"\\\\/<\\u00e9\", \"A\": {}, \"\": \"\\ud83d\\ude00\"}";

    assertThat(CanonicalForm.text(Json.specs().readTree(json)))
        .isEqualTo(
            "{\"\":\"\ud83d\ude00\",\"A\":{},\"a\":[true,null,5,0],\"b\":9223372036854775807,"
                + "\"\u20ac\":\"\\u000f\\n\\\"\\\\/<\u00e9\"}");
  }

  @Test
  void refusesHalfASurrogatePair() {
    ObjectNode tree = JsonNodeFactory.instance.objectNode().put("x", "\ud83d");

    assertThatThrownBy(() -> CanonicalForm.text(tree)).hasMessageContaining("surrogate");
  }

  private static long digits(String text) {
    String mantissa = text.toLowerCase(java.util.Locale.ROOT).replaceAll("e.*", "");
    return mantissa
        .replace(".", "")
        .replace("-", "")
        .replaceAll("^0+", "")
        .replaceAll("0+$", "")
        .length();
  }
}

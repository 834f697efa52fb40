package dev.fewstep.schemas;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fewstep.schemas.spec.Metadata;
import dev.fewstep.schemas.state.TaskResult;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class OrderedTest {
  private static Map<String, String> letters() {
    Map<String, String> map = new LinkedHashMap<>();
    for (char letter : "thequickbrownfxjmpsvlazydg".toCharArray()) {
      map.put(String.valueOf(letter), "" + letter);
    }
    return map;
  }

  @Test
  void theOrderIsKeptAndTheCopyIsOnesOwn() {
    Map<String, String> map = letters();
    Map<String, String> copy = Ordered.copyOf(map);
    map.remove("t");
    assertThat(copy.keySet()).containsExactlyElementsOf(letters().keySet());
    assertThatThrownBy(() -> copy.put("t", "t")).isInstanceOf(UnsupportedOperationException.class);
  }

  @Test
  void nullIsRefused() {
    Map<String, String> map = new HashMap<>();
    map.put("a", null);
    assertThatThrownBy(() -> Ordered.copyOf(map)).isInstanceOf(NullPointerException.class);
  }

  @Test
  void labelsStayAsTheyWereWritten() {
    Metadata metadata = new Metadata("e", "p", letters());
    assertThat(Json.toTree(metadata).get("labels").fieldNames())
        .toIterable()
        .containsExactlyElementsOf(letters().keySet());
  }

  /** Map.copyOf has another order in each process; what is written must not have. */
  @Test
  void whatTheStateKeepsIsWrittenInTheOrderOfTheNames() {
    TaskResult result = new TaskResult(1, new UUID(0, 1), List.of(), Map.of(), letters(), 2);
    assertThat(Json.toTree(result).get("provenance").fieldNames())
        .toIterable()
        .containsExactlyElementsOf(letters().keySet().stream().sorted().toList());
  }
}

package dev.fewstep.orchestrator.view;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.IntNode;
import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;
import org.junit.jupiter.api.Test;

class TableRowsTest {
  private final List<Integer> asked = new ArrayList<>();

  private List<List<JsonNode>> read(int from, int limit) {
    asked.add(from);
    List<List<JsonNode>> rows = new ArrayList<>();
    for (int i = from; i < Math.min(5, from + limit); i++) {
      rows.add(List.of(IntNode.valueOf(i)));
    }
    return rows;
  }

  @Test
  void parts_are_read_only_when_they_are_needed() {
    TableRows rows = new TableRows(this::read, 5, 2);
    assertThat(asked).isEmpty();
    for (int i = 0; i < 5; i++) {
      assertThat(rows.next().get(0).asInt()).isEqualTo(i);
    }
    assertThat(rows.hasNext()).isFalse();
    assertThat(asked).containsExactly(0, 2, 4);
    assertThatThrownBy(rows::next).isInstanceOf(NoSuchElementException.class);
  }

  @Test
  void rows_that_are_gone_end_the_table() {
    TableRows rows = new TableRows(this::read, 9, 5);
    int count = 0;
    while (rows.hasNext()) {
      count += rows.next().size();
    }
    assertThat(count).isEqualTo(5);
  }
}

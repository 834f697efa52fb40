package dev.fewstep.orchestrator.export;

import static org.assertj.core.api.Assertions.assertThat;

import blue.strategic.parquet.Hydrator;
import blue.strategic.parquet.HydratorSupplier;
import blue.strategic.parquet.ParquetReader;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.DoubleNode;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.fewstep.orchestrator.view.Column;
import dev.fewstep.schemas.Json;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TableFormatTest {
  private static final List<Column> COLUMNS =
      List.of(
          column("trial", Column.Kind.NUMBER, true),
          column("sampling.steps,=", Column.Kind.TEXT, false),
          column("=cmd|' /C calc'!A0", Column.Kind.CATEGORY, false),
          column("kd:small/multi", Column.Kind.NUMBER, false));

  private static final List<List<JsonNode>> ROWS =
      List.of(
          List.of(
              LongNode.valueOf(9007199254740993L),
              TextNode.valueOf("=1+1"),
              TextNode.valueOf("two\r\nlines, \"quoted\""),
              DoubleNode.valueOf(-2.5e-7)),
          List.of(
              LongNode.valueOf(-1),
              TextNode.valueOf("@SUM(A1)"),
              TextNode.valueOf("plain"),
              NullNode.getInstance()),
          List.of(
              LongNode.valueOf(2),
              TextNode.valueOf("+49"),
              TextNode.valueOf("-x"),
              DoubleNode.valueOf(1)));

  @TempDir Path folder;

  private static Column column(String name, Column.Kind kind, boolean whole) {
    return new Column(
        name, name, Column.Group.FACT, Optional.empty(), Optional.empty(), kind, whole);
  }

  private static byte[] written(String format) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    TableFormat.named(format).write(COLUMNS, ROWS.iterator(), out);
    return out.toByteArray();
  }

  @Test
  void csv_quotes_what_must_be_and_disarms_formulas() throws IOException {
    assertThat(new String(written("csv"), StandardCharsets.UTF_8))
        .isEqualTo(
            "trial,\"sampling.steps,=\",\"'=cmd|' /C calc'!A0\",kd:small/multi\r\n"
                + "9007199254740993,\"'=1+1\",\"two\r\nlines, \"\"quoted\"\"\",-2.5E-7\r\n"
                + "-1,\"'@SUM(A1)\",plain,\r\n"
                + "2,\"'+49\",\"'-x\",1.0\r\n");
  }

  @Test
  void json_is_a_list_of_objects() throws IOException {
    JsonNode table = Json.messages().readTree(written("json"));
    assertThat(table).hasSize(3);
    assertThat(table.path(0).path("trial").asLong()).isEqualTo(9007199254740993L);
    assertThat(table.path(0).path("sampling.steps,=").asText()).isEqualTo("=1+1");
    assertThat(table.path(1).path("kd:small/multi").isNull()).isTrue();
    assertThat(table.path(2).path("kd:small/multi").asDouble()).isEqualTo(1);
  }

  @Test
  void parquet_is_read_as_it_was_written() throws IOException {
    Path file = folder.resolve("trials.parquet");
    Files.write(file, written("parquet"));

    List<Map<String, Object>> rows;
    try (Stream<Map<String, Object>> stream =
        ParquetReader.streamContent(file.toFile(), HydratorSupplier.constantly(new Maps()))) {
      rows = stream.toList();
    }

    assertThat(rows).hasSize(3);
    assertThat(rows.get(0))
        .containsEntry("trial", 9007199254740993L)
        .containsEntry("sampling.steps,=", "=1+1")
        .containsEntry("=cmd|' /C calc'!A0", "two\r\nlines, \"quoted\"")
        .containsEntry("kd:small/multi", -2.5e-7);
    assertThat(rows.get(1).get("kd:small/multi")).isNull();
  }

  private static final class Maps implements Hydrator<Map<String, Object>, Map<String, Object>> {
    @Override
    public Map<String, Object> start() {
      return new LinkedHashMap<>();
    }

    @Override
    public Map<String, Object> add(Map<String, Object> row, String heading, Object value) {
      row.put(heading, value);
      return row;
    }

    @Override
    public Map<String, Object> finish(Map<String, Object> row) {
      return row;
    }
  }
}

package dev.fewstep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.fewstep.schemas.Json;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class OutputTest {
  private static final List<String> COLUMNS = List.of("name", "fd");
  private static final List<Map<String, String>> ROWS =
      List.of(Map.of("name", "a, \"b\"", "fd", "1.5"), Map.of("name", "c", "fd", "12"));

  private static JsonNode whole() {
    ObjectNode whole = Json.messages().createObjectNode();
    whole.put("name", "x").putObject("scores").put("fd", 1.5);
    return whole;
  }

  private static String printed(OutputFormat format, boolean rows) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    Output output = new Output(new PrintStream(bytes, true, StandardCharsets.UTF_8), format);
    if (rows) {
      output.rows(COLUMNS, ROWS, whole());
    } else {
      output.object(whole());
    }
    return bytes.toString(StandardCharsets.UTF_8);
  }

  @Test
  void aTableAlignsTextLeftAndNumbersRight() {
    assertThat(printed(OutputFormat.table, true).lines())
        .containsExactly("name     fd", "a, \"b\"  1.5", "c        12");
  }

  @Test
  void aTableWithoutRowsIsItsHead() {
    assertThat(Output.table(COLUMNS, List.of())).isEqualTo("name  fd\n");
  }

  @Test
  void aTableCountsAMissingCellAsEmpty() {
    assertThat(Output.table(COLUMNS, List.of(Map.of("name", "a"))).lines())
        .containsExactly("name  fd", "a");
  }

  @Test
  void csvQuotesWhatNeedsIt() {
    assertThat(printed(OutputFormat.csv, true).lines())
        .containsExactly("name,fd", "\"a, \"\"b\"\"\",1.5", "c,12");
  }

  @ParameterizedTest
  @EnumSource(names = {"json", "yaml"})
  void jsonAndYamlShowTheWholeObject(OutputFormat format) throws IOException {
    JsonNode read =
        format == OutputFormat.json
            ? Json.messages().readTree(printed(format, true))
            : new YAMLMapper().readTree(printed(format, true));
    assertThat(read).isEqualTo(whole());
  }

  @Test
  void anObjectIsATableOfItsFields() {
    assertThat(printed(OutputFormat.table, false).lines())
        .containsExactly("field   value", "name    x", "scores  {\"fd\":1.5}");
    assertThat(printed(OutputFormat.csv, false).lines())
        .containsExactly("field,value", "name,x", "scores,\"{\"\"fd\"\":1.5}\"");
  }
}

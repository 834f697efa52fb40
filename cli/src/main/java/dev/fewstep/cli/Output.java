package dev.fewstep.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.csv.CsvMapper;
import com.fasterxml.jackson.dataformat.csv.CsvSchema;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.fewstep.schemas.Json;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Prints rows or one object in the format asked for. */
public final class Output {
  private final PrintStream out;
  private final OutputFormat format;

  Output(PrintStream out, OutputFormat format) {
    this.out = out;
    this.format = format;
  }

  OutputFormat format() {
    return format;
  }

  /** Prints rows that all have the same columns; {@code whole} is what JSON and YAML show. */
  public void rows(List<String> columns, List<Map<String, String>> rows, JsonNode whole) {
    switch (format) {
      case table -> out.print(table(columns, rows));
      case csv -> csv(columns, rows);
      case json, yaml -> object(whole);
    }
  }

  /** Prints one object; as a table, its fields one a line. */
  void object(JsonNode value) {
    try {
      switch (format) {
        case json ->
            out.println(Json.messages().writerWithDefaultPrettyPrinter().writeValueAsString(value));
        case yaml -> out.print(new YAMLMapper().writeValueAsString(value));
        case table, csv -> {
          List<Map<String, String>> rows = new ArrayList<>();
          value
              .properties()
              .forEach(
                  field ->
                      rows.add(
                          Map.of(
                              "field",
                              field.getKey(),
                              "value",
                              field.getValue().isValueNode()
                                  ? field.getValue().asText()
                                  : field.getValue().toString())));
          List<String> columns = List.of("field", "value");
          if (format == OutputFormat.csv) {
            csv(columns, rows);
          } else {
            out.print(table(columns, rows));
          }
        }
      }
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  private void csv(List<String> columns, List<Map<String, String>> rows) {
    CsvSchema.Builder schema = CsvSchema.builder().setUseHeader(true);
    columns.forEach(schema::addColumn);
    try {
      List<Map<String, String>> ordered = new ArrayList<>();
      for (Map<String, String> row : rows) {
        Map<String, String> line = new LinkedHashMap<>();
        columns.forEach(column -> line.put(column, row.getOrDefault(column, "")));
        ordered.add(line);
      }
      out.print(new CsvMapper().writer(schema.build()).writeValueAsString(ordered));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A table with aligned columns; columns whose cells are all numbers are right-aligned. */
  static String table(List<String> columns, List<Map<String, String>> rows) {
    StringBuilder text = new StringBuilder();
    int[] widths = new int[columns.size()];
    boolean[] numeric = new boolean[columns.size()];
    for (int i = 0; i < columns.size(); i++) {
      String column = columns.get(i);
      widths[i] = column.length();
      numeric[i] = !rows.isEmpty();
      for (Map<String, String> row : rows) {
        String cell = row.getOrDefault(column, "");
        widths[i] = Math.max(widths[i], cell.length());
        numeric[i] &=
            cell.isEmpty() || cell.equals("-") || cell.matches("[-+]?[0-9.,]+([eE][-+]?\\d+)?");
      }
    }
    line(text, columns, widths, numeric);
    for (Map<String, String> row : rows) {
      line(text, columns.stream().map(c -> row.getOrDefault(c, "")).toList(), widths, numeric);
    }
    return text.toString();
  }

  private static void line(
      StringBuilder text, List<String> cells, int[] widths, boolean[] numeric) {
    StringBuilder line = new StringBuilder();
    for (int i = 0; i < cells.size(); i++) {
      String pad = " ".repeat(widths[i] - cells.get(i).length());
      line.append(i == 0 ? "" : "  ").append(numeric[i] ? pad + cells.get(i) : cells.get(i) + pad);
    }
    text.append(line.toString().stripTrailing()).append('\n');
  }
}

package dev.fewstep.orchestrator.export;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fewstep.orchestrator.view.Column;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.List;

/**
 * Comma-separated values as RFC 4180 has them, in UTF-8 with a line of names. Numbers are written
 * as they are; a text that a spreadsheet would take for a formula gets an apostrophe before it.
 * What is not known is empty.
 */
final class CsvTable implements TableFormat {
  private static final String FORMULAS = "=+-@\t\r";

  @Override
  public String ending() {
    return "csv";
  }

  @Override
  public String mediaType() {
    return "text/csv; charset=utf-8; header=present";
  }

  @Override
  public void write(List<Column> columns, Iterator<List<JsonNode>> rows, OutputStream out)
      throws IOException {
    StringBuilder line = new StringBuilder();
    columns.forEach(column -> text(line, column.name()));
    end(line, out);
    while (rows.hasNext()) {
      for (JsonNode value : rows.next()) {
        if (value.isTextual()) {
          text(line, value.textValue());
        } else {
          line.append(value.isNull() ? "" : value.asText()).append(',');
        }
      }
      end(line, out);
    }
  }

  private static void text(StringBuilder line, String text) {
    boolean formula = !text.isEmpty() && FORMULAS.indexOf(text.charAt(0)) >= 0;
    boolean quoted =
        formula || text.chars().anyMatch(c -> c == ',' || c == '"' || c == '\r' || c == '\n');
    if (quoted) {
      line.append('"').append(formula ? "'" : "").append(text.replace("\"", "\"\"")).append('"');
    } else {
      line.append(text);
    }
    line.append(',');
  }

  private static void end(StringBuilder line, OutputStream out) throws IOException {
    line.setLength(line.length() - 1);
    out.write(line.append("\r\n").toString().getBytes(StandardCharsets.UTF_8));
    line.setLength(0);
  }
}

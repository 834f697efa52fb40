package dev.fewstep.orchestrator.export;

import blue.strategic.parquet.ParquetWriter;
import blue.strategic.parquet.ValueWriter;
import com.fasterxml.jackson.databind.JsonNode;
import dev.fewstep.orchestrator.view.Column;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.apache.parquet.schema.LogicalTypeAnnotation;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName;
import org.apache.parquet.schema.Type;
import org.apache.parquet.schema.Types;

/**
 * Apache Parquet: whole numbers are INT64, others DOUBLE, texts UTF-8; every column may be null.
 * Its end holds the places of its parts, so that it is made as a file first.
 */
final class ParquetTable implements TableFormat {
  @Override
  public String ending() {
    return "parquet";
  }

  @Override
  public String mediaType() {
    return "application/vnd.apache.parquet";
  }

  @Override
  public void write(List<Column> columns, Iterator<List<JsonNode>> rows, OutputStream out)
      throws IOException {
    Path file = Files.createTempFile("fewstep-export", ".parquet");
    try {
      try (ParquetWriter<List<JsonNode>> writer =
          ParquetWriter.writeFile(
              schema(columns), file.toFile(), (row, values) -> write(columns, row, values))) {
        while (rows.hasNext()) {
          writer.write(rows.next());
        }
      }
      Files.copy(file, out);
    } finally {
      Files.deleteIfExists(file);
    }
  }

  private static MessageType schema(List<Column> columns) {
    List<Type> fields = new ArrayList<>();
    for (Column column : columns) {
      fields.add(
          column.kind() == Column.Kind.NUMBER
              ? Types.optional(column.whole() ? PrimitiveTypeName.INT64 : PrimitiveTypeName.DOUBLE)
                  .named(column.name())
              : Types.optional(PrimitiveTypeName.BINARY)
                  .as(LogicalTypeAnnotation.stringType())
                  .named(column.name()));
    }
    return new MessageType("trials", fields);
  }

  private static void write(List<Column> columns, List<JsonNode> row, ValueWriter values) {
    for (int i = 0; i < columns.size(); i++) {
      Column column = columns.get(i);
      JsonNode value = row.get(i);
      if (value.isNull()) {
        continue;
      }
      if (column.kind() != Column.Kind.NUMBER) {
        values.write(column.name(), value.asText());
      } else if (column.whole()) {
        values.write(column.name(), value.longValue());
      } else {
        values.write(column.name(), value.doubleValue());
      }
    }
  }
}

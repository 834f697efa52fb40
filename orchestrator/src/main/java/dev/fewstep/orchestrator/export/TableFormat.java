package dev.fewstep.orchestrator.export;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fewstep.orchestrator.view.Column;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Iterator;
import java.util.List;

/** A format of files that hold a table. */
public interface TableFormat {
  /** The format of a name: csv, json or parquet; csv for any other. */
  static TableFormat named(String name) {
    return switch (name) {
      case "json" -> new JsonTable();
      case "parquet" -> new ParquetTable();
      default -> new CsvTable();
    };
  }

  /** Ending of its files' names. */
  String ending();

  /** Its media type. */
  String mediaType();

  /**
   * Writes a table, row by row as they are asked for, and does not close the stream.
   *
   * @param rows values by column; null nodes for what is not known
   * @throws IOException when the stream takes no more
   */
  void write(List<Column> columns, Iterator<List<JsonNode>> rows, OutputStream out)
      throws IOException;
}

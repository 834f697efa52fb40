package dev.fewstep.orchestrator.export;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import dev.fewstep.orchestrator.view.Column;
import dev.fewstep.schemas.Json;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Iterator;
import java.util.List;

/** A JSON list of objects, one for each row; what is not known is null. */
final class JsonTable implements TableFormat {
  @Override
  public String ending() {
    return "json";
  }

  @Override
  public String mediaType() {
    return "application/json";
  }

  @Override
  public void write(List<Column> columns, Iterator<List<JsonNode>> rows, OutputStream out)
      throws IOException {
    try (JsonGenerator generator = Json.messages().getFactory().createGenerator(out)) {
      generator.disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);
      generator.writeStartArray();
      while (rows.hasNext()) {
        List<JsonNode> row = rows.next();
        generator.writeStartObject();
        for (int i = 0; i < columns.size(); i++) {
          generator.writeFieldName(columns.get(i).name());
          generator.writeTree(row.get(i));
        }
        generator.writeEndObject();
        generator.writeRaw('\n');
      }
      generator.writeEndArray();
    }
  }
}

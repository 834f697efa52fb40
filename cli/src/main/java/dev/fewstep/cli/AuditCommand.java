package dev.fewstep.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.fewstep.schemas.Json;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

@Command(
    name = "audit",
    mixinStandardHelpOptions = true,
    description = "Shows who asked a server for what may change something, the newest first.")
final class AuditCommand implements Callable<Integer> {
  private static final List<String> COLUMNS =
      List.of("at", "caller", "token", "operation", "target", "status", "from");
  private static final int PAGE = 1000;

  @ParentCommand private Main main;
  @Mixin private ServerOptions server;
  @Mixin private OutputOptions output;

  @Option(names = "--limit", paramLabel = "N", description = "how many at most (default 100)")
  private int limit = 100;

  @Override
  public Integer call() {
    if (limit < 1 || limit > 100_000) {
      throw CliException.usage("--limit must be 1 to 100000, not " + limit);
    }
    ApiClient client = server.client(main.settings());
    ArrayNode items = Json.messages().createArrayNode();
    String after = "";
    do {
      String page = "/api/v1/audit?limit=" + Math.min(PAGE, limit - items.size());
      JsonNode found = client.get(after.isEmpty() ? page : page + "&after=" + after);
      found.path("items").forEach(items::add);
      after = found.path("next").asText();
    } while (!after.isEmpty() && items.size() < limit);
    List<Map<String, String>> rows = new ArrayList<>();
    for (JsonNode item : items) {
      Map<String, String> row = new HashMap<>();
      COLUMNS.forEach(column -> row.put(column, item.path(column).asText()));
      row.put("token", item.path("tokenId").asText());
      rows.add(row);
    }
    output.output(main).rows(COLUMNS, rows, items);
    return ExitCodes.OK;
  }
}

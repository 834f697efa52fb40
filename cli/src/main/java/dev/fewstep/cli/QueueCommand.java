package dev.fewstep.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.ParentCommand;

@Command(
    name = "queue",
    mixinStandardHelpOptions = true,
    description = "Shows what waits for which devices, and why.")
final class QueueCommand implements Callable<Integer> {
  private static final List<String> COLUMNS =
      List.of("class", "idle", "project", "waiting", "running", "reason", "tasks", "text");

  @ParentCommand private Main main;
  @Mixin private ServerOptions server;
  @Mixin private OutputOptions output;

  @Override
  public Integer call() {
    JsonNode classes = server.client(main.settings()).get("/api/v1/queue").path("classes");
    List<Map<String, String>> rows = new ArrayList<>();
    for (JsonNode one : classes) {
      String idle = one.path("idle").asText() + " of " + one.path("workers").asText();
      if (one.path("projects").isEmpty()) {
        rows.add(Map.of("class", one.path("name").asText(), "idle", idle));
      }
      for (JsonNode project : one.path("projects")) {
        if (project.path("reasons").isEmpty()) {
          rows.add(row(one, idle, project));
        }
        for (JsonNode reason : project.path("reasons")) {
          Map<String, String> row = row(one, idle, project);
          row.put("reason", reason.path("reason").asText());
          row.put("tasks", reason.path("count").asText());
          row.put("text", reason.path("text").asText());
          rows.add(row);
        }
      }
    }
    output.output(main).rows(COLUMNS, rows, classes);
    return ExitCodes.OK;
  }

  private static Map<String, String> row(JsonNode one, String idle, JsonNode project) {
    return new HashMap<>(
        Map.of(
            "class", one.path("name").asText(),
            "idle", idle,
            "project", project.path("name").asText(),
            "waiting", project.path("queued").asText(),
            "running", project.path("running").asText()));
  }
}

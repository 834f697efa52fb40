package dev.fewstep.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fewstep.schemas.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

@Command(
    name = "describe",
    mixinStandardHelpOptions = true,
    description = "Shows an experiment with its trials, or one task and why it waits.")
final class DescribeCommand implements Callable<Integer> {
  @ParentCommand private Main main;
  @Mixin private ServerOptions server;
  @Mixin private OutputOptions output;

  @Parameters(paramLabel = "ID", description = "id of an experiment, or key of a task")
  private String id;

  @Override
  public Integer call() {
    ApiClient client = server.client(main.settings());
    ObjectNode whole = Json.messages().createObjectNode();
    if (id.matches("[0-9a-f]{64}")) {
      whole.set("task", client.get("/api/v1/tasks/" + id));
      whole.set("explain", client.get("/api/v1/tasks/" + id + "/explain"));
      output.output(main).object(whole);
      return ExitCodes.OK;
    }
    JsonNode experiment = client.get("/api/v1/experiments/" + ApiClient.encode(id));
    if (output.format() == OutputFormat.table) {
      main.out()
          .printf(
              "%s  %s  %s trials  submitted %s%n%n",
              experiment.path("id").asText(),
              experiment.path("state").asText(),
              experiment.path("trials").asText(),
              experiment.path("submittedAt").asText());
      TrialTable.print(client, id, output.output(main));
      List<Map<String, String>> rows = new ArrayList<>();
      for (JsonNode task : client.all("/api/v1/tasks?experiment=" + ApiClient.encode(id))) {
        rows.add(
            Map.of(
                "task", task.path("key").asText().substring(0, 12),
                "kind", task.path("kind").asText(),
                "state", task.path("state").asText(),
                "attempt", task.path("attempt").asText(),
                "failure", task.path("failure").path("message").asText("")));
      }
      main.out().println();
      main.out().print(Output.table(List.of("task", "kind", "state", "attempt", "failure"), rows));
      return ExitCodes.OK;
    }
    whole.set("experiment", experiment);
    whole.set("trials", Json.toTree(TrialTable.fetch(client, id)));
    output.output(main).object(whole);
    return ExitCodes.OK;
  }
}

package dev.fewstep.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.fewstep.schemas.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

@Command(name = "ls", mixinStandardHelpOptions = true, description = "Lists the experiments.")
final class ListCommand implements Callable<Integer> {
  @ParentCommand private Main main;
  @Mixin private ServerOptions server;
  @Mixin private OutputOptions output;

  @Option(names = "--archived", description = "list the archived ones instead")
  private boolean archived;

  @Override
  public Integer call() {
    String path = archived ? "/api/v1/archive" : "/api/v1/experiments";
    List<Map<String, String>> rows = new ArrayList<>();
    ArrayNode all = Json.messages().createArrayNode();
    for (JsonNode item : server.client(main.settings()).all(path)) {
      all.add(item);
      rows.add(
          Map.of(
              "id", item.path("id").asText(),
              "project", item.path("project").asText(),
              "state", item.path("state").asText(),
              "trials", item.path("trials").asText(),
              "submitted", item.path("submittedAt").asText()));
    }
    output.output(main).rows(List.of("id", "project", "state", "trials", "submitted"), rows, all);
    return ExitCodes.OK;
  }
}

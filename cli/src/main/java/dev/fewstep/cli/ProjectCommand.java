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
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

@Command(
    name = "project",
    mixinStandardHelpOptions = true,
    description = "Shows and sets how projects share the devices.",
    subcommands = {ProjectCommand.ListProjects.class, ProjectCommand.SetProject.class})
final class ProjectCommand implements Callable<Integer> {
  private static final String PROJECTS = "/api/v1/projects";

  @ParentCommand private Main main;
  @Mixin private ServerOptions server;
  @Mixin private OutputOptions output;

  @Override
  public Integer call() {
    return list(main, server, output);
  }

  private static int list(Main main, ServerOptions server, OutputOptions output) {
    JsonNode items = server.client(main.settings()).get(PROJECTS).path("items");
    List<Map<String, String>> rows = new ArrayList<>();
    for (JsonNode item : items) {
      rows.add(
          Map.of(
              "project", item.path("name").asText(),
              "weight", item.path("weight").asText(),
              "devices", item.path("devices").asText(),
              "at most", bound(item.path("maxDevices").asInt()),
              "experiments", item.path("experiments").asText()));
    }
    output
        .output(main)
        .rows(List.of("project", "weight", "devices", "at most", "experiments"), rows, items);
    return ExitCodes.OK;
  }

  private static String bound(int devices) {
    return devices == 0 ? "-" : Integer.toString(devices);
  }

  @Command(
      name = "list",
      mixinStandardHelpOptions = true,
      description = "Lists the projects with their weights, bounds and the devices that they hold.")
  static final class ListProjects implements Callable<Integer> {
    @ParentCommand private ProjectCommand parent;
    @Mixin private ServerOptions server;
    @Mixin private OutputOptions output;

    @Override
    public Integer call() {
      return list(parent.main, server, output);
    }
  }

  @Command(
      name = "set",
      mixinStandardHelpOptions = true,
      description = "Sets a project's share; what is not given stays as it is.")
  static final class SetProject implements Callable<Integer> {
    @ParentCommand private ProjectCommand parent;
    @Mixin private ServerOptions server;
    @Mixin private OutputOptions output;
    @Mixin private IdempotencyOption idempotency;

    @Parameters(paramLabel = "NAME", description = "the project, as in metadata.project")
    private String name;

    @Option(
        names = "--weight",
        paramLabel = "W",
        description = "share in comparison with others, 0.001 to 1000; a project has 1 until set")
    private Double weight;

    @Option(
        names = "--devices",
        paramLabel = "N",
        description = "devices that its tasks hold at once; 0 for no bound")
    private Integer devices;

    @Override
    public Integer call() {
      if (weight == null && devices == null) {
        throw CliException.usage("say what to set: --weight, --devices or both");
      }
      ObjectNode body = Json.messages().createObjectNode();
      if (weight != null) {
        body.put("weight", weight);
      }
      if (devices != null) {
        body.put("maxDevices", devices);
      }
      Main main = parent.main;
      JsonNode answer =
          server
              .client(main.settings())
              .put(PROJECTS + "/" + ApiClient.encode(name), body.toString(), idempotency.key());
      if (output.format() == OutputFormat.table) {
        int most = answer.path("maxDevices").asInt();
        main.out()
            .printf(
                "project %s: weight %s, %s%n",
                name,
                answer.path("weight").asText(),
                most == 0 ? "no bound on devices" : "at most " + Counted.of(most, "device"));
      } else {
        output.output(main).object(answer);
      }
      return ExitCodes.OK;
    }
  }
}

package dev.fewstep.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fewstep.schemas.Json;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

@Command(
    name = "artifacts",
    mixinStandardHelpOptions = true,
    description = "Lists, downloads and verifies what tasks made.",
    subcommands = {ArtifactsCommand.Ls.class, ArtifactsCommand.Get.class, VerifyCommand.class})
final class ArtifactsCommand {
  @ParentCommand private Main main;

  Main main() {
    return main;
  }

  private static List<ObjectNode> list(ApiClient client, String id) {
    List<JsonNode> tasks =
        id.matches("[0-9a-f]{64}")
            ? List.of(client.get("/api/v1/tasks/" + id))
            : client.all("/api/v1/tasks?experiment=" + ApiClient.encode(id));
    List<ObjectNode> artifacts = new ArrayList<>();
    for (JsonNode task : tasks) {
      for (JsonNode artifact : task.path("artifacts")) {
        ObjectNode item = artifact.deepCopy();
        item.put("task", task.path("key").asText());
        item.put("taskKind", task.path("kind").asText());
        artifacts.add(item);
      }
    }
    return artifacts;
  }

  @Command(name = "ls", mixinStandardHelpOptions = true, description = "Lists artifacts.")
  static final class Ls implements Callable<Integer> {
    @ParentCommand private ArtifactsCommand parent;
    @Mixin private ServerOptions server;
    @Mixin private OutputOptions output;

    @Parameters(paramLabel = "ID", description = "id of an experiment, or key of a task")
    private String id;

    @Override
    public Integer call() {
      ArrayNode whole = Json.messages().createArrayNode();
      List<Map<String, String>> rows = new ArrayList<>();
      for (ObjectNode artifact : list(server.client(parent.main.settings()), id)) {
        whole.add(artifact);
        rows.add(
            Map.of(
                "task", artifact.path("task").asText().substring(0, 12),
                "of", artifact.path("taskKind").asText(),
                "name", artifact.path("name").asText(),
                "bytes", artifact.path("bytes").asText(),
                "sha256", artifact.path("sha256").asText()));
      }
      output
          .output(parent.main)
          .rows(List.of("task", "of", "name", "bytes", "sha256"), rows, whole);
      return ExitCodes.OK;
    }
  }

  @Command(
      name = "get",
      mixinStandardHelpOptions = true,
      description = "Downloads artifacts of an experiment or a task.")
  static final class Get implements Callable<Integer> {
    @ParentCommand private ArtifactsCommand parent;
    @Mixin private ServerOptions server;

    @Parameters(index = "0", paramLabel = "ID", description = "experiment id or task key")
    private String id;

    @Parameters(
        index = "1",
        arity = "0..1",
        paramLabel = "NAME",
        description = "only artifacts of this name, such as weights.safetensors")
    private String name;

    @Option(
        names = {"-d", "--directory"},
        paramLabel = "DIR",
        defaultValue = ".",
        description = "where to put them (default: here), in one folder a task")
    private Path directory;

    @Override
    public Integer call() throws Exception {
      ApiClient client = server.client(parent.main.settings());
      int count = 0;
      for (ObjectNode artifact : list(client, id)) {
        String file = Path.of(artifact.path("name").asText()).getFileName().toString();
        if (Optional.ofNullable(name).filter(wanted -> !wanted.equals(file)).isPresent()) {
          continue;
        }
        Path folder = directory.resolve(artifact.path("task").asText().substring(0, 12));
        Files.createDirectories(folder);
        Path target = folder.resolve(file);
        client.download("/api/v1/artifacts/" + artifact.path("sha256").asText(), target);
        parent.main.err().println(target);
        count++;
      }
      if (count == 0) {
        throw CliException.usage("there is no such artifact under " + id);
      }
      return ExitCodes.OK;
    }
  }
}

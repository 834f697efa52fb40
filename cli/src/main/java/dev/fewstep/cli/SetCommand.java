package dev.fewstep.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fewstep.schemas.Json;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

@Command(
    name = "set",
    mixinStandardHelpOptions = true,
    description = "Changes how an experiment shares the devices from now on.")
final class SetCommand implements Callable<Integer> {
  @ParentCommand private Main main;
  @Mixin private VerbOptions verb;

  @Option(names = "--priority", paramLabel = "0..100", description = "higher goes first")
  private Integer priority;

  @Option(
      names = "--max-parallel",
      paramLabel = "N",
      description = "tasks that run at once; 0 for no bound")
  private Integer maxParallel;

  @Override
  public Integer call() {
    if (priority == null && maxParallel == null) {
      throw CliException.usage("say what to set: --priority, --max-parallel or both");
    }
    ObjectNode body = Json.messages().createObjectNode();
    StringBuilder said = new StringBuilder();
    if (priority != null) {
      body.put("priority", priority);
      said.append(" priority ").append(priority);
    }
    if (maxParallel != null) {
      body.put("maxParallel", maxParallel);
      said.append(said.isEmpty() ? "" : ",")
          .append(" max-parallel ")
          .append(maxParallel == 0 ? "unbounded" : maxParallel);
    }
    JsonNode answer = verb.ask(main, "set", body);
    verb.print(main, answer, verb.id() + ":" + said);
    return ExitCodes.OK;
  }
}

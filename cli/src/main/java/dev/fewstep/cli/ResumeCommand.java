package dev.fewstep.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fewstep.schemas.Json;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.ParentCommand;

@Command(
    name = "resume",
    mixinStandardHelpOptions = true,
    description = "Lets a paused experiment go on.")
final class ResumeCommand implements Callable<Integer> {
  @ParentCommand private Main main;
  @Mixin private VerbOptions verb;

  @Override
  public Integer call() {
    JsonNode answer = verb.ask(main, "resume", Json.messages().createObjectNode());
    verb.print(main, answer, "resumed " + verb.id());
    return ExitCodes.OK;
  }
}

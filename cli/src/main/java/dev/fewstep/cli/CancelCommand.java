package dev.fewstep.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fewstep.schemas.Json;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.ParentCommand;

@Command(
    name = "cancel",
    mixinStandardHelpOptions = true,
    description = "Withdraws what is left of an experiment; results stay.")
final class CancelCommand implements Callable<Integer> {
  @ParentCommand private Main main;
  @Mixin private VerbOptions verb;

  @Override
  public Integer call() {
    JsonNode answer = verb.ask(main, "cancel", Json.messages().createObjectNode());
    verb.print(main, answer, "cancelled " + verb.id());
    return ExitCodes.OK;
  }
}

package dev.fewstep.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fewstep.schemas.Json;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

@Command(
    name = "pause",
    mixinStandardHelpOptions = true,
    description = "Starts nothing more of an experiment until it is resumed.")
final class PauseCommand implements Callable<Integer> {
  @ParentCommand private Main main;
  @Mixin private VerbOptions verb;

  @Option(
      names = "--now",
      description = "also ask running tasks to checkpoint and hand themselves back")
  private boolean now;

  @Override
  public Integer call() {
    JsonNode answer =
        verb.ask(main, "pause", Json.messages().createObjectNode().put("handBack", now));
    int asked = answer.path("handedBack").asInt();
    verb.print(
        main,
        answer,
        "paused "
            + verb.id()
            + ": "
            + (now
                ? Counted.of(asked, "running task") + " asked to checkpoint and hand back"
                : "what runs goes on, nothing more is started"));
    return ExitCodes.OK;
  }
}

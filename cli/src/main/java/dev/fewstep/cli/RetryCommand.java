package dev.fewstep.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fewstep.schemas.Json;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

@Command(
    name = "retry",
    mixinStandardHelpOptions = true,
    description = "Begins every failed task of an experiment anew, with a whole retry budget.")
final class RetryCommand implements Callable<Integer> {
  @ParentCommand private Main main;
  @Mixin private VerbOptions verb;

  @Option(
      names = "--failed",
      required = true,
      description = "what is retried: the tasks that have failed so far")
  private boolean failed;

  @Override
  public Integer call() {
    if (!failed) {
      throw CliException.usage("only --failed tasks can be retried");
    }
    JsonNode answer = verb.ask(main, "retry", Json.messages().createObjectNode());
    int tasks = answer.path("tasks").asInt();
    verb.print(
        main,
        answer,
        tasks == 0
            ? "nothing of " + verb.id() + " has failed"
            : "retries " + Counted.of(tasks, "failed task") + " of " + verb.id());
    return ExitCodes.OK;
  }
}

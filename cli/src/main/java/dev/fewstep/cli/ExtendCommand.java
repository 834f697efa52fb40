package dev.fewstep.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fewstep.schemas.Json;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

@Command(
    name = "extend",
    mixinStandardHelpOptions = true,
    description = {
      "Finetunes the trials of an experiment further: each goes on from its last checkpoint, with the",
      "result that it would have from the start. Prints the id of the longer experiment."
    })
final class ExtendCommand implements Callable<Integer> {
  @ParentCommand private Main main;
  @Mixin private DerivedExperiment derived;

  @Option(
      names = "--iterations",
      required = true,
      paramLabel = "+N",
      description = "how many iterations more; +0 with --all for no longer trainings")
  private String iterations;

  @Option(
      names = "--all",
      description = "train every trial to the end, those too that halving has stopped")
  private boolean all;

  @Option(names = "--name", paramLabel = "NAME", description = "name of the longer experiment")
  private String name;

  @Override
  public Integer call() {
    if (!iterations.matches("\\+\\d{1,9}")) {
      throw CliException.usage(
          "--iterations says how many more, such as +50, and not '" + iterations + "'");
    }
    ObjectNode body =
        Json.messages()
            .createObjectNode()
            .put("iterations", Integer.parseInt(iterations.substring(1)));
    if (all) {
      body.put("all", true);
    }
    if (name != null) {
      body.put("name", name);
    }
    return derived.submit(main, "extend", "application/json", body.toString(), false);
  }
}

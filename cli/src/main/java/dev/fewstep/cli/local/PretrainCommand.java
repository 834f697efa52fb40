package dev.fewstep.cli.local;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fewstep.cli.CliException;
import dev.fewstep.cli.Main;
import dev.fewstep.schemas.Json;
import dev.fewstep.schemas.spec.PretrainSpec;
import dev.fewstep.schemas.task.PretrainTask;
import dev.fewstep.worker.task.program.TaskResult;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/** Trains a base model. */
@Command(
    name = "pretrain",
    mixinStandardHelpOptions = true,
    description = {
      "Trains a denoiser from scratch (DDPM), here and without a server.",
      "The file has dataset, network, training and seed: see "
          + "models/fashion-mnist/ddpm/pretrain.yaml."
    })
public final class PretrainCommand implements Callable<Integer> {
  @ParentCommand private Main main;
  @Mixin private LocalInputs inputs;

  @Parameters(paramLabel = "FILE", description = "what to train")
  private Path file;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      required = true,
      description = "where weights, curve and sheet go")
  private Path out;

  @Option(names = "--resume", description = "go on from the checkpoint of an interrupted run")
  private boolean resume;

  @Override
  public Integer call() throws IOException {
    JsonNode tree = LocalInputs.tree(file);
    if (!tree.path("dataset").isTextual()) {
      throw CliException.usage(file + ": dataset: expected the name of an input");
    }
    String dataset = tree.path("dataset").asText();
    PretrainSpec spec = spec(tree.deepCopy());
    inputs.load(Set.of(dataset), main.datasetCache());
    TaskResult result =
        new LocalRun(main, out)
            .run(
                new PretrainTask(
                    inputs.source(dataset), spec.network(), spec.training(), spec.seed()),
                inputs.files(),
                resume);
    result.scores().forEach((name, value) -> main.out().printf("%s %s%n", name, value));
    return 0;
  }

  private PretrainSpec spec(ObjectNode tree) {
    tree.remove("dataset");
    try {
      return Json.specs().treeToValue(tree, PretrainSpec.class);
    } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
      throw CliException.usage(file + ": " + e.getOriginalMessage(), e);
    }
  }
}

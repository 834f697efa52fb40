package dev.fewstep.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fewstep.cli.weights.Catalogue;
import dev.fewstep.cli.weights.WeightsConversion;
import dev.fewstep.cli.weights.WeightsConversion.Converted;
import dev.fewstep.schemas.Json;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

@Command(
    name = "convert",
    mixinStandardHelpOptions = true,
    description = {
      "Turns a checkpoint into weights that fewstep loads (.safetensors with the "
          + "network's specification), or any file of tensors into .pth, .npz or plain "
          + ".safetensors.",
      "Needs no server."
    })
final class ConvertCommand implements Callable<Integer> {
  @ParentCommand private Main main;
  @Mixin private OutputOptions output;
  @Mixin private SourceOptions source;
  @Mixin private WeightsOptions weights;

  @Parameters(
      index = "0",
      paramLabel = "SOURCE",
      description = "a file, http(s)://…, s3://BUCKET/KEY or catalogue:NAME")
  private String from;

  @Parameters(index = "1", paramLabel = "TARGET", description = ".safetensors, .pth or .npz")
  private Path to;

  @Option(
      names = "--tensors-only",
      description = "keep names and tensors as they are, without looking for a network")
  private boolean tensorsOnly;

  @Override
  public Integer call() throws IOException {
    Path file = source.local(main, from);
    Optional<Catalogue.Entry> entry = SourceOptions.entry(from);
    Optional<String> select = weights.select().or(() -> entry.flatMap(Catalogue.Entry::select));
    ObjectNode result = Json.messages().createObjectNode();
    result.put("file", to.toString());
    if (tensorsOnly || !to.toString().endsWith(".safetensors")) {
      result.put("tensors", WeightsConversion.rewrite(file, select, to));
    } else {
      main.useCache();
      main.trustScripts(true);
      Converted converted =
          WeightsConversion.convert(
              file, select, weights.hints(), entry.flatMap(Catalogue.Entry::network), to);
      result.put("from", converted.path().isEmpty() ? "/" : converted.path());
      result.put("tensors", converted.tensors());
      result.put("parameters", converted.parameters());
      result.set("network", Json.messages().valueToTree(converted.network()));
    }
    output.output(main).object(result);
    return ExitCodes.OK;
  }
}

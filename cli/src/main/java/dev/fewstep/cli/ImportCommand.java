package dev.fewstep.cli;

import dev.fewstep.schemas.ArtifactKind;
import dev.fewstep.schemas.Json;
import dev.fewstep.worker.data.ImageFolder;
import dev.fewstep.worker.data.ImageShape;
import dev.fewstep.worker.data.source.ImportedDataset;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

@Command(
    name = "import",
    mixinStandardHelpOptions = true,
    description = {
      "Uploads a dataset, weights or a feature extractor and gives it the name by which experiments",
      "refer to it."
    })
final class ImportCommand implements Callable<Integer> {
  @ParentCommand private Main main;
  @Mixin private ServerOptions server;
  @Mixin private OutputOptions output;
  @Mixin private DatasetOptions conversion;

  @Parameters(arity = "0..1", paramLabel = "NAME", description = "name of the input")
  private String name;

  @ArgGroup(multiplicity = "1")
  private What what;

  @Option(
      names = "--shape",
      paramLabel = "C,H,W",
      split = ",",
      description = "shape of a folder's images, such as 1,28,28")
  private int[] shape;

  static final class What {
    @Option(
        names = "--dataset",
        paramLabel = "PATH",
        description =
            "IDX images (labels beside them are found), .npz, or any dataset that a --recipe reads:"
                + " folder, .zip, .tar, .tar.gz, shards, data.mdb")
    private Path dataset;

    @Option(names = "--weights", paramLabel = "FILE", description = ".safetensors of fewstep's")
    private Path weights;

    @Option(
        names = "--extractor",
        paramLabel = "FILE",
        description =
            ".safetensors of fewstep's, .pth of a known network, or TorchScript, which is code")
    private Path extractor;

    @Option(
        names = "--bundle",
        paramLabel = "FILE",
        description = "YAML list of inputs, such as models/fashion-mnist/inputs.yaml")
    private Path bundle;
  }

  @Override
  public Integer call() throws IOException {
    if (conversion.to().isPresent()) {
      return convert(conversion.to().get());
    }
    ApiClient client = server.client(main.settings());
    Path cache = main.settings().path(Setting.CACHE_DIR).resolve("datasets");
    if (what.bundle != null) {
      InputBundle.read(what.bundle).register(client, cache, main.err()::println);
      return ExitCodes.OK;
    }
    if (name == null) {
      throw CliException.usage("give the input a name: fewstep import NAME --dataset PATH");
    }
    output.output(main).object(InputBundle.register(client, name, file(cache)));
    return ExitCodes.OK;
  }

  /** Whether the dataset is one for {@link DatasetOptions}: asked for, or nothing else reads it. */
  private boolean converts() {
    String path = what.dataset.toString().toLowerCase(Locale.ROOT);
    boolean archive = path.matches(".*\\.(zip|tar|tgz|tar\\.gz|mdb)");
    return conversion.any() || archive || (shape == null && Files.isDirectory(what.dataset));
  }

  private Integer convert(Path target) throws IOException {
    if (what.dataset == null) {
      throw CliException.usage("--to writes a dataset: fewstep import --dataset PATH --to FILE");
    }
    ImportedDataset made = conversion.convert(main, what.dataset, target);
    Map<String, Object> shown = new LinkedHashMap<>();
    shown.put("file", made.file().toString());
    shown.put("images", made.images());
    shown.put("shape", made.shape().toString());
    shown.put("content", made.contentDigest());
    shown.put("source", made.sourceDigest());
    output.output(main).object(Json.messages().valueToTree(shown));
    return ExitCodes.OK;
  }

  private InputFile file(Path cache) throws IOException {
    if (what.dataset != null && converts()) {
      Path target = cache.resolve(name + ".npz");
      conversion.convert(main, what.dataset, target);
      return InputFile.of(ArtifactKind.DATASET, target);
    }
    if (what.dataset != null) {
      Optional<ImageFolder.Options> folder = Optional.empty();
      if (Files.isDirectory(what.dataset)) {
        if (shape == null || shape.length != 3) {
          throw CliException.usage(
              what.dataset
                  + " is a folder: say which shape its images have, such as --shape 3,32,32");
        }
        folder =
            Optional.of(
                new ImageFolder.Options(
                    new ImageShape(shape[0], shape[1], shape[2]), true, ImageFolder.Fit.EXACT));
      }
      return InputFile.dataset(what.dataset, folder, cache);
    }
    return what.weights != null
        ? InputFile.of(ArtifactKind.WEIGHTS, what.weights)
        : InputFile.of(ArtifactKind.EXTRACTOR, what.extractor);
  }
}

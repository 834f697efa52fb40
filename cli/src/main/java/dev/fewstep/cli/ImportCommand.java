package dev.fewstep.cli;

import dev.fewstep.cli.weights.Catalogue;
import dev.fewstep.cli.weights.WeightsConversion;
import dev.fewstep.schemas.ArtifactKind;
import dev.fewstep.schemas.Digests;
import dev.fewstep.schemas.Json;
import dev.fewstep.worker.data.ImageFolder;
import dev.fewstep.worker.data.ImageShape;
import dev.fewstep.worker.data.source.ImportedDataset;
import dev.fewstep.worker.evaluation.FeatureStatistics;
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
      "Uploads a dataset, weights or a feature extractor and gives it the name by which "
          + "experiments refer to it.",
      "A SOURCE is a path, http(s)://…, s3://BUCKET/KEY or catalogue:NAME; a checkpoint "
          + "is turned into weights that fewstep loads. 'fewstep convert' does that without a "
          + "server."
    })
final class ImportCommand implements Callable<Integer> {
  @ParentCommand private Main main;
  @Mixin private ServerOptions server;
  @Mixin private OutputOptions output;
  @Mixin private DatasetOptions conversion;
  @Mixin private SourceOptions sources;
  @Mixin private WeightsOptions weightsOptions;

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
        paramLabel = "SOURCE",
        description =
            "IDX images (labels beside them are found), .npz, or any dataset that a --recipe reads:"
                + " folder, .zip, .tar, .tar.gz, shards, data.mdb")
    private String dataset;

    @Option(
        names = "--weights",
        paramLabel = "SOURCE",
        description = ".safetensors of fewstep's, or a checkpoint, which is converted first")
    private String weights;

    @Option(
        names = "--extractor",
        paramLabel = "SOURCE",
        description =
            ".safetensors of fewstep's, .pth of a known network, or TorchScript, which is code")
    private String extractor;

    @Option(
        names = "--from",
        paramLabel = "catalogue:NAME",
        description = "a well-known checkpoint, see 'fewstep catalogue'")
    private String from;

    @Option(
        names = "--statistics",
        paramLabel = "FILE",
        description =
            "mean and covariance of real features, .npz with mu and sigma, as pytorch-fid, clean-fid"
                + " and 'fewstep metrics --save-statistics' write them")
    private Path statistics;

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
  private boolean converts(Path dataset) {
    String path = dataset.toString().toLowerCase(Locale.ROOT);
    boolean archive = path.matches(".*\\.(zip|tar|tgz|tar\\.gz|mdb)");
    return conversion.any() || archive || (shape == null && Files.isDirectory(dataset));
  }

  private Integer convert(Path target) throws IOException {
    if (what.dataset == null) {
      throw CliException.usage("--to writes a dataset: fewstep import --dataset PATH --to FILE");
    }
    ImportedDataset made = conversion.convert(main, sources.local(main, what.dataset), target);
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
    if (what.statistics != null) {
      FeatureStatistics.load(what.statistics); // refused here rather than by every evaluation
      return InputFile.of(ArtifactKind.STATISTICS, what.statistics);
    }
    if (what.dataset != null) {
      return dataset(sources.local(main, what.dataset), cache);
    }
    if (what.from != null && SourceOptions.entry(what.from).isEmpty()) {
      throw CliException.usage("--from takes catalogue:NAME, see 'fewstep catalogue'");
    }
    String source =
        what.from != null ? what.from : what.weights != null ? what.weights : what.extractor;
    Optional<Catalogue.Entry> entry = SourceOptions.entry(source);
    ArtifactKind kind =
        what.weights != null
            ? ArtifactKind.WEIGHTS
            : what.extractor != null ? ArtifactKind.EXTRACTOR : entry.orElseThrow().kind();
    if (entry.isPresent() && entry.get().kind() != kind) {
      throw CliException.usage(source + " is of the kind " + entry.get().kind() + ", not " + kind);
    }
    Path file = sources.local(main, source);
    return InputFile.of(kind, kind == ArtifactKind.WEIGHTS ? weights(file, entry) : file);
  }

  /** Weights in the form that fewstep loads; converted ones are kept below the cache directory. */
  private Path weights(Path file, Optional<Catalogue.Entry> entry) throws IOException {
    if (entry.isEmpty() && !weightsOptions.given() && WeightsConversion.isCanonical(file)) {
      return file;
    }
    main.useCache();
    main.trustScripts(true);
    Path target =
        main.settings()
            .path(Setting.CACHE_DIR)
            .resolve("weights")
            .resolve(Digests.sha256Hex(name + "/" + file.toAbsolutePath()) + ".safetensors");
    WeightsConversion.Converted converted =
        WeightsConversion.convert(
            file,
            weightsOptions.select().or(() -> entry.flatMap(Catalogue.Entry::select)),
            weightsOptions.hints(),
            entry.flatMap(Catalogue.Entry::network),
            target);
    main.err()
        .printf(
            "took %d tensors (%,d parameters) from %s%s%n",
            converted.tensors(),
            converted.parameters(),
            file,
            converted.path().isEmpty() ? "" : " at " + converted.path());
    return target;
  }

  private InputFile dataset(Path source, Path cache) throws IOException {
    if (converts(source)) {
      Path target = cache.resolve(name + ".npz");
      conversion.convert(main, source, target);
      return InputFile.of(ArtifactKind.DATASET, target);
    }
    Optional<ImageFolder.Options> folder = Optional.empty();
    if (Files.isDirectory(source)) {
      if (shape == null || shape.length != 3) {
        throw CliException.usage(
            source + " is a folder: say which shape its images have, such as --shape 3,32,32");
      }
      folder =
          Optional.of(
              new ImageFolder.Options(
                  new ImageShape(shape[0], shape[1], shape[2]), true, ImageFolder.Fit.EXACT));
    }
    return InputFile.dataset(source, folder, cache);
  }
}

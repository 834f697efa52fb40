package dev.fewstep.cli;

import dev.fewstep.schemas.Json;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

@Command(
    name = "export",
    mixinStandardHelpOptions = true,
    description = {
      "Writes an experiment into one file, into a folder for TensorBoard, or to an MLflow server.",
      "A package (.tar) holds all of an ended experiment; 'fewstep import-experiment' takes it into "
          + "another installation. TensorBoard reads what tasks have shown: "
          + "tensorboard --logdir FOLDER. MLflow gets a run for each trial; exporting again adds what has "
          + "ended since. The other formats hold the table of its trials."
    })
final class ExportCommand implements Callable<Integer> {
  @ParentCommand private Main main;
  @Mixin private ServerOptions server;
  @Mixin private OutputOptions output;

  @Parameters(paramLabel = "ID", description = "id of an experiment")
  private String id;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description = "where to write it (default: here, under the experiment's name)")
  private Path out;

  @Option(
      names = "--format",
      paramLabel = "FORMAT",
      defaultValue = "package",
      description = "${COMPLETION-CANDIDATES} (default: package)")
  private Format format;

  @Option(
      names = "--artifacts",
      paramLabel = "WHICH",
      defaultValue = "all",
      description =
          "in a package, which files of its tasks: ${COMPLETION-CANDIDATES} (default: all); results "
              + "are scores, curves, pictures and logs, records the numbers alone")
  private Which artifacts;

  @Option(
      names = "--no-inputs",
      description = "in a package, only the digests of datasets, weights and extractors")
  private boolean noInputs;

  @Option(
      names = "--origin",
      paramLabel = "NAME",
      description = "in a package, what to call this installation (default: its address)")
  private String origin;

  @Option(
      names = "--tracking-uri",
      paramLabel = "URL",
      description = "of MLflow's tracking server (default: MLFLOW_TRACKING_URI)")
  private String trackingUri;

  /** What is written. */
  enum Format {
    /** All of it. */
    PACKAGE("package", "fewstep.tar"),
    /** Event files in a folder. */
    TENSORBOARD("tensorboard", "tensorboard"),
    /** Runs of a tracking server. */
    MLFLOW("mlflow", ""),
    /** Its trials. */
    CSV("csv", "csv"),
    /** Its trials. */
    JSON("json", "json"),
    /** Its trials. */
    PARQUET("parquet", "parquet");

    private final String text;
    private final String ending;

    Format(String text, String ending) {
      this.text = text;
      this.ending = ending;
    }

    @Override
    public String toString() {
      return text;
    }
  }

  /** Which files of tasks. */
  enum Which {
    /** All but checkpoints. */
    ALL,
    /** What people look at. */
    RESULTS,
    /** None. */
    RECORDS;

    @Override
    public String toString() {
      return name().toLowerCase(java.util.Locale.ROOT);
    }
  }

  @Override
  public Integer call() throws java.io.IOException {
    Path target = Optional.ofNullable(out).orElseGet(() -> Path.of(id + "." + format.ending));
    Map<String, String> parameters = new LinkedHashMap<>();
    if (format == Format.TENSORBOARD) {
      return tensorBoard(target);
    } else if (format == Format.MLFLOW) {
      return mlflow();
    } else if (format == Format.PACKAGE) {
      parameters.put("artifacts", artifacts.toString());
      parameters.put("inputs", Boolean.toString(!noInputs));
      Optional.ofNullable(origin).ifPresent(name -> parameters.put("origin", name));
    } else {
      parameters.put("format", format.toString());
    }
    server
        .client(main.settings())
        .download(
            "/api/v1/experiments/"
                + ApiClient.encode(id)
                + (format == Format.PACKAGE ? "/package" : "/export")
                + ApiClient.query(parameters),
            target);
    output.output(main).object(Written.of(id, target, Files.size(target)));
    return ExitCodes.OK;
  }

  private int mlflow() {
    if (out != null) {
      throw CliException.usage("--out: MLflow's runs go to --tracking-uri, not into a file");
    }
    String address =
        Optional.ofNullable(trackingUri)
            .or(() -> Optional.ofNullable(main.environment().get("MLFLOW_TRACKING_URI")))
            .orElseThrow(
                () ->
                    CliException.usage(
                        "where to? Say --tracking-uri, such as http://127.0.0.1:5000, or set"
                            + " MLFLOW_TRACKING_URI"));
    try (WorkBar bar = new WorkBar(main)) {
      MlflowExport.Exported done =
          new MlflowExport(
                  server.client(main.settings()),
                  new MlflowClient(address, main.environment()),
                  bar)
              .export(id);
      output
          .output(main)
          .object(
              Json.messages()
                  .createObjectNode()
                  .put("of", id)
                  .put("trackingUri", address)
                  .put("experiment", done.experimentId())
                  .put("written", done.written())
                  .put("alreadyThere", done.there()));
    }
    return ExitCodes.OK;
  }

  private int tensorBoard(Path folder) throws java.io.IOException {
    Path archive = Files.createTempFile("fewstep", ".tensorboard.tar");
    try {
      server
          .client(main.settings())
          .download("/api/v1/experiments/" + ApiClient.encode(id) + "/tensorboard", archive);
      long bytes = EventFolders.unpack(archive, folder);
      output.output(main).object(Written.of(id, folder, bytes));
      return ExitCodes.OK;
    } finally {
      Files.deleteIfExists(archive);
    }
  }
}

package dev.fewstep.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

@Command(
    name = "results",
    mixinStandardHelpOptions = true,
    description = {
      "Writes the scores of many experiments into one table, for pandas, DuckDB or a spreadsheet.",
      "A row is a trial, a feature space and a metric; the columns are the same for every grid."
    })
final class ResultsCommand implements Callable<Integer> {
  @ParentCommand private Main main;
  @Mixin private ServerOptions server;
  @Mixin private OutputOptions output;

  @Option(
      names = "--project",
      paramLabel = "NAME",
      description = "only experiments of this project (default: all)")
  private String project;

  @Option(
      names = "--no-archived",
      description = "without archived experiments, imported ones among them")
  private boolean noArchived;

  @Option(
      names = "--format",
      paramLabel = "FORMAT",
      defaultValue = "csv",
      description = "${COMPLETION-CANDIDATES} (default: csv)")
  private Format format;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description = "where to write it (default: results.FORMAT)")
  private Path out;

  /** What is written. */
  enum Format {
    /** RFC 4180. */
    csv,
    /** A list of objects. */
    json,
    /** Apache Parquet. */
    parquet
  }

  @Override
  public Integer call() throws IOException {
    Path target = Optional.ofNullable(out).orElseGet(() -> Path.of("results." + format));
    Map<String, String> parameters = new LinkedHashMap<>();
    parameters.put("format", format.toString());
    parameters.put("archived", Boolean.toString(!noArchived));
    Optional.ofNullable(project).ifPresent(name -> parameters.put("project", name));
    server
        .client(main.settings())
        .download("/api/v1/results" + ApiClient.query(parameters), target);
    output
        .output(main)
        .object(Written.of(project == null ? "all projects" : project, target, Files.size(target)));
    return ExitCodes.OK;
  }
}

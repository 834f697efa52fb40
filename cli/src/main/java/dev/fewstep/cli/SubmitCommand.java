package dev.fewstep.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

@Command(
    name = "submit",
    mixinStandardHelpOptions = true,
    description = "Submits an experiment and prints its id.")
final class SubmitCommand implements Callable<Integer> {
  @ParentCommand private Main main;
  @Mixin private ServerOptions server;
  @Mixin private OutputOptions output;

  @Parameters(paramLabel = "FILE", description = "experiment in YAML or JSON; - for standard input")
  private Path file;

  @Option(names = "--watch", description = "follow it to its end; exit 1 when a trial failed")
  private boolean watch;

  @Option(
      names = "--timeout",
      paramLabel = "DURATION",
      converter = DurationConverter.class,
      description = "how long to watch, such as 90s, 15m or 2h; exit 4 when it is over")
  private Duration timeout;

  @Option(
      names = "--idempotency-key",
      paramLabel = "UUID",
      description = "the same key twice submits once")
  private UUID idempotencyKey;

  @Override
  public Integer call() {
    ExperimentFile experiment = ExperimentFile.read(file);
    ApiClient client = server.client(main.settings());
    JsonNode created =
        client.post(
            "/api/v1/experiments",
            "application/yaml",
            experiment.text(),
            Optional.ofNullable(idempotencyKey).orElseGet(UUID::randomUUID));
    String id = created.path("id").asText();
    if (!watch) {
      if (output.format() == OutputFormat.table) {
        main.out().println(id);
      } else {
        output.output(main).object(created);
      }
      return ExitCodes.OK;
    }
    main.err().println("submitted " + id);
    boolean succeeded =
        new Watch(client, main.err(), main.terminal()).follow(id, Optional.ofNullable(timeout));
    TrialTable.print(client, id, output.output(main));
    return succeeded ? ExitCodes.OK : ExitCodes.FAILED;
  }
}

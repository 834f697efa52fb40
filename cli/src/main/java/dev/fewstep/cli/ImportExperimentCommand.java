package dev.fewstep.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

@Command(
    name = "import-experiment",
    mixinStandardHelpOptions = true,
    description = {
      "Takes in an experiment that 'fewstep export' of another installation wrote.",
      "It is archived here from the first ('fewstep ls --archived'), and its results serve equal "
          + "tasks. Import only files of people whose results you believe. Importing the same file "
          + "again changes nothing."
    })
final class ImportExperimentCommand implements Callable<Integer> {
  private static final int ASKED_AT_MOST = 3;

  @ParentCommand private Main main;
  @Mixin private ServerOptions server;
  @Mixin private OutputOptions output;

  @Parameters(paramLabel = "FILE", description = "a package")
  private Path file;

  @Option(
      names = "--idempotency-key",
      paramLabel = "UUID",
      description = "the same key twice asks once, and answers the same")
  private UUID idempotencyKey;

  @Override
  public Integer call() {
    ApiClient client = server.client(main.settings());
    UUID key = Optional.ofNullable(idempotencyKey).orElseGet(UUID::randomUUID);
    for (int asked = 0; asked < ASKED_AT_MOST; asked++) {
      JsonNode answer = client.send("/api/v1/imports", "application/x-tar", file, key);
      if (!answer.has("commandId")) {
        output.output(main).object(answer);
        return ExitCodes.OK;
      }
    }
    throw CliException.timeout(
        "nothing is decided yet: no orchestrator leads. Ask again with --idempotency-key " + key);
  }
}

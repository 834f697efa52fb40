package dev.fewstep.cli;

import java.util.UUID;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

@Command(
    name = "cancel",
    mixinStandardHelpOptions = true,
    description = "Withdraws what is left of an experiment.")
final class CancelCommand implements Callable<Integer> {
  @ParentCommand private Main main;
  @Mixin private ServerOptions server;

  @Parameters(paramLabel = "ID", description = "id of an experiment")
  private String id;

  @Override
  public Integer call() {
    server
        .client(main.settings())
        .post(
            "/api/v1/experiments/" + ApiClient.encode(id) + ":cancel",
            "application/json",
            "{}",
            UUID.randomUUID());
    main.err().println("cancelled " + id);
    return ExitCodes.OK;
  }
}

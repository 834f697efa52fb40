package dev.fewstep.cli;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

@Command(
    name = "watch",
    mixinStandardHelpOptions = true,
    description = "Follows an experiment to its end; exit 1 when a trial failed.")
final class WatchCommand implements Callable<Integer> {
  @ParentCommand private Main main;
  @Mixin private ServerOptions server;
  @Mixin private OutputOptions output;

  @Parameters(paramLabel = "ID", description = "id of an experiment")
  private String id;

  @Option(
      names = "--timeout",
      paramLabel = "DURATION",
      converter = DurationConverter.class,
      description = "how long to watch, such as 90s, 15m or 2h; exit 4 when it is over")
  private Duration timeout;

  @Override
  public Integer call() {
    ApiClient client = server.client(main.settings());
    boolean succeeded =
        new Watch(client, main.err(), main.terminal()).follow(id, Optional.ofNullable(timeout));
    TrialTable.print(client, id, output.output(main));
    return succeeded ? ExitCodes.OK : ExitCodes.FAILED;
  }
}

package dev.fewstep.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

@Command(
    name = "up",
    mixinStandardHelpOptions = true,
    description = {
      "Runs broker, store, orchestrator, dashboard and one worker on this machine until stopped.",
      "Everything is kept in the data directory: what was done is there again after a restart."
    })
final class UpCommand implements Callable<Integer> {
  @ParentCommand private Main main;

  @Option(
      names = "--port",
      paramLabel = "PORT",
      description = "port of the API and the dashboard (FEWSTEP_HTTP_PORT; default 8080)")
  private String port;

  @Option(names = "--no-models", description = "do not import the models that ship with fewstep")
  private boolean noModels;

  @Override
  public Integer call() throws IOException {
    Settings settings = main.settings();
    settings.flag(Setting.HTTP_PORT, Optional.ofNullable(port));
    LocalStack stack = LocalStack.start(settings, main.err()::println);
    try {
      if (!noModels) {
        Path models = LocalStack.home().resolve("models").resolve("fashion-mnist");
        InputBundle.read(models.resolve("inputs.yaml"))
            .register(
                stack.client(),
                settings.path(Setting.CACHE_DIR).resolve("datasets"),
                main.err()::println);
      }
    } catch (IOException | RuntimeException e) {
      stack.close();
      throw e;
    }
    main.out().println("dashboard: " + stack.dashboard());
    main.err().println("stop with Ctrl-C");
    return Lifetime.untilStopped(stack, false);
  }
}

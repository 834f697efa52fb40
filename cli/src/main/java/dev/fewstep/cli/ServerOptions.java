package dev.fewstep.cli;

import java.util.Optional;
import picocli.CommandLine.Option;

/** Options of every verb that talks to a server. */
final class ServerOptions {
  @Option(
      names = "--server",
      paramLabel = "URL",
      description = "address of the API (FEWSTEP_SERVER_URL; default http://127.0.0.1:8080)")
  private String server;

  ApiClient client(Settings settings) {
    settings.flag(Setting.SERVER, Optional.ofNullable(server));
    return new ApiClient(settings.text(Setting.SERVER));
  }
}

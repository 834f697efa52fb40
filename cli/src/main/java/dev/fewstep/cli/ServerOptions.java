package dev.fewstep.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Options of every verb that talks to a server. */
final class ServerOptions {
  private static final int MAX_TOKEN_BYTES = 16 << 10;

  @Option(
      names = "--server",
      paramLabel = "URL",
      description = "address of the API (FEWSTEP_SERVER_URL; default http://127.0.0.1:8080)")
  private String server;

  @Option(
      names = "--token-file",
      paramLabel = "FILE",
      description = "file with your token (FEWSTEP_TOKEN_FILE, or the token in FEWSTEP_TOKEN)")
  private Path tokenFile;

  ApiClient client(Settings settings) {
    settings.flag(Setting.SERVER, Optional.ofNullable(server));
    settings.flag(Setting.TOKEN, Optional.ofNullable(tokenFile).map(ServerOptions::read));
    return new ApiClient(
        settings.text(Setting.SERVER),
        settings.text(Setting.TOKEN).strip(),
        Trust.of(settings.text(Setting.CA)),
        settings.text(Setting.TRACEPARENT).strip());
  }

  private static String read(Path file) {
    try {
      if (Files.size(file) > MAX_TOKEN_BYTES) {
        throw CliException.usage(file + " is too large to be a token");
      }
      return Files.readString(file).strip();
    } catch (IOException e) {
      throw CliException.usage("cannot read the token in " + file, e);
    }
  }
}

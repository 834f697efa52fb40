package dev.fewstep.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fewstep.schemas.Json;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/** One run of the program in this process. */
public record ProgramRun(int exitCode, String out, String err) {
  /** Runs with exactly the environment given. */
  public static ProgramRun of(Map<String, String> environment, String... arguments) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    int exitCode =
        Main.run(
            environment,
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            arguments);
    return new ProgramRun(
        exitCode, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
  }

  /** Runs with directories below {@code folder}, one thread, and libtorch where others find it. */
  public static ProgramRun in(Path folder, String... arguments) {
    Map<String, String> environment = new HashMap<>();
    environment.put("XDG_DATA_HOME", folder.resolve("data").toString());
    environment.put("XDG_CACHE_HOME", folder.resolve("cache").toString());
    environment.put("FEWSTEP_THREADS", "1");
    environment.put("FEWSTEP_CONFIG", emptyFile(folder.resolve("config.yaml")));
    // Only its presence counts here: the engine of this process reads the real environment.
    environment.put("DJL_CACHE_DIR", System.getProperty("user.home"));
    return of(environment, arguments);
  }

  private static String emptyFile(Path file) {
    try {
      return Files.writeString(file, "").toString();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Standard output as JSON. */
  public JsonNode json() throws IOException {
    return Json.messages().readTree(out);
  }
}

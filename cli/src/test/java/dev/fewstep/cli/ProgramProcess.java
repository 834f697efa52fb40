package dev.fewstep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

/**
 * The program as a process of its own, with exactly the settings given; all that it says is kept.
 */
final class ProgramProcess implements AutoCloseable {
  private final Path output;
  private final Process process;

  private ProgramProcess(Path output, Process process) {
    this.output = output;
    this.process = process;
  }

  /** Starts it. */
  static ProgramProcess start(Path folder, Map<String, String> environment, String... arguments)
      throws IOException {
    Path output = folder.resolve(arguments[0] + "-" + UUID.randomUUID() + ".out");
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-Dai.djl.offline=true",
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName()));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder
        .environment()
        .putIfAbsent(
            "DJL_CACHE_DIR", Path.of(System.getProperty("user.home"), ".djl.ai").toString());
    builder.environment().putAll(environment);
    builder.redirectErrorStream(true).redirectOutput(output.toFile());
    return new ProgramProcess(output, builder.start());
  }

  /** What it has said. */
  String said() {
    try {
      return Files.readString(output);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Waits until it says something, which it must before it ends; the line. */
  String await(String text) {
    UpProcess.await(
        "it says " + text,
        () -> {
          if (said().contains(text)) {
            return true;
          }
          assertThat(process.isAlive()).as("it runs: %s", said()).isTrue();
          return false;
        });
    return said().lines().filter(line -> line.contains(text)).findFirst().orElseThrow();
  }

  /** Waits for its end, at most two minutes; its exit code. */
  int awaitEnd() throws InterruptedException {
    assertThat(process.waitFor(2, TimeUnit.MINUTES)).as("it ends: %s", said()).isTrue();
    return process.exitValue();
  }

  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(60, TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}

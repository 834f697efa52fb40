package dev.fewstep.bench.orchestration;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** A {@link BenchProcess} that the benchmark has started. For one thread. */
final class Child implements AutoCloseable {
  private final Process process;
  private final BufferedReader answers;
  private final Writer questions;
  private final String[] ready;

  private Child(Process process) throws IOException {
    this.process = process;
    this.answers = process.inputReader(StandardCharsets.UTF_8);
    this.questions = new OutputStreamWriter(process.getOutputStream(), StandardCharsets.UTF_8);
    String line = answers.readLine();
    while (line != null && !line.startsWith("READY ")) {
      line = answers.readLine();
    }
    if (line == null) {
      throw new IOException("a process of the benchmark ended before it was ready");
    }
    this.ready = line.substring("READY ".length()).split(" ");
  }

  /** Starts one with so much heap and waits until it is ready. */
  static Child start(String heap, String... arguments) {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx" + heap,
                "-XX:+UseSerialGC"));
    // -Drecordings=FOLDER keeps a flight recording of each process there.
    Optional.ofNullable(System.getProperty("recordings"))
        .ifPresent(
            folder ->
                command.add(
                    "-XX:StartFlightRecording=settings=profile,filename="
                        + Path.of(folder, arguments[0] + "-" + System.nanoTime() + ".jfr")));
    command.addAll(
        List.of("-cp", System.getProperty("java.class.path"), BenchProcess.class.getName()));
    command.addAll(List.of(arguments));
    try {
      return new Child(
          new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A word of the line with which it said that it is ready. */
  String word(int index) {
    return ready[index];
  }

  /** Bytes of its heap in use after collecting garbage. */
  long heap() {
    try {
      questions.write("heap\n");
      questions.flush();
      return Long.parseLong(answers.readLine());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Processor time that it has used. */
  Duration processorTime() {
    return process.info().totalCpuDuration().orElse(Duration.ZERO);
  }

  /** Kills it. */
  void kill() {
    process.destroyForcibly();
    awaitEnd();
  }

  @Override
  public void close() {
    try {
      questions.close();
    } catch (IOException e) {
      process.destroyForcibly();
    }
    awaitEnd();
  }

  private void awaitEnd() {
    try {
      if (!process.waitFor(20, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}

package dev.fewstep.embedded;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** A stack in a JVM of its own, to be killed. */
final class StackProcess implements AutoCloseable {
  private static final String READY = "READY ";

  private final Process process;
  private final String bootstrapServers;

  private StackProcess(Process process, String bootstrapServers) {
    this.process = process;
    this.bootstrapServers = bootstrapServers;
  }

  /** Entry point of the child: prints the broker's address, then waits to be killed. */
  public static void main(String[] arguments) throws Exception {
    EmbeddedStack stack = EmbeddedStack.start(Path.of(arguments[0]), EmbeddedOptions.anyPorts());
    System.out.println(READY + stack.bootstrapServers());
    Thread.sleep(TimeUnit.MINUTES.toMillis(5));
    stack.close();
  }

  static StackProcess start(Path directory) throws IOException {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-Xmx400m",
                "-cp",
                System.getProperty("java.class.path"),
                StackProcess.class.getName(),
                directory.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    BufferedReader output = process.inputReader(StandardCharsets.UTF_8);
    for (String line = output.readLine(); line != null; line = output.readLine()) {
      if (line.startsWith(READY)) {
        return new StackProcess(process, line.substring(READY.length()));
      }
    }
    process.destroyForcibly();
    throw new IOException("the stack's process ended before it was ready");
  }

  String bootstrapServers() {
    return bootstrapServers;
  }

  long pid() {
    return process.pid();
  }

  /** kill -9. */
  void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}

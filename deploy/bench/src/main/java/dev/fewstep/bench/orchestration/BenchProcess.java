package dev.fewstep.bench.orchestration;

import dev.fewstep.embedded.EmbeddedOptions;
import dev.fewstep.embedded.EmbeddedStack;
import dev.fewstep.orchestrator.Orchestrator;
import dev.fewstep.orchestrator.OrchestratorConfig;
import dev.fewstep.orchestrator.log.KafkaSettings;
import dev.fewstep.store.S3Settings;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;

/**
 * A server of the benchmark in a process of its own: {@code stack DIRECTORY} or {@code orchestrator
 * BOOTSTRAP ENDPOINT ACCESS SECRET}. Prints a line {@code READY ...}, answers {@code heap} with the
 * bytes in use after collecting garbage, and ends with its standard input.
 */
public final class BenchProcess {
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private BenchProcess() {}

  /** Runs it. */
  public static void main(String[] args) throws IOException, InterruptedException {
    if (args[0].equals("stack")) {
      try (EmbeddedStack stack =
          EmbeddedStack.start(Path.of(args[1]), EmbeddedOptions.anyPorts())) {
        System.out.println(
            "READY "
                + String.join(
                    " ",
                    stack.bootstrapServers(),
                    stack.s3Endpoint().toString(),
                    stack.s3AccessKey(),
                    stack.s3SecretKey()));
        answer();
      }
    } else {
      long began = System.nanoTime();
      S3Settings store = store(args[2], args[3], args[4]);
      try (Orchestrator orchestrator =
          Orchestrator.start(
              OrchestratorConfig.of(KafkaSettings.of(args[1], 1), store, "127.0.0.1", 0))) {
        while (!orchestrator.ready()) {
          if (System.nanoTime() - began > PATIENCE.toNanos()) {
            throw new IllegalStateException("not ready within " + PATIENCE);
          }
          Thread.sleep(5);
        }
        System.out.println(
            "READY " + orchestrator.address() + " " + (System.nanoTime() - began) / 1_000_000);
        answer();
      }
    }
  }

  static S3Settings store(String endpoint, String accessKey, String secretKey) {
    return new S3Settings(URI.create(endpoint), "us-east-1", "fewstep", accessKey, secretKey);
  }

  private static void answer() throws IOException, InterruptedException {
    BufferedReader asked =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    while (asked.readLine() != null) {
      System.out.println(heap());
    }
  }

  /** Bytes of the heap in use after collecting garbage. */
  private static long heap() throws InterruptedException {
    for (int i = 0; i < 3; i++) {
      System.gc();
      Thread.sleep(100);
    }
    Runtime runtime = Runtime.getRuntime();
    return runtime.totalMemory() - runtime.freeMemory();
  }
}

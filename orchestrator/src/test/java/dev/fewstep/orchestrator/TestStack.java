package dev.fewstep.orchestrator;

import dev.fewstep.embedded.EmbeddedOptions;
import dev.fewstep.embedded.EmbeddedStack;
import dev.fewstep.orchestrator.log.KafkaSettings;
import dev.fewstep.store.S3Settings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

/** A broker and a store of a test class's own. */
public final class TestStack implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(90);

  private final Path directory;
  private final EmbeddedStack stack;

  public TestStack() {
    try {
      directory = Files.createTempDirectory("fewstep-orchestrator-test");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    stack = EmbeddedStack.start(directory.resolve("data"), EmbeddedOptions.anyPorts());
  }

  public KafkaSettings kafka() {
    return KafkaSettings.of(stack.bootstrapServers(), 1);
  }

  /** A leader that makes no progress for so long gives its place up. */
  public KafkaSettings kafka(Duration maxPollInterval) {
    return new KafkaSettings(
        stack.bootstrapServers(), 1, Duration.ofSeconds(6), maxPollInterval, Map.of());
  }

  public S3Settings store() {
    return new S3Settings(
        stack.s3Endpoint(), "us-east-1", "fewstep", stack.s3AccessKey(), stack.s3SecretKey());
  }

  public OrchestratorConfig config() {
    return OrchestratorConfig.of(kafka(), store(), "127.0.0.1", 0);
  }

  /** Waits until something is so; fails when it does not become so. */
  public static void await(String what, BooleanSupplier condition) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError("not within " + PATIENCE + ": " + what);
      }
      try {
        Thread.sleep(50);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new AssertionError("interrupted while waiting: " + what, e);
      }
    }
  }

  @Override
  public void close() {
    stack.close();
    try (Stream<Path> files = Files.walk(directory)) {
      files.sorted(Comparator.reverseOrder()).forEach(TestStack::delete);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void delete(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

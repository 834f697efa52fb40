package dev.fewstep.cli;

import java.io.IOException;
import java.io.OutputStream;
import java.lang.ProcessBuilder.Redirect;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * A worker as a child process, started again when it dies. It ends when its standard input closes,
 * so it never outlives this process, however that ends. Secrets travel in its environment, never
 * among its arguments.
 */
final class WorkerProcess implements AutoCloseable {
  private static final Duration STOP = Duration.ofSeconds(20);
  private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(60);
  private static final Duration GOOD_LIFE = Duration.ofSeconds(30);

  private final List<String> command;
  private final Map<String, String> environment;
  private final Path log;
  private final Consumer<String> notice;
  private final Thread keeper;
  private volatile boolean closed;
  private volatile Process process;

  /** Starts the worker; {@code notice} hears when it died and was started again. */
  WorkerProcess(Map<String, String> environment, Path log, Consumer<String> notice) {
    this.command = command();
    this.environment = Map.copyOf(environment);
    this.log = log;
    this.notice = notice;
    this.process = launch();
    this.keeper = new Thread(this::keep, "fewstep-worker-keeper");
    keeper.setDaemon(true);
    keeper.start();
  }

  private static List<String> command() {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(argument -> !argument.startsWith("-agentlib") && !argument.startsWith("-javaagent"))
        .forEach(command::add);
    command.add("-cp");
    command.add(System.getProperty("java.class.path"));
    command.add(Main.class.getName());
    command.add("worker");
    command.add("--until-stdin-closes");
    return command;
  }

  private Process launch() {
    try {
      Files.createDirectories(log.toAbsolutePath().getParent());
      ProcessBuilder builder = new ProcessBuilder(command);
      builder.environment().putAll(environment);
      builder.redirectErrorStream(true).redirectOutput(Redirect.appendTo(log.toFile()));
      return builder.start();
    } catch (IOException e) {
      throw CliException.failed("cannot start a worker: " + e.getMessage(), e);
    }
  }

  private void keep() {
    Duration pause = FIRST_PAUSE;
    while (!closed) {
      try {
        Instant start = Instant.now();
        int exit = process.waitFor();
        boolean lived = start.plus(GOOD_LIFE).isBefore(Instant.now());
        pause = lived ? FIRST_PAUSE : pause;
        if (closed) {
          return;
        }
        notice.accept(
            "the worker ended with code %d and is started again in %d s; see %s"
                .formatted(exit, pause.toSeconds(), log));
        Thread.sleep(pause.toMillis());
        Duration doubled = pause.multipliedBy(2);
        pause = doubled.compareTo(LONGEST_PAUSE) < 0 ? doubled : LONGEST_PAUSE;
        synchronized (this) {
          if (!closed) {
            process = launch();
          }
        }
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  /** Id of the process that runs now. */
  long pid() {
    return process.pid();
  }

  @Override
  public void close() {
    Process running;
    synchronized (this) {
      closed = true;
      running = process;
    }
    keeper.interrupt();
    try (OutputStream stdin = running.getOutputStream()) {
      stdin.flush();
    } catch (IOException e) {
      // It is gone already.
    }
    try {
      if (!running.waitFor(STOP.toMillis(), TimeUnit.MILLISECONDS)) {
        running.destroyForcibly().waitFor(5, TimeUnit.SECONDS);
      }
    } catch (InterruptedException e) {
      running.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}

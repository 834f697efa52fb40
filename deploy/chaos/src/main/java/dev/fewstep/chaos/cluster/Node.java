package dev.fewstep.chaos.cluster;

import static java.util.Objects.requireNonNull;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A child process that is killed, frozen and started again, and started again too when it ends by
 * itself, as whoever keeps services running would. What it tells on standard output is kept by
 * name; its log goes to a file.
 */
public final class Node implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Node.class);
  private static final Duration STOP = Duration.ofSeconds(30);

  private final String name;
  private final List<String> command;
  private final Map<String, String> environment;
  private final Path log;
  private final Map<String, String> facts = new ConcurrentHashMap<>();
  private final Map<String, Long> told = new ConcurrentHashMap<>();
  private Process process;
  private boolean wanted;
  private int starts;
  private int crashes;

  Node(String name, List<String> command, Map<String, String> environment, Path log) {
    this.name = requireNonNull(name, "name");
    this.command = List.copyOf(command);
    this.environment = Map.copyOf(environment);
    this.log = requireNonNull(log, "log");
  }

  /** The command that runs a main class of this program in a small JVM. */
  static List<String> java(String main, int heapMegabytes, List<String> jvm, List<String> args) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-Xmx" + heapMegabytes + "m");
    command.add("-XX:+UseSerialGC");
    command.add("-XX:TieredStopAtLevel=1");
    command.add("-Xshare:auto");
    command.add("-Dai.djl.offline=true");
    command.addAll(jvm);
    command.add("-cp");
    command.add(System.getProperty("java.class.path"));
    command.add(main);
    command.addAll(args);
    return command;
  }

  /** Name for people. */
  public String name() {
    return name;
  }

  /** Starts it; does nothing when it runs. */
  synchronized void start() {
    wanted = true;
    if (process != null && process.isAlive()) {
      return;
    }
    facts.clear();
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().putAll(environment);
    builder.redirectError(Redirect.appendTo(log.toFile()));
    try {
      Process started = builder.start();
      process = started;
      starts++;
      Thread reader = new Thread(() -> read(started), name + "-stdout");
      reader.setDaemon(true);
      reader.start();
      var unused = started.onExit().thenAccept(ended -> ended(ended));
    } catch (IOException e) {
      throw new UncheckedIOException("cannot start " + name, e);
    }
  }

  private void read(Process of) {
    try (BufferedReader lines = of.inputReader(StandardCharsets.UTF_8)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        int space = line.indexOf(' ');
        if (space > 0) {
          told.put(line.substring(0, space), System.nanoTime());
          facts.put(line.substring(0, space), line.substring(space + 1));
        }
      }
    } catch (IOException e) {
      LOG.debug("{} tells nothing any more", name, e);
    }
  }

  private void ended(Process which) {
    synchronized (this) {
      if (which != process || !wanted) {
        return;
      }
      crashes++;
      LOG.warn("{} ended by itself with code {}", name, which.exitValue());
    }
    try {
      Thread.sleep(1_000);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return;
    }
    synchronized (this) {
      if (wanted && which == process) {
        start();
      }
    }
  }

  /** What it told last under a name. */
  public Optional<String> fact(String key) {
    return Optional.ofNullable(facts.get(key));
  }

  /** When it told that, by the monotonic clock; long ago when it never did. */
  long toldAt(String key) {
    return told.getOrDefault(key, Long.MIN_VALUE);
  }

  /** Waits until it says that it is ready. */
  void awaitReady(Duration timeout) {
    long deadline = System.nanoTime() + timeout.toNanos();
    while (fact("READY").isEmpty()) {
      if (System.nanoTime() > deadline) {
        throw new IllegalStateException(
            name + " was not ready after " + timeout.toSeconds() + " s; see " + log);
      }
      try {
        Thread.sleep(20);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException("interrupted", e);
      }
    }
  }

  /** kill -9; it stays dead until it is started. */
  synchronized void kill() {
    wanted = false;
    if (process != null) {
      process.destroyForcibly();
      facts.clear();
      await(Duration.ofSeconds(10));
    }
  }

  /** SIGTERM; waits for the end, and kills when that does not come. */
  synchronized void terminate() {
    wanted = false;
    if (process == null) {
      return;
    }
    process.destroy();
    if (!await(STOP)) {
      LOG.warn("{} did not end within {} after SIGTERM", name, STOP);
      process.destroyForcibly();
      await(Duration.ofSeconds(10));
    }
    facts.clear();
  }

  private boolean await(Duration timeout) {
    try {
      return process.waitFor(timeout.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /**
   * SIGSTOP.
   *
   * @throws IllegalStateException when there is nothing to stop, since it has just ended by itself
   */
  void freeze() {
    if (!signal("-STOP")) {
      throw new IllegalStateException(name + " does not run and cannot be frozen");
    }
  }

  /** SIGCONT. */
  void thaw() {
    boolean sent = signal("-CONT");
    LOG.debug("{} goes on: {}", name, sent);
  }

  private boolean signal(String signal) {
    long pid;
    synchronized (this) {
      if (process == null || !process.isAlive()) {
        return false;
      }
      pid = process.pid();
    }
    try {
      return new ProcessBuilder("kill", signal, Long.toString(pid)).start().waitFor() == 0;
    } catch (IOException e) {
      throw new UncheckedIOException("cannot signal " + name, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** Writes a line to its standard input. */
  synchronized void tell(String line) {
    if (process == null) {
      return;
    }
    try {
      OutputStream out = process.getOutputStream();
      out.write((line + "\n").getBytes(StandardCharsets.UTF_8));
      out.flush();
    } catch (IOException e) {
      LOG.debug("{} does not listen", name, e);
    }
  }

  /** How often it was started. */
  public synchronized int starts() {
    return starts;
  }

  /** How often it ended though nobody asked it to. */
  public synchronized int crashes() {
    return crashes;
  }

  @Override
  public void close() {
    thaw();
    kill();
  }
}

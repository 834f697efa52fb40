package dev.fewstep.chaos.process;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;

/**
 * What every child process does: arguments are {@code name=value}, what it has to tell goes to
 * standard output as {@code NAME value}, and it stops cleanly at SIGTERM and when standard input
 * ends, which it also does when the chaos program dies.
 */
final class Child {
  private final Map<String, String> arguments = new HashMap<>();
  private final MovableClock clock = new MovableClock();
  private final CountDownLatch stop = new CountDownLatch(1);
  private final CountDownLatch closed = new CountDownLatch(1);

  Child(String[] args) {
    for (String argument : args) {
      int equals = argument.indexOf('=');
      arguments.put(argument.substring(0, equals), argument.substring(equals + 1));
    }
  }

  String text(String name) {
    String value = arguments.get(name);
    if (value == null) {
      throw new IllegalArgumentException("the argument " + name + " is missing");
    }
    return value;
  }

  int number(String name) {
    return Integer.parseInt(text(name));
  }

  Duration millis(String name) {
    return Duration.ofMillis(Long.parseLong(text(name)));
  }

  /** The clock of this process, moved by lines {@code clock <milliseconds>} of standard input. */
  MovableClock clock() {
    return clock;
  }

  /** Tells the parent. */
  synchronized void tell(String name, Object value) {
    System.out.println(name + " " + value);
    System.out.flush();
  }

  /** Waits for the end, then closes the part; the JVM's exit waits for that. */
  void serve(AutoCloseable part) throws Exception {
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  stop.countDown();
                  try {
                    closed.await();
                  } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                  }
                }));
    Thread reader = new Thread(this::read, "chaos-stdin");
    reader.setDaemon(true);
    reader.start();
    try {
      stop.await();
      part.close();
    } finally {
      closed.countDown();
    }
    System.exit(0);
  }

  private void read() {
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.startsWith("clock ")) {
          clock.setOffset(Duration.ofMillis(Long.parseLong(line.substring("clock ".length()))));
        }
      }
    } catch (IOException e) {
      tell("STDIN", e.getMessage());
    }
    stop.countDown();
  }
}

package dev.fewstep.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import java.util.UUID;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/**
 * Follows a job of a server to its end: a bar for each phase on a terminal, else a line now and
 * then. When this program is stopped, the job is asked to end at its next safe place.
 */
final class JobWatch {
  private static final Duration REFRESH = Duration.ofMillis(300);
  private static final Duration LINE = Duration.ofSeconds(5);

  private final Main main;
  private final ApiClient client;
  private ProgressBar bar;
  private String phase = "";
  private Instant phaseBegan = Instant.now();
  private Instant lastLine = Instant.now();

  JobWatch(Main main, ApiClient client) {
    this.main = main;
    this.client = client;
  }

  /**
   * Starts a job and waits for its result.
   *
   * @throws CliException when it broke off
   */
  JsonNode run(String path, String body) {
    UUID id = UUID.randomUUID();
    JsonNode job = client.post(path, "application/json", body, id);
    Thread stop = new Thread(() -> cancel(id), "fewstep-cancel");
    Runtime.getRuntime().addShutdownHook(stop);
    try {
      while (job.path("state").asText().equals("RUNNING")) {
        show(job);
        Thread.sleep(REFRESH.toMillis());
        job = client.get("/api/v1/jobs/" + id);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw CliException.failed("interrupted");
    } finally {
      end();
      Runtime.getRuntime().removeShutdownHook(stop);
    }
    if (!job.path("state").asText().equals("DONE")) {
      throw CliException.failed(
          "the job broke off: " + job.path("problem").asText() + " (the server's log says more)");
    }
    return job.path("result");
  }

  private void cancel(UUID id) {
    try {
      client.post("/api/v1/jobs/" + id + ":cancel", "application/json", "{}", UUID.randomUUID());
      main.err().println("the job ends at its next safe place");
    } catch (CliException e) {
      main.err().println("the job " + id + " goes on: " + e.getMessage());
    }
  }

  private void show(JsonNode job) {
    long done = job.path("done").asLong();
    long total = job.path("total").asLong();
    if (!job.path("phase").asText().equals(phase)) {
      end();
      phase = job.path("phase").asText();
      phaseBegan = Instant.now();
    }
    if (main.interactive()) {
      if (bar == null) {
        bar = bar(total);
      }
      bar.maxHint(total);
      bar.stepTo(done);
      bar.setExtraMessage(rate(job));
    } else if (lastLine.plus(LINE).isBefore(Instant.now())) {
      lastLine = Instant.now();
      main.err().printf("%s: %d%s, %s%n", phase, done, total < 0 ? "" : " of " + total, rate(job));
    }
  }

  private String rate(JsonNode job) {
    double bytes = job.path("bytes").asDouble();
    double seconds = Math.max(1e-3, Duration.between(phaseBegan, Instant.now()).toMillis() / 1e3);
    return String.format(Locale.ROOT, "%.1f MB, %.1f MB/s", bytes / 1e6, bytes / 1e6 / seconds);
  }

  private ProgressBar bar(long total) {
    return new ProgressBarBuilder()
        .setTaskName(phase)
        .setInitialMax(total)
        .showSpeed()
        .setSpeedUnit(ChronoUnit.SECONDS)
        .setStyle(ProgressBarStyle.ASCII)
        .setConsumer(new ConsoleProgressBarConsumer(main.err()))
        .build();
  }

  private void end() {
    if (bar != null) {
      bar.close();
      bar = null;
    }
  }

  /** A size for people. */
  static String size(long bytes) {
    if (bytes < 1_000) {
      return bytes + " B";
    }
    double scaled = bytes;
    String[] units = {"B", "kB", "MB", "GB", "TB", "PB"};
    int unit = 0;
    while (scaled >= 1_000 && unit < units.length - 1) {
      scaled /= 1_000;
      unit++;
    }
    return String.format(Locale.ROOT, "%.1f %s", scaled, units[unit]);
  }
}

package dev.fewstep.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintStream;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Follows an experiment: a table with bars, redrawn in place, on a terminal; one line for every
 * change elsewhere.
 */
final class Watch {
  private static final Duration REFRESH = Duration.ofMillis(500);
  private static final Duration REFRESH_UNASKED = Duration.ofSeconds(5);
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final Set<String> TERMINAL = Set.of("SUCCEEDED", "FAILED", "CANCELLED");
  private static final int BAR = 20;
  private static final int MOST_ROWS = 30;

  private final ApiClient client;
  private final PrintStream err;
  private final Terminal terminal;
  private final Map<String, Map<String, Double>> latest = new ConcurrentHashMap<>();
  private final Map<String, String> printed = new HashMap<>();
  private final Map<String, Instant> firstSeen = new HashMap<>();
  private int drawnLines;

  Watch(ApiClient client, PrintStream err, Terminal terminal) {
    this.client = client;
    this.err = err;
    this.terminal = terminal;
  }

  /**
   * Follows to the end.
   *
   * @return whether every trial succeeded
   * @throws CliException when the time is over or the server stays away
   */
  boolean follow(String experimentId, Optional<Duration> timeout) {
    Instant deadline = timeout.map(Instant.now()::plus).orElse(Instant.MAX);
    AtomicBoolean dirty = new AtomicBoolean(true);
    String id = ApiClient.encode(experimentId);
    EventStream events =
        new EventStream(
            client,
            "/api/v1/events?experiment=" + id,
            (event, data) -> {
              if (event.equals("metrics")) {
                remember(data);
              }
              dirty.set(true);
            });
    try {
      Instant refreshed = Instant.MIN;
      Instant reached = Instant.now();
      while (true) {
        Instant now = Instant.now();
        if (dirty.getAndSet(false) || refreshed.plus(REFRESH_UNASKED).isBefore(now)) {
          refreshed = now;
          try {
            JsonNode experiment = client.get("/api/v1/experiments/" + id);
            show(experiment, client.all("/api/v1/tasks?experiment=" + id));
            reached = now;
            String state = experiment.path("state").asText();
            if (TERMINAL.contains(state)) {
              return state.equals("SUCCEEDED");
            }
          } catch (CliException e) {
            if (e.exitCode() != ExitCodes.UNREACHABLE || reached.plus(PATIENCE).isBefore(now)) {
              throw e;
            }
          }
        }
        if (now.isAfter(deadline)) {
          throw CliException.timeout(
              "%s was not over in time; follow it with 'fewstep watch %s'"
                  .formatted(experimentId, experimentId));
        }
        Thread.sleep(REFRESH.toMillis());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw CliException.failed("interrupted");
    } finally {
      events.close();
    }
  }

  private void remember(JsonNode data) {
    Map<String, Double> values =
        latest.computeIfAbsent(data.path("taskKey").asText(), key -> new ConcurrentHashMap<>());
    data.path("points")
        .forEach(point -> values.put(point.path("name").asText(), point.path("value").asDouble()));
  }

  private void show(JsonNode experiment, List<JsonNode> tasks) {
    if (terminal.interactive()) {
      draw(experiment, tasks);
    } else {
      printChange(experiment.path("id").asText(), experiment.path("state").asText());
      tasks.forEach(this::printChange);
    }
  }

  /** Says when the experiment is paused and when it goes on. */
  private void printChange(String id, String state) {
    String before = printed.put(id, state);
    if (!state.equals(before) && (state.equals("PAUSED") || "PAUSED".equals(before))) {
      err.printf("%s  %s%n", id, state);
    }
  }

  private void printChange(JsonNode task) {
    String state = task.path("state").asText();
    String key = task.path("key").asText();
    int quarter = (int) (fraction(task) * 4);
    String mark = state.equals("RUNNING") ? state + quarter : state;
    if (mark.equals(printed.put(key, mark)) || state.equals("PENDING")) {
      return;
    }
    String failure = task.path("failure").path("message").asText("");
    err.printf(
        Locale.ROOT,
        "%s  %-9s %-44s %s%s%n",
        key.substring(0, 8),
        state,
        describe(task),
        state.equals("RUNNING") ? numbers(task) : "",
        failure.isEmpty() ? "" : failure);
  }

  private void draw(JsonNode experiment, List<JsonNode> tasks) {
    List<String> lines = new ArrayList<>();
    Map<String, Integer> counts = new LinkedHashMap<>();
    tasks.forEach(task -> counts.merge(task.path("state").asText(), 1, Integer::sum));
    lines.add(
        "%s  %s  %s"
            .formatted(
                experiment.path("id").asText(),
                experiment.path("state").asText(),
                counts.toString().replaceAll("[{}]", "")));
    int rows = 0;
    for (JsonNode task : tasks) {
      String state = task.path("state").asText();
      boolean shown =
          tasks.size() <= MOST_ROWS || state.equals("RUNNING") || state.equals("FAILED");
      if (shown && rows++ < MOST_ROWS) {
        lines.add(
            String.format(
                Locale.ROOT,
                "  %-9s %s %-44s %s",
                state,
                bar(task),
                describe(task),
                state.equals("RUNNING") ? numbers(task) : ""));
      }
    }
    StringBuilder screen = new StringBuilder();
    if (drawnLines > 0) {
      screen.append("\u001b[").append(drawnLines).append('A');
    }
    lines.forEach(line -> screen.append("\u001b[2K").append(line).append('\n'));
    for (int i = lines.size(); i < drawnLines; i++) {
      screen.append("\u001b[2K\n");
    }
    drawnLines = Math.max(drawnLines, lines.size());
    err.print(screen);
    err.flush();
  }

  private static String describe(JsonNode task) {
    String label = task.path("label").asText("");
    return task.path("kind").asText() + (label.isEmpty() ? "" : " " + label);
  }

  private static double fraction(JsonNode task) {
    if (Set.of("SUCCEEDED", "CACHED").contains(task.path("state").asText())) {
      return 1;
    }
    double total = task.path("totalSteps").asDouble(0);
    return total <= 0 ? 0 : Math.min(1, task.path("step").asDouble(0) / total);
  }

  private static String bar(JsonNode task) {
    int filled = (int) Math.round(fraction(task) * BAR);
    return "[" + "#".repeat(filled) + ".".repeat(BAR - filled) + "]";
  }

  private String numbers(JsonNode task) {
    StringBuilder text = new StringBuilder();
    long step = task.path("step").asLong(0);
    long total = task.path("totalSteps").asLong(0);
    if (total > 0) {
      text.append("step ").append(step).append('/').append(total);
    }
    Map<String, Double> values = latest.getOrDefault(task.path("key").asText(), Map.of());
    if (values.containsKey("loss")) {
      text.append(String.format(Locale.ROOT, "  loss %.4g", values.get("loss")));
    }
    if (values.containsKey("images_per_second")) {
      text.append(String.format(Locale.ROOT, "  %.1f images/s", values.get("images_per_second")));
    }
    Instant since =
        firstSeen.computeIfAbsent(task.path("key").asText() + step(task), key -> Instant.now());
    double elapsed = Duration.between(since, Instant.now()).toMillis() / 1000.0;
    double done = fraction(task) - startFraction(task);
    if (done > 0.02 && elapsed > 2) {
      long left = Math.round(elapsed / done * (1 - fraction(task)));
      text.append(String.format(Locale.ROOT, "  %d:%02d left", left / 60, left % 60));
    }
    return text.toString();
  }

  private final Map<String, Double> startFractions = new HashMap<>();

  private double startFraction(JsonNode task) {
    return startFractions.computeIfAbsent(
        task.path("key").asText() + step(task), key -> fraction(task));
  }

  /** A new attempt starts its own clock. */
  private static String step(JsonNode task) {
    return "/" + task.path("attempt").asText("1");
  }
}

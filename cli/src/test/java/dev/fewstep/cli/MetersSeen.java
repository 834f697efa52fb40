package dev.fewstep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What one address has exported so far: names, types and labels, without the details of timers. */
final class MetersSeen {
  private static final Pattern SAMPLE = Pattern.compile("([a-zA-Z_:][\\w:]*)(?:\\{(.*)})? \\S+");
  private static final Pattern LABEL = Pattern.compile("(\\w+)=\"(?:[^\"\\\\]|\\\\.)*\",?");

  private final HttpClient client =
      HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();
  private final URI address;
  private final Map<String, String> types = new TreeMap<>();
  private final Map<String, Set<String>> labels = new TreeMap<>();

  /** Type and labels of a meter. */
  record Seen(String type, Set<String> labels) {}

  MetersSeen(URI server) {
    this.address = server.resolve("/metrics");
  }

  /** Looks once; the text. */
  synchronized String look() throws IOException, InterruptedException {
    HttpResponse<String> response =
        client.send(
            HttpRequest.newBuilder(address).timeout(Duration.ofSeconds(30)).build(),
            HttpResponse.BodyHandlers.ofString());
    assertThat(response.statusCode()).isEqualTo(200);
    response.body().lines().forEach(this::line);
    return response.body();
  }

  private void line(String line) {
    if (line.startsWith("# TYPE ")) {
      String[] words = line.split(" ");
      types.put(words[2], words[3]);
      return;
    }
    Matcher sample = SAMPLE.matcher(line);
    if (line.startsWith("#") || !sample.matches()) {
      return;
    }
    Set<String> found = labels.computeIfAbsent(family(sample.group(1)), key -> new TreeSet<>());
    if (sample.group(2) != null) {
      Matcher label = LABEL.matcher(sample.group(2));
      while (label.find()) {
        found.add(label.group(1));
      }
    }
  }

  private String family(String name) {
    String base = name.replaceFirst("_(bucket|sum|count|total)$", "");
    return !types.containsKey(name) && types.containsKey(base) ? base : name;
  }

  /** All meters with at least one series, but for the {@code _max} of timers. */
  synchronized Map<String, Seen> meters() {
    Map<String, Seen> all = new TreeMap<>();
    labels.forEach(
        (name, found) -> {
          boolean ofTimer =
              name.endsWith("_max") && types.containsKey(name.replaceFirst("_max$", ""));
          if (!ofTimer) {
            Set<String> telling = new TreeSet<>(found);
            telling.remove("le");
            all.put(name, new Seen(types.getOrDefault(name, "unknown"), telling));
          }
        });
    return all;
  }
}

package dev.fewstep.orchestrator.panel;

import static java.util.Objects.requireNonNull;

import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Panels from samples of this process's own meters, taken every 5 s and kept for 6 h. */
public final class OwnPanels implements PanelSource, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(OwnPanels.class);
  private static final Duration INTERVAL = Duration.ofSeconds(5);
  private static final Duration KEPT = Duration.ofHours(6);

  private final Supplier<Readings> readings;
  private final Clock clock;
  private final TreeMap<Long, Readings> samples = new TreeMap<>();
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            Thread thread = new Thread(task, "fewstep-panels");
            thread.setDaemon(true);
            return thread;
          });

  private OwnPanels(Supplier<Readings> readings, Clock clock) {
    this.readings = requireNonNull(readings, "readings");
    this.clock = requireNonNull(clock, "clock");
  }

  /** Samples until it is closed. */
  public static OwnPanels start(Supplier<Readings> readings, Clock clock) {
    OwnPanels panels = unstarted(readings, clock);
    var unused =
        panels.timer.scheduleAtFixedRate(
            panels::trySample, 0, INTERVAL.toMillis(), TimeUnit.MILLISECONDS);
    return panels;
  }

  /** Samples when it is told to. */
  static OwnPanels unstarted(Supplier<Readings> readings, Clock clock) {
    return new OwnPanels(readings, clock);
  }

  private void trySample() {
    try {
      sample();
    } catch (RuntimeException e) {
      LOG.warn("The meters could not be sampled", e);
    }
  }

  void sample() {
    Readings now = readings.get();
    long at = clock.instant().getEpochSecond();
    synchronized (samples) {
      samples.put(at, now);
      samples.headMap(at - KEPT.toSeconds()).clear();
    }
  }

  @Override
  public String name() {
    return "process";
  }

  @Override
  public String note() {
    return "Sampled every 5 s and kept for 6 h by this server; another leader's transactions and"
        + " what ended under it are not in them. With FEWSTEP_PROMETHEUS_URL they come from"
        + " Prometheus.";
  }

  @Override
  public List<PanelSeries> read(Panel panel, PanelRange range) {
    NavigableMap<Long, Readings> known;
    synchronized (samples) {
      known = new TreeMap<>(samples);
    }
    Lines lines = new Lines(known, range);
    return switch (panel) {
      case FINISHED -> lines.each("kind", Readings::finished, lines::rate);
      case QUEUED -> lines.each("class", Readings::queued, lines::now);
      case RUNNING -> lines.each("class", Readings::busy, lines::now);
      case UTILISATION -> lines.each("class", OwnPanels::utilisation, lines::now);
      case IMAGES -> lines.one(Readings::imagesPerSecond, lines::now);
      case INBOX_LAG -> lines.one(Readings::inboxLag, lines::now);
      case TRANSACTION -> lines.mean(Readings::transactions);
      case API_LATENCY -> lines.mean(Readings::requests);
    };
  }

  private static Map<String, Double> utilisation(Readings now) {
    Map<String, Double> parts = new TreeMap<>();
    Set<String> classes = new TreeSet<>(now.busy().keySet());
    classes.addAll(now.idle().keySet());
    for (String name : classes) {
      double busy = now.busy().getOrDefault(name, 0.0);
      double all = busy + now.idle().getOrDefault(name, 0.0);
      if (all > 0) {
        parts.put(name, 100 * busy / all);
      }
    }
    return parts;
  }

  @Override
  public void close() {
    timer.shutdownNow();
  }

  /** Makes lines of samples. */
  private record Lines(NavigableMap<Long, Readings> samples, PanelRange range) {
    /** A value of a line at a time. */
    @FunctionalInterface
    interface Value {
      OptionalDouble at(long time, Function<Readings, OptionalDouble> of);
    }

    List<PanelSeries> each(
        String label, Function<Readings, Map<String, Double>> values, Value value) {
      Set<String> names = new TreeSet<>();
      samples
          .subMap(first(), true, range.to().getEpochSecond(), true)
          .values()
          .forEach(sample -> names.addAll(values.apply(sample).keySet()));
      List<PanelSeries> all = new ArrayList<>();
      for (String name : names) {
        all.add(
            line(
                Map.of(label, name),
                value,
                sample -> {
                  Double found = values.apply(sample).get(name);
                  return found == null ? OptionalDouble.empty() : OptionalDouble.of(found);
                }));
      }
      return all;
    }

    List<PanelSeries> one(Function<Readings, Double> values, Value value) {
      return List.of(line(Map.of(), value, sample -> OptionalDouble.of(values.apply(sample))));
    }

    /** Mean milliseconds between the samples of a window. */
    List<PanelSeries> mean(Function<Readings, Readings.Times> times) {
      List<PanelSeries.Point> points = new ArrayList<>();
      for (long at : range.times()) {
        NavigableMap<Long, Readings> window = window(at);
        OptionalDouble count =
            rise(window, sample -> OptionalDouble.of(times.apply(sample).count()));
        OptionalDouble seconds =
            rise(window, sample -> OptionalDouble.of(times.apply(sample).seconds()));
        boolean known = count.isPresent() && count.getAsDouble() > 0 && seconds.isPresent();
        points.add(
            new PanelSeries.Point(
                at,
                known
                    ? OptionalDouble.of(1000 * seconds.getAsDouble() / count.getAsDouble())
                    : OptionalDouble.empty()));
      }
      return List.of(new PanelSeries(Map.of(), points));
    }

    private PanelSeries line(
        Map<String, String> labels, Value value, Function<Readings, OptionalDouble> of) {
      return new PanelSeries(
          labels,
          range.times().stream().map(at -> new PanelSeries.Point(at, value.at(at, of))).toList());
    }

    private long first() {
      return Math.min(
          range.from().getEpochSecond() - range.windowSeconds(), range.to().getEpochSecond());
    }

    /** The last sample that is not older than a window. */
    OptionalDouble now(long time, Function<Readings, OptionalDouble> of) {
      Map.Entry<Long, Readings> last = samples.floorEntry(time);
      return last == null || last.getKey() < time - range.windowSeconds()
          ? OptionalDouble.empty()
          : of.apply(last.getValue());
    }

    /** Rise of a total by the second over a window. */
    OptionalDouble rate(long time, Function<Readings, OptionalDouble> of) {
      NavigableMap<Long, Readings> window = window(time);
      OptionalDouble rise = rise(window, of);
      return rise.isEmpty()
          ? rise
          : OptionalDouble.of(rise.getAsDouble() / (window.lastKey() - window.firstKey()));
    }

    /** A total that a sample does not know was 0 then. */
    private static OptionalDouble rise(
        NavigableMap<Long, Readings> window, Function<Readings, OptionalDouble> of) {
      if (window.size() < 2) {
        return OptionalDouble.empty();
      }
      double before = of.apply(window.firstEntry().getValue()).orElse(0);
      return OptionalDouble.of(
          Math.max(0, of.apply(window.lastEntry().getValue()).orElse(0) - before));
    }

    private NavigableMap<Long, Readings> window(long time) {
      return samples.subMap(time - range.windowSeconds(), true, time, true);
    }
  }
}

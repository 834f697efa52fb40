package dev.fewstep.orchestrator.nightly;

import dev.fewstep.schemas.state.BenchmarkRecord;
import dev.fewstep.schemas.state.Judgement;
import dev.fewstep.schemas.state.Verdict;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** A score over the runs of a benchmark, as SVG. */
final class HistoryPlot {
  private static final double WIDTH = 480;
  private static final double HEIGHT = 180;
  private static final double LEFT = 52;
  private static final double RIGHT = 470;
  private static final double TOP = 12;
  private static final double BOTTOM = 154;

  private final List<BenchmarkRecord> runs;
  private final String metric;
  private final Instant first;
  private final double span;
  private final double least;
  private final double most;

  private HistoryPlot(String metric, List<BenchmarkRecord> runs, Optional<Double> baseline) {
    this.metric = metric;
    this.runs = runs;
    this.first = runs.get(0).at();
    this.span = Math.max(1, Duration.between(first, runs.get(runs.size() - 1).at()).toSeconds());
    double low = baseline.orElse(Double.POSITIVE_INFINITY);
    double high = baseline.orElse(Double.NEGATIVE_INFINITY);
    for (BenchmarkRecord run : runs) {
      for (double value : values(run)) {
        low = Math.min(low, value);
        high = Math.max(high, value);
      }
    }
    double room = Math.max((high - low) * 0.08, Math.max(Math.abs(high) * 0.002, 1e-9));
    this.least = low - room;
    this.most = high + room;
  }

  private Collection<Double> values(BenchmarkRecord run) {
    return run.scores().getOrDefault(metric, Map.of()).values();
  }

  /**
   * The plot.
   *
   * @param history runs, the newest first
   */
  static String svg(String metric, List<BenchmarkRecord> history) {
    List<BenchmarkRecord> runs = new ArrayList<>();
    for (int i = history.size() - 1; i >= 0; i--) {
      if (history.get(i).scores().containsKey(metric)) {
        runs.add(history.get(i));
      }
    }
    Optional<Double> baseline =
        history.get(0).judgements().stream()
            .filter(judgement -> judgement.metric().equals(metric))
            .findFirst()
            .flatMap(Judgement::baseline);
    return new HistoryPlot(metric, runs, baseline).draw(baseline);
  }

  private double x(Instant at) {
    double part = runs.size() == 1 ? 0.5 : Duration.between(first, at).toSeconds() / span;
    return LEFT + 8 + part * (RIGHT - LEFT - 16);
  }

  private double y(double value) {
    return BOTTOM - (value - least) / (most - least) * (BOTTOM - TOP);
  }

  private static String format(String form, Object... values) {
    return String.format(Locale.ROOT, form, values);
  }

  private String draw(Optional<Double> baseline) {
    StringBuilder svg = new StringBuilder();
    svg.append(
        format(
            "<svg viewBox=\"0 0 %.0f %.0f\" role=\"img\" aria-label=\"%s over %d runs, from %s to"
                + " %s\">",
            WIDTH,
            HEIGHT,
            NightlyReport.text(metric),
            runs.size(),
            NightlyReport.number(least),
            NightlyReport.number(most)));
    for (int i = 0; i <= 3; i++) {
      double value = least + (most - least) * (0.06 + 0.88 * i / 3);
      svg.append(
          format(
              "<line class=\"axis\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\"/><text x=\"%.1f\""
                  + " y=\"%.1f\" text-anchor=\"end\">%s</text>",
              LEFT,
              RIGHT,
              y(value),
              y(value),
              LEFT - 6,
              y(value) + 4,
              NightlyReport.number(value)));
    }
    dates(svg);
    baseline.ifPresent(
        value ->
            svg.append(
                format(
                    "<line class=\"base\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\"/>",
                    LEFT, RIGHT, y(value), y(value))));
    StringBuilder line = new StringBuilder();
    for (BenchmarkRecord run : runs) {
      line.append(format("%s%.1f %.1f", line.isEmpty() ? "M" : "L", x(run.at()), y(mean(run))));
    }
    svg.append("<path class=\"mean\" d=\"").append(line).append("\"/>");
    runs.forEach(run -> mark(svg, run));
    return svg.append("</svg>").toString();
  }

  private void dates(StringBuilder svg) {
    int marks = Math.min(4, runs.size());
    String before = "";
    for (int i = 0; i < marks; i++) {
      Instant at = first.plusSeconds(marks == 1 ? 0 : Math.round(span * i / (double) (marks - 1)));
      String day = at.toString().substring(0, 10);
      if (!day.equals(before)) {
        String anchor = i == 0 && marks > 1 ? "start" : i == marks - 1 && i > 0 ? "end" : "middle";
        svg.append(
            format(
                "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>",
                x(at), HEIGHT - 8, anchor, day));
      }
      before = day;
    }
  }

  private void mark(StringBuilder svg, BenchmarkRecord run) {
    double x = x(run.at());
    double low = values(run).stream().mapToDouble(Double::doubleValue).min().orElseThrow();
    double high = values(run).stream().mapToDouble(Double::doubleValue).max().orElseThrow();
    double y = y(mean(run));
    svg.append(
        format(
            "<line class=\"seed\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\"/>",
            x, x, y(low), y(high)));
    String title =
        "<title>"
            + NightlyReport.text(run.experimentId())
            + ", "
            + run.at().toString().substring(0, 16)
            + ": "
            + NightlyReport.number(mean(run))
            + ", "
            + verdict(run).name().toLowerCase(Locale.ROOT)
            + "</title>";
    String shape =
        switch (verdict(run)) {
          case PASS -> format("<circle class=\"f-PASS\" cx=\"%.1f\" cy=\"%.1f\" r=\"3.5\">", x, y);
          case REGRESSED ->
              format(
                  "<path class=\"mark f-REGRESSED\" d=\"M%.1f %.1fl6 6l-6 6l-6 -6z\">", x, y - 6);
          case INCONCLUSIVE ->
              format(
                  "<path class=\"mark f-INCONCLUSIVE\" d=\"M%.1f %.1fh7v7h-7z\">",
                  x - 3.5, y - 3.5);
        };
    svg.append(shape).append(title).append(shape.startsWith("<circle") ? "</circle>" : "</path>");
  }

  private Verdict verdict(BenchmarkRecord run) {
    return run.judgements().stream()
        .filter(judgement -> judgement.metric().equals(metric))
        .findFirst()
        .map(Judgement::verdict)
        .orElse(run.verdict());
  }

  private double mean(BenchmarkRecord run) {
    return values(run).stream().mapToDouble(Double::doubleValue).average().orElseThrow();
  }
}

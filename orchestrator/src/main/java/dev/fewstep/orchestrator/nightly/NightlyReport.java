package dev.fewstep.orchestrator.nightly;

import dev.fewstep.schemas.state.BenchmarkRecord;
import dev.fewstep.schemas.state.Judgement;
import dev.fewstep.schemas.state.Verdict;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/**
 * The history of benchmarks as one HTML page that needs nothing else: no script, no font, no
 * picture from elsewhere.
 */
public final class NightlyReport {
  private static final String STYLE =
      """
      :root{color-scheme:light dark;--ink:#1b1f24;--soft:#59636e;--line:#d1d9e0;--paper:#fff;--dot:#0969da;
      --good:#1a7f37;--bad:#cf222e;--open:#7d4e00}
      @media (prefers-color-scheme:dark){:root{--ink:#e6edf3;--soft:#9198a1;--line:#3d444d;--paper:#0d1117;
      --dot:#4493f8;--good:#3fb950;--bad:#f85149;--open:#d29922}}
      *{box-sizing:border-box}body{font:15px/1.5 system-ui,sans-serif;margin:0 auto;padding:24px;max-width:1100px;
      color:var(--ink);background:var(--paper)}h1{font-size:24px}h2{font-size:19px;margin-top:40px}
      h3{font-size:14px;margin:0 0 4px;font-weight:600;overflow-wrap:anywhere}
      p,td.why,figcaption{color:var(--soft)}.table{overflow-x:auto}table{border-collapse:collapse;width:100%}
      th,td{text-align:left;padding:4px 10px;border-bottom:1px solid var(--line);vertical-align:top}
      td.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}th.n{text-align:right}
      .PASS{color:var(--good)}.REGRESSED{color:var(--bad);font-weight:600}.INCONCLUSIVE{color:var(--open)}
      .plots{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,480px),1fr));gap:24px;margin-top:20px}
      figure{margin:0}svg{width:100%;height:auto;display:block}svg text{fill:var(--soft);font-size:11px}
      .axis{stroke:var(--line)}.seed{stroke:var(--dot);opacity:.35;stroke-width:2}.mean{fill:none;stroke:var(--dot);
      stroke-width:1.5}.base{stroke:var(--soft);stroke-dasharray:4 4}circle,path.mark{stroke:var(--paper);stroke-width:1}
      .f-PASS{fill:var(--dot)}.f-REGRESSED{fill:var(--bad)}.f-INCONCLUSIVE{fill:var(--open)}
      """;

  private NightlyReport() {}

  /**
   * The page.
   *
   * @param benchmarks runs by benchmark, each the newest first
   */
  public static String html(Map<String, List<BenchmarkRecord>> benchmarks) {
    StringBuilder page = new StringBuilder(1 << 16);
    page.append("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">")
        .append("<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">")
        .append("<title>fewstep nightly</title><style>")
        .append(STYLE)
        .append("</style></head><body><main><h1>Nightly benchmarks</h1>");
    if (benchmarks.isEmpty()) {
      page.append("<p>No run of a schedule with a gate has ended yet.</p>");
    } else {
      page.append(
          "<p>The smaller a score the better. A vertical bar spans the seeds of a run, a dot is their"
              + " mean; the dashed line is the baseline that the newest run was compared with. A"
              + " diamond is a run that regressed, a square one that is inconclusive.</p>");
    }
    benchmarks.forEach((name, history) -> benchmark(page, name, history));
    return page.append("</main></body></html>\n").toString();
  }

  private static void benchmark(StringBuilder page, String name, List<BenchmarkRecord> history) {
    BenchmarkRecord newest = history.get(0);
    page.append("<section><h2>")
        .append(text(name))
        .append(": ")
        .append(badge(newest.verdict()))
        .append("</h2><p>")
        .append(text(newest.experimentId()))
        .append(", ended ")
        .append(newest.at())
        .append("; ")
        .append(history.size())
        .append(history.size() == 1 ? " run" : " runs")
        .append(" since ")
        .append(history.get(history.size() - 1).at().toString(), 0, 10)
        .append("</p><div class=\"table\"><table><thead><tr><th>metric</th><th>verdict</th>")
        .append(
            "<th class=\"n\">value</th><th class=\"n\">baseline</th><th class=\"n\">change</th>")
        .append(
            "<th class=\"n\">seeds</th><th class=\"n\">runs</th><th>why</th></tr></thead><tbody>");
    for (Judgement judgement : newest.judgements()) {
      page.append("<tr><td>")
          .append(text(judgement.metric()))
          .append("</td><td>")
          .append(badge(judgement.verdict()))
          .append("</td><td class=\"n\">")
          .append(number(judgement.value()))
          .append("</td><td class=\"n\">")
          .append(number(judgement.baseline()))
          .append("</td><td class=\"n\">")
          .append(
              judgement
                  .change()
                  .map(change -> String.format(Locale.ROOT, "%+.2f%%", 100 * change))
                  .orElse("–"))
          .append("</td><td class=\"n\">")
          .append(judgement.seeds())
          .append("</td><td class=\"n\">")
          .append(judgement.runs())
          .append("</td><td class=\"why\">")
          .append(text(judgement.reason()))
          .append("</td></tr>");
    }
    page.append("</tbody></table></div><div class=\"plots\">");
    TreeSet<String> metrics = new TreeSet<>();
    history.forEach(run -> metrics.addAll(run.scores().keySet()));
    for (String metric : metrics) {
      page.append("<figure><h3>").append(text(metric)).append("</h3>");
      page.append(HistoryPlot.svg(metric, history));
      page.append("</figure>");
    }
    page.append("</div></section>");
  }

  private static String badge(Verdict verdict) {
    return "<span class=\"" + verdict + "\">" + verdict.name().toLowerCase(Locale.ROOT) + "</span>";
  }

  private static String number(Optional<Double> value) {
    return value.map(NightlyReport::number).orElse("–");
  }

  static String number(double value) {
    return String.format(Locale.ROOT, "%.4g", value);
  }

  static String text(String raw) {
    return raw.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }
}

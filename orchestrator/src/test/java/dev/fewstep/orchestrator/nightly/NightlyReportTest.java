package dev.fewstep.orchestrator.nightly;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fewstep.schemas.schedule.GateSpec;
import dev.fewstep.schemas.state.BenchmarkRecord;
import dev.fewstep.schemas.state.Judgement;
import dev.fewstep.schemas.state.Verdict;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;

class NightlyReportTest {
  private static final Instant AT = Instant.parse("2026-03-01T02:20:00Z");
  private static final String[] METRICS = {
    "fd:fashion-b(loss.kernel=cubic,sampling.steps=2)",
    "fd:fashion-b(loss.kernel=cubic,sampling.steps=5)",
    "step_ratio(loss.kernel=cubic,sampling.steps=5)"
  };

  /** Months of nights through the gate itself; the last five are worse. */
  private static List<BenchmarkRecord> months(int nights) {
    Random random = new Random(11);
    Gate gate = new Gate(new GateSpec(List.of("fd"), 0.03, 0.95, 14, 3, 3));
    List<BenchmarkRecord> history = new ArrayList<>();
    for (int night = 0; night < nights; night++) {
      Map<String, Map<String, Double>> scores = new TreeMap<>();
      for (int m = 0; m < METRICS.length; m++) {
        Map<String, Double> seeds = new TreeMap<>();
        double together = 0.02 * random.nextGaussian();
        for (int seed = 0; seed < 4; seed++) {
          double worse = night >= nights - 5 && m == 1 ? 2 : 0;
          seeds.put(
              "" + seed, 20.0 / (m + 1) + worse + together + seed + 0.02 * random.nextGaussian());
        }
        scores.put(METRICS[m], seeds);
      }
      List<Judgement> judgements = gate.judge(scores, gate.baseline(history));
      Verdict verdict = Gate.verdict(judgements);
      Instant at = AT.plus(Duration.ofDays(night));
      history.add(
          0,
          new BenchmarkRecord(
              "quality",
              "quality-" + night,
              at,
              at,
              scores,
              verdict,
              judgements,
              verdict != Verdict.REGRESSED));
    }
    return history;
  }

  @Test
  void showsEveryMetricOfEveryRunAndNeedsNothingElse() throws Exception {
    List<BenchmarkRecord> history = months(150);
    assertThat(history.get(0).verdict()).isEqualTo(Verdict.REGRESSED);
    assertThat(history.get(10).verdict()).isEqualTo(Verdict.PASS);
    String page = NightlyReport.html(Map.of("quality", history, "small", months(1)));
    write(page);

    Document parsed = parse(page);
    assertThat(parsed.getElementsByTagName("svg").getLength()).isEqualTo(6);
    assertThat(parsed.getElementsByTagName("circle").getLength()).isGreaterThan(300);
    assertThat(parsed.getElementsByTagName("script").getLength()).isZero();
    assertThat(page)
        .contains("quality: <span class=\"REGRESSED\">regressed</span>")
        .contains("150 runs since 2026-03-01")
        .contains("1 run since")
        .doesNotContain("http")
        .doesNotContain("NaN")
        .doesNotContain("Infinity");
    for (String metric : METRICS) {
      assertThat(page).contains("<h3>" + metric + "</h3>");
    }
  }

  @Test
  void saysSoWhenThereIsNothing() throws Exception {
    String page = NightlyReport.html(Map.of());
    assertThat(page).contains("No run of a schedule with a gate has ended yet.");
    assertThat(parse(page).getElementsByTagName("main").getLength()).isEqualTo(1);
  }

  @Test
  void namesAreTextAndNeverMarkup() throws Exception {
    String evil = "fd(x=<script>alert(1)</script>\"&)";
    BenchmarkRecord run =
        new BenchmarkRecord(
            "b",
            "e",
            AT,
            AT,
            Map.of(evil, Map.of("1", 0.0)),
            Verdict.INCONCLUSIVE,
            new Gate(GateSpec.usual()).judge(Map.of(evil, Map.of("1", 0.0)), List.of()),
            true);
    String page = NightlyReport.html(Map.of("b", List.of(run)));
    assertThat(page).doesNotContain("<script");
    assertThat(parse(page).getElementsByTagName("h3").item(0).getTextContent()).isEqualTo(evil);
  }

  /** As XML: every element is closed and every name escaped. */
  private static Document parse(String page) throws Exception {
    String xml = page.replace("<!doctype html>\n", "").replaceAll("<meta([^>]*)>", "<meta$1/>");
    return DocumentBuilderFactory.newInstance()
        .newDocumentBuilder()
        .parse(new ByteArrayInputStream(xml.getBytes(StandardCharsets.UTF_8)));
  }

  /** For a person who wants to look. */
  private static void write(String page) throws IOException {
    Files.writeString(
        Files.createDirectories(Path.of("target", "nightly")).resolve("report.html"), page);
  }
}

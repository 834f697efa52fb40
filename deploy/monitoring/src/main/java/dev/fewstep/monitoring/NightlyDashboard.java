package dev.fewstep.monitoring;

import static dev.fewstep.monitoring.Panel.lines;
import static dev.fewstep.monitoring.Panel.number;
import static dev.fewstep.monitoring.Panel.table;

import dev.fewstep.monitoring.Dashboard.Section;
import dev.fewstep.monitoring.Dashboard.Variable;
import java.util.List;

/** What the nightly benchmarks say. */
final class NightlyDashboard {
  private static final String CHOSEN = "benchmark=~\"$benchmark\"";

  private NightlyDashboard() {}

  static Dashboard make() {
    return new Dashboard(
        "nightly",
        "Nightly benchmarks",
        List.of(new Variable("benchmark", "fewstep_nightly_verdict")),
        List.of(
            Section.of(
                "Now",
                verdict("Passed", "pass"),
                verdict("Regressed", "regressed"),
                verdict("Inconclusive", "inconclusive"),
                table(
                    "Verdicts",
                    "none",
                    "On the newest run of each benchmark.",
                    "max by (benchmark, verdict) (fewstep_nightly_verdict{" + CHOSEN + "}) == 1")),
            Section.of(
                "Over time",
                lines(
                    "Scores and baselines",
                    "none",
                    "Of the newest run, mean over its seeds; the smaller the better.",
                    new Query(
                        "max by (benchmark, metric) (fewstep_nightly_score{" + CHOSEN + "})",
                        "{{benchmark}} {{metric}}"),
                    new Query(
                        "max by (benchmark, metric) (fewstep_nightly_baseline{" + CHOSEN + "})",
                        "{{benchmark}} {{metric}} baseline")),
                lines(
                    "Change",
                    "percentunit",
                    "Of a score against its baseline; the gate judges it with its interval.",
                    new Query(
                        "max by (benchmark, metric) (fewstep_nightly_score{"
                            + CHOSEN
                            + "}) / max by (benchmark, metric) (fewstep_nightly_baseline{"
                            + CHOSEN
                            + "}) - 1",
                        "{{benchmark}} {{metric}}")),
                lines(
                    "Regressions",
                    "none",
                    "1 while the newest run of a benchmark is judged to be worse.",
                    new Query(
                        "max by (benchmark) (fewstep_nightly_verdict{verdict=\"regressed\","
                            + CHOSEN
                            + "})",
                        "{{benchmark}}")),
                lines(
                    "Alerts",
                    "none",
                    "FewstepNightlyRegression, while it fires.",
                    new Query(
                        "ALERTS{alertname=\"FewstepNightlyRegression\",alertstate=\"firing\","
                            + CHOSEN
                            + "}",
                        "{{benchmark}}")))));
  }

  private static Panel verdict(String title, String verdict) {
    return number(
        title,
        "none",
        "Benchmarks of which the newest run is judged so.",
        "sum(max by (benchmark) (fewstep_nightly_verdict{verdict=\""
            + verdict
            + "\","
            + CHOSEN
            + "}))");
  }
}

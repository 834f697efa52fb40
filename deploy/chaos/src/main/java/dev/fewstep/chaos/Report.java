package dev.fewstep.chaos;

import dev.fewstep.chaos.check.Audit;
import dev.fewstep.chaos.check.Findings;
import dev.fewstep.chaos.check.HistoryChecker;
import dev.fewstep.chaos.check.Invariant;
import dev.fewstep.chaos.check.Recoveries;
import dev.fewstep.chaos.check.Recoveries.Recovery;
import dev.fewstep.chaos.check.Violation;
import dev.fewstep.chaos.cluster.Injector.Done;
import dev.fewstep.chaos.cluster.Shape;
import dev.fewstep.chaos.fault.FaultKind;
import dev.fewstep.schemas.TaskKind;
import dev.fewstep.schemas.TaskState;
import dev.fewstep.schemas.state.TaskRecord;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * The table of a run, as Markdown that is also read as text.
 *
 * @param seed of the schedule
 * @param shape of the installation
 * @param disks whether disks could be filled
 * @param took from the first submission to the end of the checks
 * @param faults what was done
 * @param checker what was seen
 * @param findings what was found
 * @param comparison of finetunes, once made
 * @param artifacts checked in the store
 * @param crashes processes that ended by themselves, by name
 * @param machine words about where it ran and what
 */
record Report(
    long seed,
    Shape shape,
    boolean disks,
    Duration took,
    List<Done> faults,
    HistoryChecker checker,
    Findings findings,
    Optional<Audit.Comparison> comparison,
    int artifacts,
    Map<String, Integer> crashes,
    String machine) {

  /** How many tasks have not ended. */
  long lost() {
    return findings.broken(Invariant.NOTHING_LOST);
  }

  /** How many successes were counted twice. */
  long doubled() {
    return findings.broken(Invariant.NOTHING_DOUBLE);
  }

  String markdown(boolean partial) {
    StringBuilder out = new StringBuilder();
    List<TaskRecord> tasks = checker.tasks();
    long ended = tasks.stream().filter(task -> task.state().isTerminal()).count();
    out.append(partial ? "**Unfinished: the run goes on.**\n\n" : "");
    line(
        out,
        "%d faults over %d tasks in %d min %d s; seed %d. Tasks lost: **%s**. Counted twice: **%d**."
            + " Invariants broken: **%d**.",
        faults.size(),
        ended,
        took.toMinutes(),
        took.toSecondsPart(),
        seed,
        partial ? "not known yet" : Long.toString(lost()),
        doubled(),
        findings.violations().size());
    line(out, "%s", machine);
    line(
        out,
        "%d broker%s, %d orchestrators, %d workers, 1 store; lease %d s, leader's session %d s,"
            + " presence %d s, dispatch %d s, poison after %d losses.%s",
        shape.brokers(),
        shape.brokers() > 1 ? "s" : "",
        shape.orchestrators(),
        shape.workers(),
        shape.lease().toSeconds(),
        shape.session().toSeconds(),
        shape.presence().toSeconds(),
        shape.dispatch().toSeconds(),
        shape.poison(),
        disks ? "" : " **No disk could be mounted, so none was filled: that fault was skipped.**");
    tasks(out, tasks);
    faults(out);
    recoveries(out);
    comparison.ifPresent(
        made ->
            line(
                out,
                "Finetunes that succeeded after an interruption: %d, of which %d went on from a"
                    + " checkpoint; run again uninterrupted and compared by sha256 of the weights:"
                    + " %d, different: %d. Finetunes of which several executions succeeded: %d,"
                    + " different: %d. Artifacts fetched and verified: %d.",
                made.interrupted(),
                made.resumed(),
                made.compared(),
                findings.broken(Invariant.WEIGHTS_BIT_EQUAL),
                made.twins(),
                findings.broken(Invariant.TWINS_BIT_EQUAL),
                artifacts));
    invariants(out);
    return out.toString();
  }

  private void tasks(StringBuilder out, List<TaskRecord> tasks) {
    out.append("| tasks | succeeded | failed | cancelled | open |\n|---|--:|--:|--:|--:|\n");
    for (TaskKind kind : TaskKind.values()) {
      Map<TaskState, Integer> counts = new EnumMap<>(TaskState.class);
      tasks.stream()
          .filter(task -> task.kind() == kind)
          .forEach(task -> counts.merge(task.state(), 1, Integer::sum));
      int all = counts.values().stream().mapToInt(Integer::intValue).sum();
      int succeeded = counts.getOrDefault(TaskState.SUCCEEDED, 0);
      int failed = counts.getOrDefault(TaskState.FAILED, 0);
      int cancelled = counts.getOrDefault(TaskState.CANCELLED, 0);
      out.append(
          "| %s | %d | %d | %d | %d |\n"
              .formatted(kind, succeeded, failed, cancelled, all - succeeded - failed - cancelled));
    }
    long again = tasks.stream().filter(task -> task.attempt() > 1).count();
    long[] reports = checker.reports();
    out.append('\n');
    line(
        out,
        "Tasks that needed more than one attempt: %d; executions that began: %d; failures reported:"
            + " %d; successes reported: %d; terms of leaders: %d. Processes that ended by"
            + " themselves: %s.",
        again,
        reports[0],
        reports[1],
        checker.successes().size(),
        checker.terms().size(),
        crashes.isEmpty() ? "none" : crashes);
  }

  private void faults(StringBuilder out) {
    out.append("| fault | times |\n|---|--:|\n");
    for (FaultKind kind : FaultKind.values()) {
      long count = faults.stream().filter(done -> done.fault().kind() == kind).count();
      out.append("| %s | %d |\n".formatted(kind.words(), count));
    }
    out.append("| **all** | **%d** |\n\n".formatted(faults.size()));
  }

  private void recoveries(StringBuilder out) {
    out.append("| recovery | n | p50 s | p95 s | max s | bar |\n|---|--:|--:|--:|--:|---|\n");
    List<Recovery> workers = Recoveries.ofWorkers(faults, checker.runs());
    List<Recovery> leaders = Recoveries.ofLeaders(faults, checker.terms());
    String lease = "≤ lease + 2 s = " + (shape.lease().toSeconds() + 2) + " s";
    recovery(
        out,
        "death of a worker → its task started again, no other fault near",
        alone(workers),
        lease);
    recovery(out, "the same, all, other faults at work too", workers, "");
    recovery(
        out,
        "death of the leader → first commit of the next, no other fault near",
        alone(leaders),
        "≤ 15 s");
    recovery(out, "the same, all, other faults at work too", leaders, "");
    out.append('\n');
  }

  private static List<Recovery> alone(List<Recovery> all) {
    return all.stream().filter(Recovery::alone).toList();
  }

  private static void recovery(StringBuilder out, String what, List<Recovery> all, String bar) {
    out.append(
        String.format(
            Locale.ROOT,
            "| %s | %d | %.1f | %.1f | %.1f | %s |%n",
            what,
            all.size(),
            seconds(all, 0.5),
            seconds(all, 0.95),
            seconds(all, 1),
            bar));
  }

  private static double seconds(List<Recovery> all, double part) {
    return Recoveries.quantile(all, part).toMillis() / 1000.0;
  }

  private void invariants(StringBuilder out) {
    out.append("| invariant | checked | broken |\n|---|--:|--:|\n");
    for (Invariant invariant : Invariant.values()) {
      out.append(
          "| %s | %d | %d |\n"
              .formatted(
                  invariant.words(), findings.checked(invariant), findings.broken(invariant)));
    }
    out.append('\n');
    List<Violation> violations = findings.violations();
    for (Violation violation : violations.subList(0, Math.min(20, violations.size()))) {
      line(
          out,
          "- %s: %s at offset %d: %s",
          violation.invariant(),
          violation.subject(),
          violation.offset(),
          violation.evidence().substring(0, Math.min(400, violation.evidence().length())));
    }
  }

  private static void line(StringBuilder out, String format, Object... values) {
    out.append(String.format(Locale.ROOT, format, values)).append("\n\n");
  }
}

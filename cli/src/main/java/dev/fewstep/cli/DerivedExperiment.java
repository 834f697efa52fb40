package dev.fewstep.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fewstep.schemas.spec.SpecText;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What the verbs share that make an experiment of another: extend, resubmit, clone. */
final class DerivedExperiment {
  private static final List<String> SETS = List.of("kept", "new", "withdrawn");

  @Mixin private VerbOptions verb;

  @Option(names = "--dry-run", description = "only say what it would do; nothing is submitted")
  private boolean dryRun;

  @Option(names = "--watch", description = "follow it to its end; exit 1 when a trial failed")
  private boolean watch;

  @Option(
      names = "--timeout",
      paramLabel = "DURATION",
      converter = DurationConverter.class,
      description = "how long to watch, such as 90s, 15m or 2h; exit 4 when it is over")
  private Duration timeout;

  /** The experiment that another is made of. */
  String from() {
    return verb.id();
  }

  /** Asks, says what came of it, and follows it when asked to. */
  int submit(Main main, String name, String contentType, String body, boolean showSpec) {
    JsonNode answer = verb.ask(main, name + (dryRun ? "?dryRun=true" : ""), contentType, body);
    String id = answer.path("id").asText();
    if (!verb.table()) {
      if (!watch || dryRun) {
        verb.output(main).object(answer);
      }
    } else if (dryRun && showSpec) {
      main.out().print(SpecText.yaml(answer.path("spec")));
    } else {
      explain(main, answer);
      main.out().println(dryRun ? "nothing was submitted" : id);
    }
    if (dryRun || !watch) {
      return ExitCodes.OK;
    }
    boolean succeeded =
        new Watch(verb.client(main), main.err(), main.terminal())
            .follow(id, Optional.ofNullable(timeout));
    TrialTable.print(verb.client(main), id, verb.output(main));
    return succeeded ? ExitCodes.OK : ExitCodes.FAILED;
  }

  private static void explain(Main main, JsonNode answer) {
    JsonNode plan = answer.path("plan");
    JsonNode change = plan.path("change");
    List<Map<String, String>> rows = new ArrayList<>();
    if (change.isMissingNode()) {
      plan.path("byKind")
          .properties()
          .forEach(kind -> rows.add(row(kind.getKey(), kind.getValue(), PlanCommand.COUNTS)));
      main.err().print(Output.table(columns("kind", PlanCommand.COUNTS), rows));
    } else {
      rows.add(row("trials", change.path("trials"), SETS));
      change
          .path("byKind")
          .properties()
          .forEach(kind -> rows.add(row(kind.getKey() + " tasks", kind.getValue(), SETS)));
      main.err().print(Output.table(columns("", SETS), rows));
    }
    int resumed = plan.path("finetunes").path("resumed").asInt();
    int fromStart = plan.path("finetunes").path("fromStart").asInt();
    if (resumed + fromStart > 0) {
      main.err()
          .printf(
              "of %s to run, %d from a checkpoint on, %d from the start%n",
              Counted.of(resumed + fromStart, "finetune"), resumed, fromStart);
    }
  }

  private static List<String> columns(String first, List<String> names) {
    List<String> columns = new ArrayList<>(List.of(first));
    columns.addAll(names);
    return columns;
  }

  private static Map<String, String> row(String name, JsonNode counts, List<String> columns) {
    Map<String, String> row = new HashMap<>();
    row.put(columns.equals(SETS) ? "" : "kind", name);
    columns.forEach(column -> row.put(column, counts.path(column).asText("0")));
    return row;
  }
}

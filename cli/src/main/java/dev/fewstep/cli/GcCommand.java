package dev.fewstep.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fewstep.schemas.Json;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

@Command(
    name = "gc",
    mixinStandardHelpOptions = true,
    description = {
      "Shows which artifacts nothing needs any more and, with --delete, frees them.",
      "Needed are: inputs, results, checkpoints that a task would resume from, archives."
    })
final class GcCommand implements Callable<Integer> {
  @ParentCommand private Main main;
  @Mixin private ServerOptions server;
  @Mixin private OutputOptions output;

  @Option(names = "--delete", description = "delete them; without it nothing is changed")
  private boolean delete;

  @Option(names = "--dry-run", description = "only look: this is what happens without --delete")
  private boolean dryRun;

  @Option(
      names = "--grace",
      paramLabel = "TIME",
      defaultValue = "24h",
      converter = DurationConverter.class,
      description = "leave alone what was written more recently (default: ${DEFAULT-VALUE})")
  private Duration grace;

  @Option(
      names = "--keep-checkpoints",
      paramLabel = "RULES",
      defaultValue = "last",
      description =
          "which checkpoints of finished finetunes stay: last, best, every:N, comma-separated, or"
              + " none (default: ${DEFAULT-VALUE}). Without last, a finetune cannot be extended.")
  private String keep;

  @Option(
      names = {"-y", "--yes"},
      description = "do not ask")
  private boolean yes;

  @Override
  public Integer call() {
    if (delete && dryRun) {
      throw CliException.usage("--delete and --dry-run exclude each other");
    }
    ApiClient client = server.client(main.settings());
    if (delete
        && !Question.confirmed(
            main, yes, "Deletes artifacts for good; 'fewstep gc' shows which. Go on?")) {
      return ExitCodes.OK;
    }
    ObjectNode body =
        Json.messages()
            .createObjectNode()
            .put("delete", delete)
            .put("graceSeconds", grace.toSeconds())
            .put("keepCheckpoints", keep);
    JsonNode report = new JobWatch(main, client).run("/api/v1/artifacts:gc", Json.toText(body));
    print(report);
    return report.path("problems").isEmpty() ? ExitCodes.OK : ExitCodes.FAILED;
  }

  private void print(JsonNode report) {
    List<Map<String, String>> rows = new ArrayList<>();
    long objects = 0;
    long bytes = 0;
    for (JsonNode row : report.path("rows")) {
      objects += row.path("objects").asLong();
      bytes += row.path("bytes").asLong();
      String experiment = row.path("experiment").asText();
      rows.add(
          Map.of(
              "reason", row.path("reason").asText().toLowerCase(Locale.ROOT).replace('_', ' '),
              "experiment", experiment.isEmpty() ? "-" : experiment,
              "objects", row.path("objects").asText(),
              "size", JobWatch.size(row.path("bytes").asLong())));
    }
    output.output(main).rows(List.of("reason", "experiment", "objects", "size"), rows, report);
    if (output.format() != OutputFormat.table) {
      return;
    }
    main.err()
        .printf(
            "%n%s objects (%s) in the store, %s needed; of the others %s younger than the grace, %s"
                + " kept as checkpoints (%s)%n",
            report.path("objects").asText(),
            JobWatch.size(report.path("bytes").asLong()),
            report.path("needed").asText(),
            report.path("young").asText(),
            report.path("kept").asText(),
            report.path("keepCheckpoints").asText());
    if (report.path("deleted").asBoolean()) {
      main.err()
          .printf(
              "freed %s objects (%s), ended %s unfinished uploads",
              report.path("freed").asText(),
              JobWatch.size(report.path("freedBytes").asLong()),
              report.path("uploads").asText());
      long left = report.path("spared").asLong() + report.path("restored").asLong();
      main.err().println(left == 0 ? "" : "; left " + left + " that came into use meanwhile");
    } else {
      main.err()
          .printf(
              "would free %d objects (%s) and %s unfinished uploads; nothing was changed%s%n",
              objects,
              JobWatch.size(bytes),
              report.path("uploads").asText(),
              objects == 0 ? "" : ": 'fewstep gc --delete' frees them");
    }
    if (!report.path("complete").asBoolean()) {
      main.err().println("it was stopped before its end");
    }
    report.path("problems").forEach(problem -> main.err().println(problem.asText()));
  }
}

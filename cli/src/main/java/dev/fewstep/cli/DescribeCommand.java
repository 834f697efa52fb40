package dev.fewstep.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fewstep.schemas.Json;
import dev.fewstep.schemas.spec.SpecText;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

@Command(
    name = "describe",
    mixinStandardHelpOptions = true,
    description = {
      "Shows an experiment with its trials and tasks, or one task: why it waits, or why it failed with the",
      "end of its log."
    })
final class DescribeCommand implements Callable<Integer> {
  private static final List<String> RUNG_COLUMNS =
      List.of("rung", "iterations", "trials", "completed", "failed", "promoted");

  @ParentCommand private Main main;
  @Mixin private ServerOptions server;
  @Mixin private OutputOptions output;

  @Parameters(paramLabel = "ID", description = "id of an experiment, or key of a task")
  private String id;

  @Option(names = "--spec", description = "print the experiment's specification as YAML")
  private boolean spec;

  @Override
  public Integer call() {
    ApiClient client = server.client(main.settings());
    boolean people = output.format() == OutputFormat.table;
    if (id.matches("[0-9a-f]{64}")) {
      JsonNode task = client.get("/api/v1/tasks/" + id);
      JsonNode explained = client.get("/api/v1/tasks/" + id + "/explain");
      if (people) {
        new TaskText(main.out()).print(task, explained);
      } else {
        ObjectNode whole = Json.messages().createObjectNode();
        whole.set("task", task);
        whole.set("explain", explained);
        output.output(main).object(whole);
      }
      return ExitCodes.OK;
    }
    JsonNode experiment = client.get("/api/v1/experiments/" + ApiClient.encode(id));
    if (spec && people) {
      main.out().print(SpecText.yaml(experiment.path("spec")));
    } else if (spec) {
      output.output(main).object(experiment.path("spec"));
    } else if (people) {
      describe(client, experiment);
    } else {
      ObjectNode whole = Json.messages().createObjectNode();
      whole.set("experiment", experiment);
      whole.set("trials", Json.toTree(TrialTable.fetch(client, id)));
      output.output(main).object(whole);
    }
    return ExitCodes.OK;
  }

  private void describe(ApiClient client, JsonNode experiment) {
    main.out()
        .printf(
            "%s  %s  %s  submitted %s%n",
            experiment.path("id").asText(),
            experiment.path("state").asText(),
            Counted.of(experiment.path("trials").asInt(), "trial"),
            experiment.path("submittedAt").asText());
    JsonNode policy = experiment.path("policy");
    main.out()
        .printf(
            "priority %s, %s at once%s%n",
            policy.path("priority").asText(),
            policy.path("maxParallel").asInt() == 0
                ? "any number of tasks"
                : "at most " + Counted.of(policy.path("maxParallel").asInt(), "task"),
            policy.path("cache").asBoolean(true) ? "" : ", earlier results do not serve");
    JsonNode lineage = experiment.path("lineage");
    tell(
        lineage.path("experimentId"),
        lineage.path("kind").asText().toLowerCase(Locale.ROOT) + " %s");
    tell(experiment.path("imported").path("origin"), "imported from %s");
    tell(experiment.path("replacedBy"), "replaced by %s");
    tell(experiment.path("pausedAt"), "paused since %s; go on with 'fewstep resume " + id + "'");
    tell(experiment.path("cancelledAt"), "cancelled at %s");
    tell(experiment.path("failure"), "failed: %s");
    tell(experiment.path("traceId"), "trace %s");
    rungs(experiment.path("rungs"));
    main.out().println();
    TrialTable.print(client, id, output.output(main));
    List<JsonNode> tasks = client.all("/api/v1/tasks?experiment=" + ApiClient.encode(id));
    List<Map<String, String>> rows = new ArrayList<>();
    for (JsonNode task : tasks) {
      rows.add(
          Map.of(
              "task", task.path("key").asText().substring(0, 12),
              "kind", task.path("kind").asText(),
              "state", task.path("state").asText(),
              "attempt", task.path("attempt").asText(),
              "failure", TaskText.failure(task)));
    }
    main.out().println();
    main.out().print(Output.table(List.of("task", "kind", "state", "attempt", "failure"), rows));
    tasks.stream()
        .filter(task -> task.path("state").asText().equals("FAILED"))
        .findFirst()
        .ifPresent(
            task ->
                main.out()
                    .printf(
                        "%nthe end of the log of a failed task: fewstep describe %s%n",
                        task.path("key").asText()));
  }

  /** How the trials were halved, when they were. */
  private void rungs(JsonNode rungs) {
    if (rungs.isEmpty()) {
      return;
    }
    List<Map<String, String>> rows = new ArrayList<>();
    for (JsonNode rung : rungs) {
      Map<String, String> row = new LinkedHashMap<>();
      for (String column : RUNG_COLUMNS) {
        row.put(column, rung.path(column).asText("-"));
      }
      row.put("best validation", TrialTable.number(rung.path("best")));
      rows.add(row);
    }
    List<String> columns = new ArrayList<>(RUNG_COLUMNS);
    columns.add("best validation");
    main.out().println();
    main.out().print(Output.table(columns, rows));
  }

  private void tell(JsonNode value, String format) {
    if (!value.isMissingNode()) {
      main.out().println(format.formatted(value.asText()));
    }
  }
}

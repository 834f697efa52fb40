package dev.fewstep.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fewstep.schemas.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

@Command(
    name = "demo",
    mixinStandardHelpOptions = true,
    description = {
      "Runs the whole of fewstep once.",
      "Starts the embedded stack, finetunes a small model on real images for a few "
          + "sampling steps, scores it against the base model, and writes a report."
    })
final class DemoCommand implements Callable<Integer> {
  @ParentCommand private Main main;
  @Mixin private OutputOptions output;

  @Option(
      names = "--spec",
      paramLabel = "FILE",
      description = "another experiment to run (default: models/fashion-mnist/demo.yaml)")
  private Path spec;

  @Option(
      names = "--port",
      paramLabel = "PORT",
      defaultValue = "0",
      description = "port of the dashboard (default: a free one)")
  private int port;

  @Option(
      names = "--timeout",
      paramLabel = "DURATION",
      defaultValue = "60m",
      converter = DurationConverter.class,
      description = "exit 4 when it takes longer (default: ${DEFAULT-VALUE})")
  private Duration timeout;

  /** The held-out space that judges: the first that the specification names. */
  private String judge = "";

  @Override
  public Integer call() throws IOException {
    Instant start = Instant.now();
    Path models = LocalStack.home().resolve("models").resolve("fashion-mnist");
    ExperimentFile experiment =
        ExperimentFile.read(Optional.ofNullable(spec).orElse(models.resolve("demo.yaml")));
    String trained = experiment.experiment().spec().base().at("/loss/extractor").asText();
    judge =
        experiment.experiment().spec().evaluation().extractors().stream()
            .filter(space -> !space.equals(trained))
            .findFirst()
            .orElse("");
    Settings settings = main.settings();
    settings.flag(Setting.HTTP_PORT, Optional.of(String.valueOf(port)));
    try (LocalStack stack = LocalStack.start(settings, main.err()::println)) {
      main.err().println("dashboard: " + stack.dashboard());
      ApiClient client = stack.client();
      InputBundle.read(models.resolve("inputs.yaml"))
          .register(
              client, settings.path(Setting.CACHE_DIR).resolve("datasets"), main.err()::println);
      String id =
          client
              .post("/api/v1/experiments", "application/yaml", experiment.text(), UUID.randomUUID())
              .path("id")
              .asText();
      main.err().println("submitted " + id);
      boolean succeeded =
          new Watch(client, main.err(), main.terminal()).follow(id, Optional.of(timeout));
      JsonNode base = client.get("/api/v1/experiments/" + ApiClient.encode(id) + "/base");
      List<JsonNode> trials = TrialTable.fetch(client, id);
      Path report = settings.path(Setting.DATA_DIR).resolve("reports").resolve(id + ".html");
      Files.createDirectories(report.getParent());
      Files.writeString(report, new DemoReport(client, id, experiment.text()).html(trials, base));
      double seconds = Duration.between(start, Instant.now()).toMillis() / 1000.0;
      print(stack, trials, base, report, seconds);
      if (!succeeded) {
        throw CliException.failed(
            "the experiment did not succeed; see the table, and "
                + settings.path(Setting.DATA_DIR).resolve("logs"));
      }
      return ExitCodes.OK;
    }
  }

  private void print(
      LocalStack stack, List<JsonNode> trials, JsonNode base, Path report, double seconds) {
    if (output.format() == OutputFormat.table || output.format() == OutputFormat.csv) {
      List<String> columns =
          List.of(
              "trial",
              "steps",
              "NFE",
              "FD trained",
              "FD held-out",
              "baseline trained",
              "baseline held-out",
              "ratio trained",
              "ratio held-out",
              "seconds");
      List<Map<String, String>> rows = new ArrayList<>();
      base.path("items").forEach(item -> rows.add(baseRow(item)));
      trials.forEach(trial -> rows.add(trialRow(trial)));
      output.output(main).rows(columns, rows, Json.toTree(trials));
      main.err().printf(Locale.ROOT, "report: %s (%.0f s in all)%n", report, seconds);
      return;
    }
    ObjectNode result = Json.messages().createObjectNode();
    result.put("seconds", seconds);
    result.put("dashboard", stack.dashboard().toString());
    result.put("report", report.toString());
    ArrayNode rows = result.putArray("trials");
    for (JsonNode trial : trials) {
      ObjectNode row = rows.addObject();
      row.put("name", name(trial));
      row.set("samplingSteps", trial.path("samplingSteps"));
      row.set("nfe", trial.path("nfe"));
      row.set("kernel", trial.path("kernel"));
      row.set("scores", scores(trial.path("scores")));
      row.set("baseline", scores(trial.path("baseline")));
      row.set("seconds", trial.path("seconds"));
      row.set("state", trial.path("state"));
    }
    ArrayNode alone = result.putArray("base");
    for (JsonNode item : base.path("items")) {
      ObjectNode row = alone.addObject();
      row.set("samplingSteps", item.path("samplingSteps"));
      row.set("nfe", item.path("nfe"));
      row.set("scores", scores(item.path("scores")));
    }
    output.output(main).object(result);
  }

  /** The trained space, the judging one, and every held-out one by name. */
  private ObjectNode scores(JsonNode scores) {
    ObjectNode row = Json.messages().createObjectNode();
    row.set("trained", scores.path("trained"));
    row.set("heldOut", heldOut(scores));
    row.set("spaces", scores.path("heldOut"));
    return row;
  }

  private JsonNode heldOut(JsonNode scores) {
    return scores.path("heldOut").path(judge);
  }

  /** The trial's axis values, such as {@code steps=5 kernel=cubic}. */
  static String name(JsonNode trial) {
    List<String> parts = new ArrayList<>();
    trial
        .path("values")
        .properties()
        .forEach(
            axis ->
                parts.add(
                    axis.getKey().substring(axis.getKey().lastIndexOf('.') + 1)
                        + "="
                        + axis.getValue().asText()));
    return parts.isEmpty() ? "trial " + trial.path("index").asText() : String.join(" ", parts);
  }

  private Map<String, String> baseRow(JsonNode item) {
    Map<String, String> row = new LinkedHashMap<>();
    row.put("trial", "base model");
    row.put("steps", item.path("samplingSteps").asText());
    row.put("NFE", item.path("nfe").asText("-"));
    row.put("FD trained", TrialTable.number(item.path("scores").path("trained")));
    row.put("FD held-out", TrialTable.number(heldOut(item.path("scores"))));
    return row;
  }

  private Map<String, String> trialRow(JsonNode trial) {
    JsonNode scores = trial.path("scores");
    JsonNode baseline = trial.path("baseline");
    Map<String, String> row = new LinkedHashMap<>();
    row.put("trial", name(trial));
    row.put("steps", trial.path("samplingSteps").asText());
    row.put("NFE", trial.path("nfe").asText("-"));
    row.put("FD trained", TrialTable.number(scores.path("trained")));
    row.put("FD held-out", TrialTable.number(heldOut(scores)));
    row.put("baseline trained", TrialTable.number(baseline.path("trained")));
    row.put("baseline held-out", TrialTable.number(heldOut(baseline)));
    row.put("ratio trained", TrialTable.ratio(scores.path("trained"), baseline.path("trained")));
    row.put("ratio held-out", TrialTable.ratio(heldOut(scores), heldOut(baseline)));
    row.put("seconds", TrialTable.seconds(trial.path("seconds")));
    return row;
  }
}

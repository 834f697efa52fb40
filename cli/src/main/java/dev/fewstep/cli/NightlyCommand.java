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
import java.util.UUID;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

@Command(
    name = "nightly",
    mixinStandardHelpOptions = true,
    description = "Benchmarks: schedules whose scores are compared with those of earlier runs.",
    subcommands = {
      NightlyCommand.Run.class,
      NightlyCommand.ListBenchmarks.class,
      NightlyCommand.Show.class,
      NightlyCommand.Accept.class,
      NightlyCommand.Report.class
    })
final class NightlyCommand implements Callable<Integer> {
  private static final String NIGHTLY = "/api/v1/nightly";
  private static final Duration BETWEEN = Duration.ofSeconds(1);
  private static final List<String> COLUMNS =
      List.of("benchmark", "metric", "verdict", "value", "baseline", "change", "why");

  @ParentCommand private Main main;
  @Mixin private ServerOptions server;
  @Mixin private OutputOptions output;

  @Override
  public Integer call() {
    return list(main, server, output);
  }

  private static int list(Main main, ServerOptions server, OutputOptions output) {
    JsonNode items = server.client(main.settings()).get(NIGHTLY).path("items");
    List<Map<String, String>> rows = new ArrayList<>();
    for (JsonNode item : items) {
      rows.add(
          Map.of(
              "benchmark", item.path("schedule").asText(),
              "verdict", verdict(item),
              "run", item.path("experimentId").asText(),
              "ended", item.path("at").asText(),
              "runs", item.path("runs").asText()));
    }
    output.output(main).rows(List.of("benchmark", "verdict", "run", "ended", "runs"), rows, items);
    return ExitCodes.OK;
  }

  private static String verdict(JsonNode node) {
    return node.path("verdict").asText().toLowerCase(Locale.ROOT);
  }

  private static String number(JsonNode value) {
    return value.isNumber() ? String.format(Locale.ROOT, "%.4g", value.asDouble()) : "-";
  }

  private static String path(String benchmark) {
    return NIGHTLY + "/" + ApiClient.encode(benchmark);
  }

  private static void table(Output output, ArrayNode runs) {
    List<Map<String, String>> rows = new ArrayList<>();
    for (JsonNode run : runs) {
      for (JsonNode judgement : run.path("judgements")) {
        rows.add(
            Map.of(
                "benchmark",
                run.path("schedule").asText(),
                "metric",
                judgement.path("metric").asText(),
                "verdict",
                verdict(judgement),
                "value",
                number(judgement.path("value")),
                "baseline",
                number(judgement.path("baseline")),
                "change",
                judgement.has("change")
                    ? String.format(
                        Locale.ROOT, "%+.2f%%", 100 * judgement.path("change").asDouble())
                    : "-",
                "why",
                judgement.path("reason").asText()));
      }
    }
    output.rows(COLUMNS, rows, runs);
  }

  @Command(
      name = "run",
      mixinStandardHelpOptions = true,
      sortOptions = false,
      description = {
        "Runs benchmarks now, waits for their ends, and prints what the gate makes of them.",
        "Exit codes: 1 when an experiment failed; with --gate 0 when all pass, 5 when one regressed,",
        "6 when none did and one is inconclusive."
      })
  static final class Run implements Callable<Integer> {
    @ParentCommand private NightlyCommand parent;
    @Mixin private ServerOptions server;
    @Mixin private OutputOptions output;

    @Parameters(
        arity = "0..*",
        paramLabel = "NAME",
        description = "schedules with a gate; all that are not paused when none is named")
    private List<String> names = List.of();

    @Option(names = "--gate", description = "let the exit code be the verdict")
    private boolean gate;

    @Option(
        names = "--timeout",
        defaultValue = "2h",
        paramLabel = "DURATION",
        converter = DurationConverter.class,
        description = "how long to wait; exit 4 when it is over (default: ${DEFAULT-VALUE})")
    private Duration timeout;

    @Override
    public Integer call() throws InterruptedException {
      ApiClient client = server.client(parent.main.settings());
      Map<String, String> waiting = new LinkedHashMap<>();
      for (String name : benchmarks(client)) {
        String id =
            client
                .post(
                    ScheduleCommand.SCHEDULES + "/" + ApiClient.encode(name) + ":run",
                    "application/json",
                    "{}",
                    UUID.randomUUID())
                .path("id")
                .asText();
        parent.main.err().println("running " + id);
        waiting.put(name, id);
      }
      ArrayNode runs = await(client, waiting);
      table(output.output(parent.main), runs);
      return exitCode(client, runs);
    }

    private List<String> benchmarks(ApiClient client) {
      List<String> chosen = new ArrayList<>();
      for (JsonNode schedule : client.get(ScheduleCommand.SCHEDULES).path("items")) {
        String name = schedule.path("name").asText();
        boolean wanted = names.isEmpty() ? !schedule.has("pausedAt") : names.contains(name);
        if (wanted && schedule.has("gate")) {
          chosen.add(name);
        } else if (wanted && !names.isEmpty()) {
          throw CliException.usage("schedule " + name + " has no gate");
        }
      }
      for (String name : names) {
        if (!chosen.contains(name)) {
          throw CliException.usage("there is no schedule " + name);
        }
      }
      if (chosen.isEmpty()) {
        throw CliException.usage(
            "there is no schedule with a gate; 'fewstep schedule create --help' says how to make"
                + " one");
      }
      return chosen;
    }

    private ArrayNode await(ApiClient client, Map<String, String> waiting)
        throws InterruptedException {
      Instant deadline = Instant.now().plus(timeout);
      ArrayNode runs = Json.messages().createArrayNode();
      Map<String, String> open = new LinkedHashMap<>(waiting);
      while (!open.isEmpty()) {
        open.entrySet().removeIf(each -> found(client, each.getKey(), each.getValue(), runs));
        if (!open.isEmpty() && Instant.now().isAfter(deadline)) {
          throw CliException.timeout(
              String.join(", ", open.values()) + " did not end within " + timeout);
        }
        if (!open.isEmpty()) {
          Thread.sleep(BETWEEN.toMillis());
        }
      }
      return runs;
    }

    private static boolean found(ApiClient client, String name, String id, ArrayNode runs) {
      for (JsonNode run : client.get(path(name) + "?limit=20").path("items")) {
        if (run.path("experimentId").asText().equals(id)) {
          runs.add(run);
          return true;
        }
      }
      return false;
    }

    private int exitCode(ApiClient client, ArrayNode runs) {
      boolean regressed = false;
      boolean inconclusive = false;
      boolean failed = false;
      for (JsonNode run : runs) {
        regressed |= verdict(run).equals("regressed");
        inconclusive |= verdict(run).equals("inconclusive");
        String id = run.path("experimentId").asText();
        String state = client.get("/api/v1/experiments/" + id).path("state").asText();
        failed |= !state.equals("SUCCEEDED");
        parent.main.err().println(id + ": " + verdict(run) + ", " + state);
      }
      if (gate) {
        return regressed
            ? ExitCodes.REGRESSED
            : inconclusive ? ExitCodes.INCONCLUSIVE : ExitCodes.OK;
      }
      return failed ? ExitCodes.FAILED : ExitCodes.OK;
    }
  }

  @Command(
      name = "list",
      mixinStandardHelpOptions = true,
      description = "Lists the benchmarks with the verdict on their newest runs.")
  static final class ListBenchmarks implements Callable<Integer> {
    @ParentCommand private NightlyCommand parent;
    @Mixin private ServerOptions server;
    @Mixin private OutputOptions output;

    @Override
    public Integer call() {
      return list(parent.main, server, output);
    }
  }

  @Command(
      name = "show",
      mixinStandardHelpOptions = true,
      description = "Shows what the gate made of the newest runs of a benchmark.")
  static final class Show implements Callable<Integer> {
    @ParentCommand private NightlyCommand parent;
    @Mixin private ServerOptions server;
    @Mixin private OutputOptions output;

    @Parameters(paramLabel = "NAME", description = "the schedule")
    private String name;

    @Option(
        names = "--runs",
        defaultValue = "1",
        paramLabel = "N",
        description = "how many, 1 to 400 (default: ${DEFAULT-VALUE})")
    private int runs;

    @Override
    public Integer call() {
      JsonNode items =
          server.client(parent.main.settings()).get(path(name) + "?limit=" + runs).path("items");
      ArrayNode found = Json.messages().createArrayNode();
      items.forEach(found::add);
      table(output.output(parent.main), found);
      return ExitCodes.OK;
    }
  }

  @Command(
      name = "accept",
      mixinStandardHelpOptions = true,
      description =
          "Lets a run that regressed be part of later baselines: it is as it shall be from now on.")
  static final class Accept implements Callable<Integer> {
    @ParentCommand private NightlyCommand parent;
    @Mixin private ServerOptions server;
    @Mixin private OutputOptions output;
    @Mixin private IdempotencyOption idempotency;

    @Parameters(index = "0", paramLabel = "NAME", description = "the schedule")
    private String name;

    @Parameters(index = "1", paramLabel = "EXPERIMENT", description = "its run")
    private String experiment;

    @Override
    public Integer call() {
      ObjectNode body = Json.messages().createObjectNode().put("experimentId", experiment);
      JsonNode answer =
          server
              .client(parent.main.settings())
              .post(path(name) + ":accept", "application/json", body.toString(), idempotency.key());
      if (output.format() == OutputFormat.table) {
        parent.main.out().println(experiment + " is part of later baselines of " + name);
      } else {
        output.output(parent.main).object(answer);
      }
      return ExitCodes.OK;
    }
  }

  @Command(
      name = "report",
      mixinStandardHelpOptions = true,
      description = "Writes the history of all benchmarks as one HTML page.")
  static final class Report implements Callable<Integer> {
    @ParentCommand private NightlyCommand parent;
    @Mixin private ServerOptions server;

    @Option(
        names = {"-f", "--file"},
        required = true,
        paramLabel = "FILE",
        description = "where to; the page needs nothing else")
    private Path file;

    @Override
    public Integer call() {
      byte[] page = server.client(parent.main.settings()).bytes("/api/v1/nightly-report");
      try {
        Files.write(file, page);
      } catch (IOException e) {
        throw CliException.failed("cannot write " + file + ": " + e.getMessage(), e);
      }
      return ExitCodes.OK;
    }
  }
}

package dev.fewstep.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fewstep.schemas.Json;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

@Command(
    name = "schedule",
    mixinStandardHelpOptions = true,
    description = "Experiments that come again: each slot is run once, whoever leads.",
    subcommands = {
      ScheduleCommand.Create.class,
      ScheduleCommand.ListSchedules.class,
      ScheduleShowCommand.class,
      ScheduleCommand.Pause.class,
      ScheduleCommand.Resume.class,
      ScheduleCommand.Run.class,
      ScheduleCommand.Delete.class
    })
final class ScheduleCommand implements Callable<Integer> {
  static final String SCHEDULES = "/api/v1/schedules";

  @ParentCommand private Main main;
  @Mixin private ServerOptions server;
  @Mixin private OutputOptions output;

  @Override
  public Integer call() {
    return list(main, server, output);
  }

  private static String path(String name) {
    return SCHEDULES + "/" + ApiClient.encode(name);
  }

  private static int list(Main main, ServerOptions server, OutputOptions output) {
    JsonNode items = server.client(main.settings()).get(SCHEDULES).path("items");
    List<Map<String, String>> rows = new ArrayList<>();
    for (JsonNode item : items) {
      JsonNode last = item.path("lastRun");
      rows.add(
          Map.of(
              "schedule", item.path("name").asText(),
              "project", item.path("project").asText(),
              "cron", item.path("cron").asText(),
              "zone", item.path("zone").asText(),
              "next",
                  item.has("pausedAt") ? "paused" : item.path("nextSlots").path(0).asText("never"),
              "last run", last.path("experimentId").asText("-"),
              "state", last.path("state").asText("-")));
    }
    output
        .output(main)
        .rows(
            List.of("schedule", "project", "cron", "zone", "next", "last run", "state"),
            rows,
            items);
    return ExitCodes.OK;
  }

  /** What every verb about one schedule has. */
  abstract static class One implements Callable<Integer> {
    @ParentCommand private ScheduleCommand parent;
    @Mixin private ServerOptions server;
    @Mixin private OutputOptions output;
    @Mixin private IdempotencyOption idempotency;

    @Parameters(paramLabel = "NAME", description = "the schedule")
    private String name;

    Main main() {
      return parent.main;
    }

    ApiClient client() {
      return server.client(main().settings());
    }

    String name() {
      return name;
    }

    String path() {
      return ScheduleCommand.path(name);
    }

    JsonNode post(String verb) {
      return client().post(path() + ":" + verb, "application/json", "{}", idempotency.key());
    }

    JsonNode put(ObjectNode body) {
      return client().put(path(), body.toString(), idempotency.key());
    }

    JsonNode delete() {
      return client().delete(path(), idempotency.key());
    }

    /** Prints a sentence, or in another format the server's answer. */
    int say(String sentence, JsonNode answer) {
      if (output.format() == OutputFormat.table) {
        main().out().println(sentence);
      } else {
        output.output(main()).object(answer);
      }
      return ExitCodes.OK;
    }

    Output output() {
      return output.output(main());
    }
  }

  @Command(
      name = "create",
      mixinStandardHelpOptions = true,
      sortOptions = false,
      description = {
        "Sets an experiment that comes again; one of that name is changed, and its runs stay.",
        "A time of day that the clocks leave out falls due when they are changed; one that comes twice",
        "counts the first time."
      })
  static final class Create extends One {
    @Option(
        names = "--cron",
        required = true,
        paramLabel = "EXPRESSION",
        description =
            "minute, hour, day of month, month, day of week; or six fields with seconds first")
    private String cron;

    @Option(
        names = "--zone",
        defaultValue = "UTC",
        paramLabel = "ZONE",
        description = "its time zone, such as Europe/Berlin (default: ${DEFAULT-VALUE})")
    private String zone;

    @Option(
        names = "--spec",
        required = true,
        paramLabel = "FILE",
        description = "experiment in YAML or JSON; - for standard input")
    private Path spec;

    @Option(
        names = "--catch-up",
        defaultValue = "latest",
        paramLabel = "POLICY",
        description =
            "which late slots are run: skip (none that is later than a minute), latest or all"
                + " (default: ${DEFAULT-VALUE})")
    private String catchUp;

    @Option(
        names = "--within",
        defaultValue = "12h",
        paramLabel = "DURATION",
        converter = DurationConverter.class,
        description = "how late a slot may be run at most, up to 31d (default: ${DEFAULT-VALUE})")
    private Duration within;

    @Option(
        names = "--retention",
        defaultValue = "30",
        paramLabel = "N",
        description =
            "how many of its experiments are kept; older ones are archived (default:"
                + " ${DEFAULT-VALUE})")
    private int retention;

    @Option(
        names = "--webhook",
        paramLabel = "URL",
        description = "address that is told of its ends and of regressions")
    private String webhook;

    @ArgGroup(exclusive = false, heading = "%nThe gate, when any of these is given:%n")
    private GateOptions gate;

    @Override
    public Integer call() {
      ObjectNode body =
          Json.messages()
              .createObjectNode()
              .put("cron", cron)
              .put("zone", zone)
              .put("retention", retention);
      body.putObject("catchUp").put("policy", catchUp).put("within", within.toString());
      if (webhook != null) {
        body.put("webhook", webhook);
      }
      if (gate != null) {
        body.set("gate", gate.json());
      }
      body.set("experiment", Json.toTree(ExperimentFile.read(spec).experiment()));
      JsonNode answer = put(body);
      List<String> slots = new ArrayList<>();
      answer.path("nextSlots").forEach(slot -> slots.add(slot.asText()));
      return say("schedule " + name() + ": next " + String.join(", ", slots), answer);
    }
  }

  /** How scores are judged. */
  static final class GateOptions {
    @Option(
        names = "--gate",
        split = ",",
        paramLabel = "SCORE",
        description = "scores that are compared with those of earlier runs, such as fd,step_ratio")
    private List<String> scores;

    @Option(
        names = "--min-effect",
        paramLabel = "PART",
        description = "the least change that matters, as a part of the baseline (default: 0.02)")
    private Double minEffect;

    @Option(
        names = "--confidence",
        paramLabel = "C",
        description = "of the interval of the change (default: 0.95)")
    private Double confidence;

    @Option(
        names = "--baseline-runs",
        paramLabel = "N",
        description = "accepted runs that make the baseline (default: 14)")
    private Integer baselineRuns;

    @Option(
        names = "--min-runs",
        paramLabel = "N",
        description = "with fewer in the baseline nothing is decided (default: 3)")
    private Integer minRuns;

    @Option(
        names = "--min-seeds",
        paramLabel = "N",
        description = "with fewer seeds in common nothing is decided (default: 3)")
    private Integer minSeeds;

    ObjectNode json() {
      ObjectNode json = Json.messages().createObjectNode();
      if (scores != null) {
        scores.forEach(json.withArray("scores")::add);
      }
      putIfGiven(json, "minEffect", minEffect);
      putIfGiven(json, "confidence", confidence);
      putIfGiven(json, "baselineRuns", baselineRuns);
      putIfGiven(json, "minRuns", minRuns);
      putIfGiven(json, "minSeeds", minSeeds);
      return json;
    }

    private static void putIfGiven(ObjectNode json, String field, Number value) {
      if (value != null) {
        json.set(field, Json.toTree(value));
      }
    }
  }

  @Command(
      name = "list",
      mixinStandardHelpOptions = true,
      description = "Lists the schedules with their next slots and their last runs.")
  static final class ListSchedules implements Callable<Integer> {
    @ParentCommand private ScheduleCommand parent;
    @Mixin private ServerOptions server;
    @Mixin private OutputOptions output;

    @Override
    public Integer call() {
      return list(parent.main, server, output);
    }
  }

  @Command(
      name = "pause",
      mixinStandardHelpOptions = true,
      description = "Lets a schedule rest; slots until it is resumed are not run.")
  static final class Pause extends One {
    @Override
    public Integer call() {
      return say("schedule " + name() + " is paused", post("pause"));
    }
  }

  @Command(
      name = "resume",
      mixinStandardHelpOptions = true,
      description = "Lets a paused schedule go on with the next slot.")
  static final class Resume extends One {
    @Override
    public Integer call() {
      return say("schedule " + name() + " goes on", post("resume"));
    }
  }

  @Command(
      name = "run",
      mixinStandardHelpOptions = true,
      description = "Runs its experiment now, beside its slots, and prints the experiment's id.")
  static final class Run extends One {
    @Override
    public Integer call() {
      JsonNode made = post("run");
      return say(made.path("id").asText(), made);
    }
  }

  @Command(
      name = "delete",
      mixinStandardHelpOptions = true,
      description = "Forgets a schedule; its experiments stay.")
  static final class Delete extends One {
    @Override
    public Integer call() {
      return say("schedule " + name() + " is deleted", delete());
    }
  }
}

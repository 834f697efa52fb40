package dev.fewstep.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

@Command(
    name = "workers",
    mixinStandardHelpOptions = true,
    description = "Shows the live workers, and drains them.",
    subcommands = {WorkersCommand.ListWorkers.class, WorkersCommand.DrainWorker.class})
final class WorkersCommand implements Callable<Integer> {
  private static final String WORKERS = "/api/v1/workers";
  private static final int SHORT = 12;

  @ParentCommand private Main main;
  @Mixin private ServerOptions server;
  @Mixin private OutputOptions output;

  @Override
  public Integer call() {
    return list(main, server, output);
  }

  private static int list(Main main, ServerOptions server, OutputOptions output) {
    JsonNode items = server.client(main.settings()).get(WORKERS).path("items");
    List<Map<String, String>> rows = new ArrayList<>();
    for (JsonNode item : items) {
      String task = item.path("task").asText("");
      rows.add(
          Map.of(
              "worker", item.path("workerId").asText(),
              "class", item.path("deviceClass").asText(),
              "device", item.path("device").asText(),
              "memory", item.path("memoryBytes").asLong() / (1L << 20) + " MiB",
              "state", state(item),
              "task", task.isEmpty() ? "-" : task.substring(0, SHORT)));
    }
    output
        .output(main)
        .rows(List.of("worker", "class", "device", "memory", "state", "task"), rows, items);
    return ExitCodes.OK;
  }

  private static String state(JsonNode worker) {
    String held = worker.has("executionId") ? "busy" : "idle";
    if (worker.path("draining").asBoolean()) {
      return held.equals("busy") ? "draining" : "drained";
    }
    return worker.path("accepting").asBoolean() ? held : "leaving";
  }

  @Command(
      name = "list",
      mixinStandardHelpOptions = true,
      description = "Lists the live workers and what they hold.")
  static final class ListWorkers implements Callable<Integer> {
    @ParentCommand private WorkersCommand parent;
    @Mixin private ServerOptions server;
    @Mixin private OutputOptions output;

    @Override
    public Integer call() {
      return list(parent.main, server, output);
    }
  }

  @Command(
      name = "drain",
      mixinStandardHelpOptions = true,
      description = {
        "Lets a worker take no task until it is resumed.",
        "What it holds checkpoints and goes on elsewhere, free of charge."
      })
  static final class DrainWorker implements Callable<Integer> {
    @ParentCommand private WorkersCommand parent;
    @Mixin private ServerOptions server;
    @Mixin private OutputOptions output;
    @Mixin private IdempotencyOption idempotency;

    @Parameters(paramLabel = "ID", description = "id of a worker, or how it begins")
    private String id;

    @Option(names = "--resume", description = "let it take tasks again")
    private boolean resume;

    @Override
    public Integer call() {
      Main main = parent.main;
      ApiClient client = server.client(main.settings());
      String worker = whole(client);
      JsonNode answer =
          client.post(
              WORKERS + "/" + worker + (resume ? ":resume" : ":drain"),
              "application/json",
              "{}",
              idempotency.key());
      if (output.format() == OutputFormat.table) {
        String asked =
            Counted.of(answer.path("handedBack").asInt(), "running task") + " asked back";
        main.out()
            .println(
                resume
                    ? "worker " + worker + " takes tasks again"
                    : "drains " + worker + ": " + asked);
      } else {
        output.output(main).object(answer);
      }
      return ExitCodes.OK;
    }

    private String whole(ApiClient client) {
      List<String> found = new ArrayList<>();
      for (JsonNode worker : client.get(WORKERS).path("items")) {
        String known = worker.path("workerId").asText();
        if (known.startsWith(id)) {
          found.add(known);
        }
      }
      if (found.size() != 1) {
        throw CliException.usage(
            found.isEmpty()
                ? "there is no worker " + id + "; see 'fewstep workers'"
                : "more than one worker's id begins with " + id);
      }
      return found.get(0);
    }
  }
}

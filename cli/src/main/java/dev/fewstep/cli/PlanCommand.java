package dev.fewstep.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

@Command(
    name = "plan",
    mixinStandardHelpOptions = true,
    description = "Says what a submit would run: new, cached and joined tasks.")
final class PlanCommand implements Callable<Integer> {
  /** What is said of the tasks of a kind. */
  static final List<String> COUNTS = List.of("new", "cached", "joined");

  @ParentCommand private Main main;
  @Mixin private ServerOptions server;
  @Mixin private OutputOptions output;

  @Parameters(paramLabel = "FILE", description = "experiment in YAML or JSON; - for standard input")
  private Path file;

  @Override
  public Integer call() {
    ExperimentFile experiment = ExperimentFile.read(file);
    JsonNode plan =
        server
            .client(main.settings())
            .post(
                "/api/v1/experiments:plan",
                "application/yaml",
                experiment.text(),
                UUID.randomUUID());
    List<Map<String, String>> rows = new ArrayList<>();
    plan.path("byKind")
        .properties()
        .forEach(
            kind ->
                rows.add(
                    Map.of(
                        "kind", kind.getKey(),
                        "new", kind.getValue().path("new").asText("0"),
                        "cached", kind.getValue().path("cached").asText("0"),
                        "joined", kind.getValue().path("joined").asText("0"))));
    output.output(main).rows(List.of("kind", "new", "cached", "joined"), rows, plan);
    if (output.format() == OutputFormat.table) {
      main.out().println(plan.path("trials").asText() + " trials");
      deviceTime(plan.path("deviceSeconds")).ifPresent(main.out()::println);
      JsonNode iterations = plan.path("iterations");
      if (iterations.isObject()) {
        main.out()
            .printf(
                "%s iterations of finetuning are expected and %s at worst; %s would take every"
                    + " trial to the end%n",
                iterations.path("expected").asText(),
                iterations.path("atWorst").asText(),
                iterations.path("full").asText());
      }
    }
    return ExitCodes.OK;
  }

  /** What devices would work, when the server knows it. */
  static Optional<String> deviceTime(JsonNode seconds) {
    return seconds.isObject()
        ? Optional.of(
            "about %s of device time, %s to %s, from %s"
                .formatted(
                    time(seconds.path("estimate").asDouble()),
                    time(seconds.path("low").asDouble()),
                    time(seconds.path("high").asDouble()),
                    seconds.path("from").asText()))
        : Optional.empty();
  }

  private static String time(double seconds) {
    Duration time = Duration.ofSeconds(Math.round(seconds));
    if (time.toHours() > 0) {
      return time.toHours() + "h" + time.toMinutesPart() + "m";
    }
    return time.toMinutes() > 0
        ? time.toMinutes() + "m" + time.toSecondsPart() + "s"
        : time.toSeconds() + "s";
  }
}

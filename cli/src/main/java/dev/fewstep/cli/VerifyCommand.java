package dev.fewstep.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fewstep.schemas.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

@Command(
    name = "verify",
    mixinStandardHelpOptions = true,
    description = {
      "Reads every artifact that is needed, in the server, and compares size and SHA-256.",
      "Ends with 1 when one is missing or damaged."
    })
final class VerifyCommand implements Callable<Integer> {
  @ParentCommand private ArtifactsCommand parent;
  @Mixin private ServerOptions server;
  @Mixin private OutputOptions output;

  @Parameters(
      arity = "0..1",
      paramLabel = "EXPERIMENT",
      description = "only what this experiment uses; without it, everything")
  private String experiment;

  @Option(
      names = "--quarantine",
      description =
          "move damaged objects away (to damaged/ in the bucket), so that they can be made again")
  private boolean quarantine;

  @Option(
      names = {"-y", "--yes"},
      description = "do not ask")
  private boolean yes;

  @Override
  public Integer call() {
    Main main = parent.main();
    ApiClient client = server.client(main.settings());
    if (quarantine
        && !Question.confirmed(main, yes, "Moves damaged objects out of their place. Go on?")) {
      return ExitCodes.OK;
    }
    ObjectNode body = Json.messages().createObjectNode().put("quarantine", quarantine);
    Optional.ofNullable(experiment).ifPresent(id -> body.put("experiment", id));
    JsonNode report = new JobWatch(main, client).run("/api/v1/artifacts:verify", Json.toText(body));
    print(main, report);
    boolean whole = report.path("damage").isEmpty() && report.path("complete").asBoolean();
    return whole ? ExitCodes.OK : ExitCodes.FAILED;
  }

  private void print(Main main, JsonNode report) {
    List<Map<String, String>> rows = new ArrayList<>();
    for (JsonNode damage : report.path("damage")) {
      String owner = damage.path("owner").asText();
      rows.add(
          Map.of(
              "damage", damage.path("kind").asText().toLowerCase(Locale.ROOT).replace('_', ' '),
              "name", damage.path("name").asText(),
              "sha256", damage.path("sha256").asText().substring(0, 12),
              "of",
                  damage.path("role").asText().toLowerCase(Locale.ROOT).replace('_', ' ')
                      + " "
                      + (owner.matches("[0-9a-f]{64}") ? owner.substring(0, 12) : owner),
              "found", shortened(damage.path("found").asText()),
              "do", damage.path("advice").asText()));
    }
    if (output.format() != OutputFormat.table || !rows.isEmpty()) {
      output
          .output(main)
          .rows(List.of("damage", "name", "sha256", "of", "found", "do"), rows, report);
    }
    main.err()
        .printf(
            "%s artifacts looked at (%s read): %s good, %d damaged or missing%s%s%n",
            report.path("artifacts").asText(),
            JobWatch.size(report.path("bytes").asLong()),
            report.path("good").asText(),
            report.path("damage").size(),
            report.path("freed").asLong() == 0
                ? ""
                : ", " + report.path("freed").asText() + " checkpoints freed earlier",
            report.path("complete").asBoolean() ? "" : "; it was stopped before its end");
  }

  private static String shortened(String found) {
    return found.length() > 40 ? found.substring(0, 24) + "…" : found;
  }
}

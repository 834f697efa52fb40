package dev.fewstep.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.fewstep.schemas.Json;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

@Command(
    name = "archive",
    mixinStandardHelpOptions = true,
    description = {
      "Takes ended experiments out of the state; a file in the store keeps all of each.",
      "They are listed by 'fewstep ls --archived' and described, ranked and cloned as before."
    })
final class ArchiveCommand implements Callable<Integer> {
  private static final Set<String> ENDED = Set.of("SUCCEEDED", "FAILED", "CANCELLED");

  @ParentCommand private Main main;
  @Mixin private ServerOptions server;
  @Mixin private OutputOptions output;

  @Parameters(paramLabel = "ID", arity = "0..*", description = "ids of experiments")
  private List<String> ids = new ArrayList<>();

  @Option(
      names = "--older-than",
      paramLabel = "AGE",
      converter = DurationConverter.class,
      description = "archive all that ended longer ago than this, such as 90d")
  private Duration olderThan;

  @Option(
      names = "--state",
      split = ",",
      paramLabel = "STATE",
      description = "with --older-than: only those that ended so (SUCCEEDED, FAILED, CANCELLED)")
  private List<String> states = new ArrayList<>();

  @Option(names = "--dry-run", description = "say what would be archived, and archive nothing")
  private boolean dryRun;

  @Option(
      names = "--drop-results",
      description =
          "let equal tasks run again, and 'fewstep gc' free the artifacts: only the file is kept")
  private boolean dropResults;

  @Override
  public Integer call() {
    if (ids.isEmpty() == (olderThan == null)) {
      throw CliException.usage("name experiments, or say --older-than AGE");
    }
    if (olderThan == null && !states.isEmpty()) {
      throw CliException.usage("--state belongs to --older-than");
    }
    ApiClient client = server.client(main.settings());
    ArrayNode results = JsonNodeFactory.instance.arrayNode();
    List<Map<String, String>> rows = new ArrayList<>();
    for (String id : olderThan == null ? ids : old(client)) {
      JsonNode archived = dryRun ? would(client, id) : archive(client, id);
      results.add(archived);
      Map<String, String> row = new LinkedHashMap<>();
      row.put("id", id);
      row.put("state", archived.path("state").asText());
      row.put("trials", archived.path("trials").asText());
      row.put("ended", archived.path("endedAt").asText("-"));
      row.put("archived", archived.path("archivedAt").asText(dryRun ? "would be" : "-"));
      row.put("bytes", archived.path("archive").path("bytes").asText("-"));
      rows.add(row);
    }
    output
        .output(main)
        .rows(List.of("id", "state", "trials", "ended", "archived", "bytes"), rows, results);
    return ExitCodes.OK;
  }

  private JsonNode archive(ApiClient client, String id) {
    JsonNode answer =
        client.post(
            "/api/v1/experiments/" + ApiClient.encode(id) + ":archive",
            "application/json",
            Json.toText(JsonNodeFactory.instance.objectNode().put("keepResults", !dropResults)),
            UUID.randomUUID());
    if (answer.has("commandId")) {
      throw CliException.unreachable(
          "no replica has decided within 5 s whether " + id + " is archived; ask again", null);
    }
    return answer;
  }

  private static JsonNode would(ApiClient client, String id) {
    JsonNode experiment = client.get("/api/v1/experiments/" + ApiClient.encode(id));
    if (experiment.path("endedAt").isMissingNode()) {
      throw CliException.usage(
          "experiment " + id + " has not ended: it is " + experiment.path("state").asText());
    }
    return experiment;
  }

  private List<String> old(ApiClient client) {
    Set<String> wanted = new TreeSet<>();
    for (String state : states) {
      String name = state.strip().toUpperCase(Locale.ROOT);
      if (!ENDED.contains(name)) {
        throw CliException.usage(
            "'" + state + "' is not how an experiment ends: say " + new TreeSet<>(ENDED));
      }
      wanted.add(name);
    }
    Instant before = Instant.now().minus(olderThan);
    List<String> old = new ArrayList<>();
    for (JsonNode experiment : client.all("/api/v1/experiments")) {
      Optional<Instant> ended =
          Optional.ofNullable(experiment.path("endedAt").textValue()).map(Instant::parse);
      if (ended.map(end -> end.isBefore(before)).orElse(false)
          && (wanted.isEmpty() || wanted.contains(experiment.path("state").asText()))) {
        old.add(experiment.path("id").asText());
      }
    }
    return old;
  }
}

package dev.fewstep.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

@Command(
    name = "leaderboard",
    mixinStandardHelpOptions = true,
    description = "Ranks an experiment's trials by a score, best first.")
final class LeaderboardCommand implements Callable<Integer> {
  @ParentCommand private Main main;
  @Mixin private ServerOptions server;
  @Mixin private OutputOptions output;

  @Parameters(paramLabel = "ID", description = "id of an experiment")
  private String id;

  @Option(
      names = "--space",
      paramLabel = "NAME",
      description = "feature space to rank by; the first held-out one by default")
  private String space;

  @Override
  public Integer call() {
    Map<String, String> parameters = new LinkedHashMap<>();
    Optional.ofNullable(space).ifPresent(name -> parameters.put("space", name));
    JsonNode board =
        server
            .client(main.settings())
            .get(
                "/api/v1/experiments/"
                    + ApiClient.encode(id)
                    + "/leaderboard"
                    + ApiClient.query(parameters));
    Set<String> axes = new LinkedHashSet<>();
    board.path("items").forEach(i -> i.path("values").fieldNames().forEachRemaining(axes::add));
    List<String> columns = new ArrayList<>(List.of("rank"));
    columns.addAll(axes);
    columns.addAll(List.of("seed", "nfe", "score", "±95%", "n", "baseline", "ratio", "protocol"));
    List<Map<String, String>> rows = new ArrayList<>();
    for (JsonNode item : board.path("items")) {
      Map<String, String> row = new LinkedHashMap<>();
      row.put("rank", String.valueOf(rows.size() + 1));
      axes.forEach(axis -> row.put(axis, item.path("values").path(axis).asText("")));
      row.put("seed", item.path("seed").asText(""));
      row.put("nfe", item.path("nfe").asText(""));
      row.put("score", TrialTable.number(item.path("score")));
      row.put("±95%", TrialTable.number(item.path("overSeeds").path("halfWidth")));
      row.put("n", item.path("overSeeds").path("count").asText(""));
      row.put("baseline", TrialTable.number(item.path("baseline")));
      row.put("ratio", TrialTable.ratio(item.path("score"), item.path("baseline")));
      row.put("protocol", item.path("protocol").asText(board.path("protocol").asText("")));
      rows.add(row);
    }
    output.output(main).rows(columns, rows, board);
    return ExitCodes.OK;
  }
}

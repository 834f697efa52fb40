package dev.fewstep.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fewstep.cli.weights.Catalogue;
import dev.fewstep.schemas.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

@Command(
    name = "catalogue",
    mixinStandardHelpOptions = true,
    description = {
      "Lists the well-known public checkpoints, or shows one.",
      "Import one by fewstep import NAME --from catalogue:pesser-cifar10-ema"
    })
final class CatalogueCommand implements Callable<Integer> {
  @ParentCommand private Main main;
  @Mixin private OutputOptions output;

  @Parameters(arity = "0..1", paramLabel = "NAME", description = "the one to show")
  private String name;

  @Override
  public Integer call() {
    Catalogue catalogue = Catalogue.load();
    if (name != null) {
      output.output(main).object(json(catalogue.get(name)));
      return ExitCodes.OK;
    }
    ArrayNode all = Json.messages().createArrayNode();
    List<Map<String, String>> rows = new ArrayList<>();
    for (Catalogue.Entry entry : catalogue.entries()) {
      all.add(json(entry));
      rows.add(
          Map.of(
              "name", entry.name(),
              "kind", entry.kind().name().toLowerCase(Locale.ROOT),
              "digest", digest(entry),
              "title", entry.title()));
    }
    output.output(main).rows(List.of("name", "kind", "digest", "title"), rows, all);
    return ExitCodes.OK;
  }

  private static String digest(Catalogue.Entry entry) {
    if (entry.verified()) {
      return "known";
    }
    return entry.expected().sha256().isPresent() ? "in part" : "unknown";
  }

  private static ObjectNode json(Catalogue.Entry entry) {
    ObjectNode json = Json.messages().createObjectNode();
    json.put("name", entry.name());
    json.put("kind", entry.kind().name().toLowerCase(Locale.ROOT));
    json.put("title", entry.title());
    json.put("url", entry.url().toString());
    json.put("page", entry.page().toString());
    entry.bytes().ifPresent(bytes -> json.put("bytes", bytes));
    json.put("md5", entry.expected().md5().orElse("unknown"));
    json.put("sha256", entry.expected().sha256().orElse("unknown"));
    entry.select().ifPresent(select -> json.put("select", select));
    entry.network().ifPresent(network -> json.set("network", Json.messages().valueToTree(network)));
    entry.note().ifPresent(note -> json.put("note", note));
    return json;
  }
}

package dev.fewstep.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.fewstep.schemas.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.ParentCommand;

@Command(
    name = "config",
    mixinStandardHelpOptions = true,
    description = "Prints every setting, its value and where that came from.")
final class ConfigCommand implements Callable<Integer> {
  @ParentCommand private Main main;
  @Mixin private OutputOptions output;

  @Override
  public Integer call() {
    List<Map<String, String>> rows = new ArrayList<>();
    ArrayNode whole = Json.messages().createArrayNode();
    for (Setting setting : Setting.values()) {
      Settings.Value value = main.settings().value(setting);
      String shown = setting.secret() && !value.value().isEmpty() ? "********" : value.value();
      Map<String, String> row =
          Map.of(
              "setting", setting.key(),
              "value", shown,
              "source", value.source(),
              "variable", setting.variable(),
              "meaning", setting.description());
      rows.add(row);
      whole.addPOJO(row);
    }
    output
        .output(main)
        .rows(List.of("setting", "value", "source", "variable", "meaning"), rows, whole);
    return ExitCodes.OK;
  }
}

package dev.fewstep.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fewstep.cli.weights.FileReport;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

@Command(
    name = "inspect",
    mixinStandardHelpOptions = true,
    description = {
      "Says what is in a file.",
      "Tensors, where an EMA is, which network it is of, digests. Reads .pth, "
          + ".safetensors, .npz, IDX and lists TorchScript archives; executes nothing."
    })
final class InspectCommand implements Callable<Integer> {
  @ParentCommand private Main main;
  @Mixin private OutputOptions output;
  @Mixin private SourceOptions source;
  @Mixin private WeightsOptions weights;

  @Parameters(
      paramLabel = "FILE",
      description = "a file, http(s)://…, s3://BUCKET/KEY or catalogue:NAME")
  private String file;

  @Option(names = "--summary", description = "without the list of tensors")
  private boolean summary;

  @Override
  public Integer call() throws IOException {
    ObjectNode report = FileReport.of(source.local(main, file), weights.hints());
    if (summary) {
      report.remove(List.of("tensors", "entries"));
    }
    if (output.format() == OutputFormat.json || output.format() == OutputFormat.yaml) {
      output.output(main).object(report);
      return ExitCodes.OK;
    }
    String list = report.has("tensors") ? "tensors" : "entries";
    JsonNode items = report.path(list);
    ObjectNode head = report.deepCopy();
    head.remove(list);
    if (output.format() == OutputFormat.table) {
      output.output(main).object(head);
    }
    if (!items.isEmpty()) {
      main.out().println();
      List<String> columns = new ArrayList<>();
      items.get(0).fieldNames().forEachRemaining(columns::add);
      List<Map<String, String>> rows = new ArrayList<>();
      for (JsonNode item : items) {
        Map<String, String> row = new LinkedHashMap<>();
        columns.forEach(
            column -> {
              JsonNode value = item.path(column);
              row.put(column, value.isValueNode() ? value.asText() : value.toString());
            });
        rows.add(row);
      }
      output.output(main).rows(columns, rows, items);
    }
    return ExitCodes.OK;
  }
}

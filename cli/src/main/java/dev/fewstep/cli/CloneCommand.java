package dev.fewstep.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fewstep.schemas.Json;
import dev.fewstep.schemas.spec.SpecDocument;
import dev.fewstep.schemas.spec.SpecException;
import dev.fewstep.schemas.spec.SpecReader;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

@Command(
    name = "clone",
    mixinStandardHelpOptions = true,
    description = {
      "Submits the specification of an experiment with changes. A path is one inside base, as an axis",
      "is (training.learningRate), or begins with another part of the body (policy.priority) or with",
      "metadata. With --dry-run the specification is printed instead."
    })
final class CloneCommand implements Callable<Integer> {
  @ParentCommand private Main main;
  @Mixin private DerivedExperiment derived;

  @Option(names = "--name", paramLabel = "NAME", description = "name of the clone")
  private String name;

  @Option(
      names = "--set",
      paramLabel = "PATH=VALUE",
      description = "gives a field a value in YAML; an axis that is set is none any more")
  private final List<String> set = new ArrayList<>();

  @Option(
      names = "--add-axis",
      paramLabel = "PATH=[VALUES]",
      description = "makes an axis of a field, such as 'loss.kernel=[cubic, rbf]'")
  private final List<String> addAxes = new ArrayList<>();

  @Option(
      names = "--add-value",
      paramLabel = "AXIS=VALUE",
      description = "gives an axis one more value")
  private final List<String> addValues = new ArrayList<>();

  @Override
  public Integer call() {
    ObjectNode body = Json.messages().createObjectNode();
    if (name != null) {
      body.put("name", name);
    }
    ObjectNode fields = body.putObject("set");
    set.forEach(text -> fields.set(path("--set", text), value("--set", text)));
    ObjectNode axes = body.putObject("addAxes");
    for (String text : addAxes) {
      if (!(value("--add-axis", text) instanceof ArrayNode values)) {
        throw CliException.usage("--add-axis takes PATH=[VALUE, VALUE], and not '" + text + "'");
      }
      axes.set(path("--add-axis", text), values);
    }
    ObjectNode values = body.putObject("addValues");
    for (String text : addValues) {
      values.withArray("/" + path("--add-value", text)).add(value("--add-value", text));
    }
    return derived.submit(main, "clone", "application/json", body.toString(), true);
  }

  private static String path(String option, String text) {
    int equals = text.indexOf('=');
    if (equals < 1) {
      throw CliException.usage(option + " takes PATH=VALUE, and not '" + text + "'");
    }
    return text.substring(0, equals).strip();
  }

  /** What stands behind the path, as a specification would read it. */
  private static JsonNode value(String option, String text) {
    String written = text.substring(path(option, text).length()).replaceFirst("^\\s*=", "");
    try {
      SpecDocument document = SpecReader.read(option, "value: " + written + "\n");
      document.refuseIfAny(List.of());
      return document.tree().path("value");
    } catch (SpecException e) {
      throw CliException.usage(option + " " + text + ": " + e.problems().get(0).message(), e);
    }
  }
}

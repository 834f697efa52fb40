package dev.fewstep.cli.published;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fewstep.cli.published.ConfigField.Kind;
import dev.fewstep.schemas.spec.Nearest;
import dev.fewstep.schemas.spec.SpecDocument;
import dev.fewstep.schemas.spec.SpecException;
import dev.fewstep.schemas.spec.SpecPath;
import dev.fewstep.schemas.spec.SpecProblem;
import dev.fewstep.schemas.spec.SpecReader;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A configuration of the published repositories, read as PyYAML reads it where that is harmless
 * ({@code True}, {@code yes}, {@code .5}); duplicate keys, anchors and octal numbers are refused as
 * in fewstep's own files.
 */
final class PublishedConfig {
  /** How the reader of texts complains of a repeated field, at the same place as of its value. */
  private static final String TWICE = "given twice";

  private static final Set<String> TRUE = Set.of("true", "yes", "on");
  private static final Set<String> FALSE = Set.of("false", "no", "off");

  private final SpecDocument document;
  private final Map<String, Object> values = new LinkedHashMap<>();
  private final List<SpecProblem> problems = new ArrayList<>();
  private final Set<String> understood = new java.util.HashSet<>();

  private PublishedConfig(SpecDocument document) {
    this.document = document;
  }

  /**
   * Reads a configuration.
   *
   * @param file its name for messages
   * @throws SpecException with every field that is unknown, missing, of another type or of a value
   *     that nothing here stands for
   */
  static PublishedConfig read(String file, String text) {
    PublishedConfig config = new PublishedConfig(SpecReader.read(file, text));
    config.readAll();
    config.check();
    SpecDocument document = config.document;
    List<SpecProblem> left =
        document.problems().stream()
            .filter(
                problem ->
                    problem.message().startsWith(TWICE)
                        || !config.understood.contains(problem.path()))
            .toList();
    new SpecDocument(document.file(), document.tree(), document.positions(), left)
        .refuseIfAny(config.problems);
    return config;
  }

  String text(String path) {
    return (String) values.get(path);
  }

  int integer(String path) {
    return (Integer) values.get(path);
  }

  double number(String path) {
    return (Double) values.get(path);
  }

  boolean bool(String path) {
    return (Boolean) values.get(path);
  }

  @SuppressWarnings("unchecked") // only lists of integers are put under such fields
  List<Integer> integers(String path) {
    return (List<Integer>) values.get(path);
  }

  /** A value when the file has one. */
  <T> Optional<T> find(String path, Class<T> type) {
    return Optional.ofNullable(values.get(path)).map(type::cast);
  }

  private void readAll() {
    JsonNode tree = document.tree();
    if (!tree.isObject()) {
      complain(
          "", "no configuration", "the sections data, model, diffusion, training, sampling, optim");
      return;
    }
    Map<String, List<String>> sections = new LinkedHashMap<>();
    ConfigField.ALL.forEach(
        field ->
            sections.computeIfAbsent(field.section(), name -> new ArrayList<>()).add(field.name()));
    tree.properties()
        .forEach(
            section -> {
              List<String> names = sections.get(section.getKey());
              if (names == null) {
                unknown(
                    SpecPath.of(section.getKey()),
                    "unknown section",
                    section.getKey(),
                    sections.keySet());
              } else if (!section.getValue().isObject()) {
                complain(section.getKey(), "not a section", "fields under it");
              } else {
                section
                    .getValue()
                    .properties()
                    .forEach(
                        field -> {
                          if (!names.contains(field.getKey())) {
                            unknown(
                                SpecPath.of(section.getKey(), field.getKey()),
                                "unknown field",
                                field.getKey(),
                                Set.copyOf(names));
                          }
                        });
              }
            });
    for (ConfigField field : ConfigField.ALL) {
      JsonNode value = tree.path(field.section()).path(field.name());
      if (value.isMissingNode()) {
        if (field.required()) {
          complain(field.path(), "missing", field.kind().words());
        }
        continue;
      }
      Optional<Object> read = value(field.kind(), value);
      read.ifPresentOrElse(
          found -> {
            values.put(field.path(), found);
            understood.add(field.path());
          },
          () -> complain(field.path(), value + " has the wrong type", field.kind().words()));
    }
  }

  private static Optional<Object> value(Kind kind, JsonNode value) {
    return switch (kind) {
      case TEXT -> value.isTextual() ? Optional.of(value.asText()) : Optional.empty();
      case INTEGER -> value.isInt() ? Optional.of(value.asInt()) : Optional.empty();
      case NUMBER -> number(value);
      case BOOLEAN -> bool(value);
      case INTEGERS -> {
        List<Integer> list = new ArrayList<>();
        for (JsonNode item : value) {
          if (!item.isInt()) {
            yield Optional.empty();
          }
          list.add(item.asInt());
        }
        yield value.isArray() ? Optional.of(List.copyOf(list)) : Optional.empty();
      }
    };
  }

  private static Optional<Object> bool(JsonNode value) {
    if (value.isBoolean()) {
      return Optional.of(value.asBoolean());
    }
    String text = value.isTextual() ? value.asText().toLowerCase(Locale.ROOT) : "";
    return TRUE.contains(text)
        ? Optional.of(true)
        : FALSE.contains(text) ? Optional.of(false) : Optional.empty();
  }

  private static Optional<Object> number(JsonNode value) {
    if (value.isNumber()) {
      return Optional.of(value.asDouble());
    }
    if (value.isTextual()
        && value.asText().matches("-?([0-9]+\\.|\\.[0-9]+)([eE][-+]?[0-9]{1,3})?")) {
      return Optional.of(Double.parseDouble(value.asText()));
    }
    return Optional.empty();
  }

  private void check() {
    for (String path :
        List.of(
            "data.logit_transform",
            "data.uniform_dequantization",
            "data.gaussian_dequantization")) {
      must(path, false, "there is no such transformation of images here");
    }
    must("data.rescaled", true, "networks here take images in [-1, 1]");
    must("model.type", "simple", "the only kind of model that the published code has");
    must("optim.optimizer", "Adam", "finetuning here is by Adam");
    must("optim.amsgrad", false, "finetuning here is by plain Adam");
    Object channels = values.get("data.channels");
    if (channels != null) {
      must("model.in_channels", channels, "the network takes images of data.channels");
      must("model.out_ch", channels, "the network predicts images of data.channels");
    }
    among("diffusion.beta_schedule", List.of("linear", "quad", "const", "jsd", "sigmoid"));
    among("data.dataset", PublishedRecipe.datasets());
    for (String path :
        List.of(
            "data.image_size",
            "data.channels",
            "model.ch",
            "model.num_res_blocks",
            "diffusion.num_diffusion_timesteps",
            "training.n_epochs",
            "sampling.batch_size",
            "training.snapshot_freq",
            "training.validation_freq")) {
      find(path, Integer.class)
          .filter(value -> value < 1)
          .ifPresent(value -> complain(path, value + " is not valid", "at least 1"));
    }
    find("training.batch_size", Integer.class)
        .filter(value -> value < 2)
        .ifPresent(value -> complain("training.batch_size", value + " is not valid", "at least 2"));
    find("optim.lr", Double.class)
        .filter(value -> !(value > 0))
        .ifPresent(value -> complain("optim.lr", value + " is not valid", "above 0"));
    if ("LSUN".equals(values.get("data.dataset")) && !values.containsKey("data.category")) {
      complain("data.category", "missing", "church_outdoor, bedroom or cat");
    }
  }

  private void must(String path, Object wanted, String why) {
    Object value = values.get(path);
    if (value != null && !value.equals(wanted)) {
      complain(path, value + " is not supported: " + why, wanted.toString());
    }
  }

  private void among(String path, List<String> names) {
    Object value = values.get(path);
    if (value != null && !names.contains(value)) {
      problems.add(
          document.problem(
              place(path), value + " is not valid", names, Nearest.to(value.toString(), names)));
    }
  }

  private void unknown(SpecPath path, String message, String written, Set<String> names) {
    List<String> sorted = names.stream().sorted().toList();
    problems.add(document.problem(path, message, sorted, Nearest.to(written, sorted)));
  }

  private void complain(String path, String message, String expected) {
    problems.add(document.problem(place(path), message, List.of(expected), Optional.empty()));
  }

  private static SpecPath place(String path) {
    return path.isEmpty() ? SpecPath.ROOT : SpecPath.dotted(path);
  }
}

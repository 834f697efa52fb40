package dev.fewstep.cli.local;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.fewstep.cli.CliException;
import dev.fewstep.cli.InputBundle;
import dev.fewstep.cli.InputFile;
import dev.fewstep.schemas.Artifact;
import dev.fewstep.schemas.ArtifactKind;
import dev.fewstep.schemas.task.Inputs;
import dev.fewstep.schemas.task.SourceRef;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import picocli.CommandLine.Option;

/** Names of inputs and the local files behind them. */
final class LocalInputs {
  private static final long MAX_SPEC_BYTES = 1 << 20;

  @Option(
      names = "--inputs",
      paramLabel = "FILE",
      description =
          "YAML list of inputs (default: models/fashion-mnist/inputs.yaml, what ships with fewstep)")
  private Path bundle;

  private final Map<String, InputFile> byName = new LinkedHashMap<>();

  /** Digests the files that {@code names} refer to; names may carry a mode after a slash. */
  void load(Set<String> names, Path cache) throws IOException {
    InputBundle entries =
        InputBundle.read(
            Optional.ofNullable(bundle)
                .orElseGet(() -> InputBundle.home().resolve("models/fashion-mnist/inputs.yaml")));
    for (String name : names) {
      InputBundle.Entry entry =
          entries.entries().stream()
              .filter(candidate -> candidate.name().equals(name))
              .findFirst()
              .orElseThrow(
                  () ->
                      CliException.usage(
                          "no input is named '%s'; there are %s"
                              .formatted(
                                  name,
                                  entries.entries().stream()
                                      .map(InputBundle.Entry::name)
                                      .toList())));
      byName.put(
          name,
          entry.kind() == ArtifactKind.DATASET
              ? InputFile.dataset(entry.path(), Optional.empty(), cache)
              : InputFile.of(entry.kind(), entry.path()));
    }
  }

  /** Everything that was loaded, as planning sees it. */
  Inputs all() throws IOException {
    Map<String, Artifact> artifacts = new LinkedHashMap<>();
    for (Map.Entry<String, InputFile> entry : byName.entrySet()) {
      InputFile file = entry.getValue();
      artifacts.put(
          entry.getKey(),
          new Artifact(file.kind(), entry.getKey(), Files.size(file.path()), file.sha256()));
    }
    return Inputs.of(artifacts);
  }

  /** The source that a loaded name stands for. */
  SourceRef source(String name) {
    return SourceRef.digest(byName.get(name).sha256());
  }

  /** The local file behind every loaded source. */
  Map<SourceRef, Path> files() {
    Map<SourceRef, Path> files = new LinkedHashMap<>();
    byName.values().forEach(file -> files.put(SourceRef.digest(file.sha256()), file.path()));
    return files;
  }

  /** Reads a small YAML or JSON file of the user's. */
  static JsonNode tree(Path file) throws IOException {
    if (Files.size(file) > MAX_SPEC_BYTES) {
      throw CliException.usage(file + " is larger than 1 MiB");
    }
    JsonNode tree = new YAMLMapper().readTree(Files.readString(file));
    if (tree == null || !tree.isObject()) {
      throw CliException.usage(file + " holds no specification");
    }
    return tree;
  }
}

package dev.fewstep.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.fewstep.schemas.ArtifactKind;
import dev.fewstep.schemas.Digests;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Consumer;

/**
 * A list of inputs in a YAML file: {@code inputs: [{name, dataset | weights | extractor}]}, with
 * paths relative to the file.
 */
public record InputBundle(List<Entry> entries) {
  /** Folder of the checkout or installation that the launcher script runs from. */
  public static Path home() {
    return LocalStack.home();
  }

  /** One input. */
  public record Entry(String name, ArtifactKind kind, Path path) {}

  public static InputBundle read(Path file) throws IOException {
    JsonNode tree = new YAMLMapper().readTree(Files.readString(file));
    List<Entry> entries = new ArrayList<>();
    for (JsonNode item : tree.path("inputs")) {
      String name = item.path("name").asText("");
      for (ArtifactKind kind :
          List.of(ArtifactKind.DATASET, ArtifactKind.WEIGHTS, ArtifactKind.EXTRACTOR)) {
        String field = kind.name().toLowerCase(java.util.Locale.ROOT);
        if (item.has(field)) {
          entries.add(new Entry(name, kind, file.resolveSibling(item.path(field).asText())));
        }
      }
    }
    if (entries.isEmpty()) {
      throw CliException.usage(
          file
              + " lists no inputs; expected 'inputs:' with name and dataset, weights or extractor");
    }
    return new InputBundle(List.copyOf(entries));
  }

  /** Imports what the server does not have yet under the same name and digest. */
  void register(ApiClient client, Path cache, Consumer<String> progress) throws IOException {
    Map<String, String> known = new HashMap<>();
    client
        .get("/api/v1/inputs")
        .path("items")
        .forEach(
            input ->
                known.put(
                    input.path("name").asText(), input.path("artifact").path("sha256").asText()));
    for (Entry entry : entries) {
      InputFile file =
          entry.kind() == ArtifactKind.DATASET
              ? InputFile.dataset(entry.path(), java.util.Optional.empty(), cache)
              : InputFile.of(entry.kind(), entry.path());
      if (file.sha256().equals(known.get(entry.name()))) {
        continue;
      }
      progress.accept(
          "importing %s (%.1f MB)".formatted(entry.name(), Files.size(file.path()) / 1e6));
      register(client, entry.name(), file);
    }
  }

  private static String extension(Path path) {
    String name = path.getFileName().toString();
    return name.matches(".*\\.[a-z]{2,11}") ? name.substring(name.lastIndexOf('.')) : "";
  }

  /** Uploads one input; the same name and bytes twice are one command. */
  static JsonNode register(ApiClient client, String name, InputFile file) {
    String extension =
        switch (file.kind()) {
          case DATASET -> ".npz";
          case EXTRACTOR -> extension(file.path());
          default -> ".safetensors";
        };
    Map<String, String> parameters = new java.util.LinkedHashMap<>();
    parameters.put("kind", file.kind().name());
    parameters.put("filename", name + extension);
    return client.upload(
        "/api/v1/inputs/" + ApiClient.encode(name) + "/content" + ApiClient.query(parameters),
        file.path(),
        UUID.nameUUIDFromBytes(
            Digests.sha256Hex(name + "/" + file.sha256())
                .getBytes(java.nio.charset.StandardCharsets.UTF_8)));
  }
}

package dev.fewstep.cli.weights;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.fewstep.schemas.ArtifactKind;
import dev.fewstep.schemas.Json;
import dev.fewstep.schemas.spec.NetworkSpec;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;

/** The well-known public checkpoints that fewstep reads: {@code catalogue.yaml} beside this. */
public final class Catalogue {
  /**
   * One checkpoint.
   *
   * @param name by which people ask for it
   * @param kind WEIGHTS or EXTRACTOR
   * @param title one line
   * @param url where it is downloaded
   * @param page where it is described
   * @param bytes its size, where known
   * @param expected its digests, as far as known
   * @param select where in the file the parameters are, see {@code Selection}; empty to choose
   * @param network what the parameters are of; empty for an extractor
   * @param mode how an extractor is used; empty for its default or for weights
   * @param note what a person should know
   */
  public record Entry(
      String name,
      ArtifactKind kind,
      String title,
      URI url,
      URI page,
      OptionalLong bytes,
      Download.Expected expected,
      Optional<String> select,
      Optional<NetworkSpec> network,
      Optional<String> mode,
      Optional<String> note) {
    /** Whether a whole digest is known before the download. */
    public boolean verified() {
      return expected.md5().isPresent()
          || expected.sha256().filter(s -> s.length() == 64).isPresent();
    }
  }

  private final List<Entry> entries;

  private Catalogue(List<Entry> entries) {
    this.entries = List.copyOf(entries);
  }

  /** Reads the catalogue of this build. */
  public static Catalogue load() {
    try (InputStream in = Catalogue.class.getResourceAsStream("catalogue.yaml")) {
      List<Entry> entries = new ArrayList<>();
      for (JsonNode item : new YAMLMapper().readTree(in).path("checkpoints")) {
        entries.add(entry(item));
      }
      return new Catalogue(entries);
    } catch (IOException e) {
      throw new UncheckedIOException("the catalogue of this build is not readable", e);
    }
  }

  private static Entry entry(JsonNode item) throws JsonProcessingException {
    JsonNode network = item.path("network");
    return new Entry(
        item.required("name").asText(),
        ArtifactKind.valueOf(item.required("kind").asText().toUpperCase(Locale.ROOT)),
        item.required("title").asText(),
        URI.create(item.required("url").asText()),
        URI.create(item.required("page").asText()),
        item.has("bytes") ? OptionalLong.of(item.get("bytes").asLong()) : OptionalLong.empty(),
        new Download.Expected(text(item, "md5"), text(item, "sha256")),
        text(item, "select"),
        network.isMissingNode()
            ? Optional.empty()
            : Optional.of(Json.specs().treeToValue(network, NetworkSpec.class)),
        text(item, "mode"),
        text(item, "note"));
  }

  private static Optional<String> text(JsonNode item, String field) {
    return Optional.ofNullable(item.path(field).asText(null));
  }

  /** Every checkpoint, in the order of the file. */
  public List<Entry> entries() {
    return entries;
  }

  /**
   * The checkpoint of a name.
   *
   * @throws IllegalArgumentException when there is none, naming those that there are
   */
  public Entry get(String name) {
    return entries.stream()
        .filter(entry -> entry.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "the catalogue has no '"
                        + name
                        + "', only "
                        + String.join(", ", entries.stream().map(Entry::name).toList())));
  }
}

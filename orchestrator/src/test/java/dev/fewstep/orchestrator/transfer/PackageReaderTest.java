package dev.fewstep.orchestrator.transfer;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fewstep.schemas.Digests;
import dev.fewstep.schemas.Json;
import dev.fewstep.schemas.state.StateCodec;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files that somebody made to do harm. */
class PackageReaderTest {
  private static final long LIMIT = 1 << 20;

  @TempDir Path folder;

  private static final class Part {
    private final TarArchiveEntry header;
    private final byte[] bytes;

    Part(TarArchiveEntry header, byte[] bytes) {
      this.header = header;
      this.bytes = bytes;
    }

    static Part file(String name, byte[] bytes) {
      TarArchiveEntry header = new TarArchiveEntry(name, true);
      header.setSize(bytes.length);
      return new Part(header, bytes);
    }
  }

  private Path tar(List<Part> parts) throws IOException {
    Path file = Files.createTempFile(folder, "package", ".tar");
    try (TarArchiveOutputStream tar = new TarArchiveOutputStream(Files.newOutputStream(file))) {
      tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_GNU);
      for (Part part : parts) {
        tar.putArchiveEntry(part.header);
        tar.write(part.bytes);
        tar.closeArchiveEntry();
      }
    }
    return file;
  }

  private static byte[] gzip(byte[] bytes, int times) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
      for (int i = 0; i < times; i++) {
        gzip.write(bytes);
      }
    }
    return out.toByteArray();
  }

  private static Map<String, Object> entry(String path, byte[] bytes) {
    Map<String, Object> entry = new TreeMap<>();
    entry.put("path", path);
    entry.put("kind", "RECORDS");
    entry.put("name", "records");
    entry.put("bytes", bytes.length);
    entry.put("sha256", Digests.sha256Hex(bytes));
    return entry;
  }

  private static Map<String, Object> manifest(List<Map<String, Object>> files) {
    Map<String, Object> manifest = new TreeMap<>();
    manifest.put("format", "fewstep-experiment");
    manifest.put("version", 1);
    manifest.put("schemaVersion", StateCodec.SCHEMA_VERSION);
    manifest.put("fewstepVersion", "1.0.0");
    manifest.put("experimentId", "e-01234567");
    manifest.put("origin", "there");
    manifest.put("exportedAt", Instant.EPOCH.toString());
    manifest.put("contents", "ALL");
    manifest.put("inputs", true);
    manifest.put("files", files);
    manifest.put("absent", List.of());
    return manifest;
  }

  private static Part head(Map<String, Object> manifest) {
    return Part.file("manifest.json", Json.toBytes(manifest));
  }

  private void refused(String why, List<Part> parts) throws IOException {
    Path file = tar(parts);
    assertThatThrownBy(() -> PackageReader.open(file, LIMIT))
        .isInstanceOf(PackageException.class)
        .hasMessageContaining(why);
  }

  private List<Part> with(byte[] records) {
    List<Part> parts = new ArrayList<>();
    parts.add(head(manifest(List.of(entry("records.jsonl.gz", records)))));
    parts.add(Part.file("records.jsonl.gz", records));
    return parts;
  }

  @Test
  void recordsThatSwellAreRefusedAsSoonAsTheyAreTooLarge() throws IOException {
    // 500 MB in half a MB, as one JSON value and as many.
    byte[] blanks = " ".repeat(1 << 20).getBytes(StandardCharsets.UTF_8);
    refused("larger than 1 MiB", with(gzip(blanks, 500)));
    byte[] value = "{\"key\":\"".getBytes(StandardCharsets.UTF_8);
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    text.write(value);
    text.write("a".repeat(8 << 20).getBytes(StandardCharsets.UTF_8));
    refused("larger than 1 MiB", with(gzip(text.toByteArray(), 1)));
  }

  @Test
  void nestingAndNonsenseInRecordsAreRefused() throws IOException {
    byte[] deep = "{\"a\":".repeat(100_000).getBytes(StandardCharsets.UTF_8);
    refused("its records are wrong", with(gzip(deep, 1)));
    refused("its records are wrong", with("no gzip at all".getBytes(StandardCharsets.UTF_8)));
    refused("no JSON objects", with(gzip("[]".getBytes(StandardCharsets.UTF_8), 1)));
    refused(
        "its records are wrong",
        with(gzip("{\"key\":\"nothing/x\"}".getBytes(StandardCharsets.UTF_8), 1)));
    refused("no record of e-01234567", with(gzip(new byte[0], 1)));
  }

  @Test
  void newerVersionsAreSaidToBeNewer() throws IOException {
    byte[] records = gzip(new byte[0], 1);
    Map<String, Object> schema = manifest(List.of(entry("records.jsonl.gz", records)));
    schema.put("schemaVersion", StateCodec.SCHEMA_VERSION + 1);
    refused("use a newer release", List.of(head(schema)));
    Map<String, Object> format = manifest(List.of(entry("records.jsonl.gz", records)));
    format.put("version", 2);
    refused("use a newer release", List.of(head(format)));
    byte[] newer =
        gzip(
            "{\"key\":\"experiment/e-01234567\",\"record\":{\"schemaVersion\":99,\"value\":{}}}"
                .getBytes(StandardCharsets.UTF_8),
            1);
    refused("schema version 99", with(newer));
  }

  @Test
  void placesOutsideAndEntriesTwiceAreRefused() throws IOException {
    byte[] records = gzip(new byte[0], 1);
    for (String path : List.of("../records", "/etc/passwd", "artifacts/../../x", "artifacts/a")) {
      refused(
          "is no entry of a package",
          List.of(
              head(manifest(List.of(entry("records.jsonl.gz", records), entry(path, records))))));
    }
    Map<String, Object> one = entry("records.jsonl.gz", records);
    refused("twice", List.of(head(manifest(List.of(one, one)))));
    refused("the first file", List.of(head(manifest(List.of()))));
  }

  @Test
  void onlyPlainFilesAreRead() throws IOException {
    byte[] records = gzip(new byte[0], 1);
    Part head = head(manifest(List.of(entry("records.jsonl.gz", records))));
    TarArchiveEntry link = new TarArchiveEntry("records.jsonl.gz", TarConstants.LF_SYMLINK);
    link.setLinkName("/etc/passwd");
    refused("no plain file", List.of(head, new Part(link, new byte[0])));
    refused("no plain file", List.of(Part.file("m".repeat(300), new byte[0])));
    refused("does not begin with", List.of(Part.file("else.json", new byte[0])));
    refused(
        "not 4",
        List.of(
            head(manifest(List.of(entry("records.jsonl.gz", new byte[4])))),
            Part.file("records.jsonl.gz", new byte[5])));
    Path none = Files.writeString(folder.resolve("none"), "PK".repeat(1_000));
    assertThatThrownBy(() -> PackageReader.open(none, LIMIT))
        .isInstanceOf(PackageException.class)
        .hasMessageContaining("it is no tar");
  }
}

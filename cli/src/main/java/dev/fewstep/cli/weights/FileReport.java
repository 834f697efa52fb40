package dev.fewstep.cli.weights;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fewstep.schemas.Json;
import dev.fewstep.schemas.spec.NetworkSpec;
import dev.fewstep.worker.checkpoint.DiffusersNames;
import dev.fewstep.worker.checkpoint.Selection;
import dev.fewstep.worker.checkpoint.TensorArchive;
import dev.fewstep.worker.checkpoint.TensorFormatException;
import dev.fewstep.worker.checkpoint.TensorInfo;
import dev.fewstep.worker.data.ByteImages;
import dev.fewstep.worker.data.ImageDatasets;
import dev.fewstep.worker.diffusion.NetworkHints;
import dev.fewstep.worker.diffusion.NetworkInference;
import dev.fewstep.worker.task.program.Networks;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;

/** What is in a file, as JSON. Elements are not read, and nothing is executed. */
public final class FileReport {
  private static final int MAX_ENTRIES = 10_000;
  private static final int MAX_TEXT = 2000;

  private FileReport() {}

  /**
   * Looks into a file: tensors, a TorchScript archive or a dataset.
   *
   * @throws IOException when it is none of these, damaged or hostile
   */
  public static ObjectNode of(Path file, NetworkHints hints) throws IOException {
    if (!Files.isRegularFile(file)) {
      throw new TensorFormatException(file, "no such file");
    }
    ObjectNode report = Json.messages().createObjectNode();
    report.put("file", file.toString());
    Download.Sums sums = Download.sums(file);
    report.put("bytes", sums.bytes());
    report.put("md5", sums.md5());
    report.put("sha256", sums.sha256());
    if (isScript(file)) {
      script(file, report);
      return report;
    }
    try (TensorArchive archive = TensorArchive.open(file)) {
      tensors(archive, hints, report);
    } catch (TensorFormatException e) {
      dataset(file, report, e);
    }
    return report;
  }

  private static void tensors(TensorArchive archive, NetworkHints hints, ObjectNode report) {
    report.put("format", archive.format().label());
    ObjectNode metadata = report.putObject("metadata");
    archive
        .metadata()
        .forEach(
            (key, value) ->
                metadata.put(
                    key, value.length() > MAX_TEXT ? value.substring(0, MAX_TEXT) + "…" : value));
    long parameters = 0;
    long bytes = 0;
    for (TensorInfo info : archive.tensors().values()) {
      parameters += info.elements();
      bytes += info.bytes();
    }
    report
        .putObject("totals")
        .put("tensors", archive.tensors().size())
        .put("parameters", parameters)
        .put("bytes", bytes);
    ObjectNode subtrees = report.putObject("subtrees");
    Selection.subtrees(archive).forEach(subtrees::put);
    network(archive, hints, report);
    ArrayNode list = report.putArray("tensors");
    archive
        .tensors()
        .forEach(
            (name, info) -> {
              ObjectNode tensor = list.addObject();
              tensor.put("name", name);
              tensor.put("type", info.type().name().toLowerCase(Locale.ROOT));
              ArrayNode shape = tensor.putArray("shape");
              info.shape().forEach(shape::add);
              tensor.put("parameters", info.elements());
            });
  }

  private static void network(TensorArchive archive, NetworkHints hints, ObjectNode report) {
    String stored = archive.metadata().get(Networks.METADATA);
    if (stored != null) {
      try {
        NetworkSpec spec = Json.messages().readValue(stored, NetworkSpec.class);
        report.set("network", Json.messages().valueToTree(spec));
      } catch (JsonProcessingException e) {
        report.put("networkProblem", "the metadata '" + Networks.METADATA + "' is no network");
      }
      return;
    }
    try {
      Selection selection = Selection.of(archive, Optional.empty());
      report.put("selected", selection.path().isEmpty() ? "/" : selection.path());
      Map<String, long[]> shapes = selection.shapes(archive);
      if (DiffusersNames.matches(shapes.keySet())) {
        report.put("names", "diffusers' UNet2DModel; converted to DDIM's on import");
        return;
      }
      report.set("network", Json.messages().valueToTree(NetworkInference.infer(shapes, hints)));
    } catch (IllegalArgumentException e) {
      report.put("networkProblem", e.getMessage());
    }
  }

  private static boolean isScript(Path file) throws IOException {
    try (ZipFile zip = new ZipFile(file.toFile())) {
      return zip.stream()
          .anyMatch(
              entry ->
                  entry.getName().endsWith("/constants.pkl") || entry.getName().contains("/code/"));
    } catch (ZipException | java.io.EOFException e) {
      return false;
    }
  }

  private static void script(Path file, ObjectNode report) throws IOException {
    report.put("format", "TorchScript: code, which is listed and not executed");
    try (ZipFile zip = new ZipFile(file.toFile())) {
      report.putObject("totals").put("entries", zip.size());
      ArrayNode entries = report.putArray("entries");
      zip.stream()
          .limit(MAX_ENTRIES)
          .forEach(
              entry ->
                  entries
                      .addObject()
                      .put("name", entry.getName().replaceAll("\\p{Cntrl}", "?"))
                      .put("bytes", entry.getSize()));
    }
  }

  private static void dataset(Path file, ObjectNode report, TensorFormatException refused)
      throws IOException {
    String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
    if (!name.contains("idx") && !name.contains("ubyte")) {
      throw refused;
    }
    ByteImages images = ImageDatasets.read(file);
    report.put("format", "IDX images");
    report
        .putObject("totals")
        .put("images", images.size())
        .put("shape", images.shape().toString())
        .put("digest", images.digest());
  }
}

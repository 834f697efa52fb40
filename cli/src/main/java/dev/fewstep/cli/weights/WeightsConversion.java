package dev.fewstep.cli.weights;

import ai.djl.Device;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.core.JsonProcessingException;
import dev.fewstep.schemas.Json;
import dev.fewstep.schemas.spec.Architecture;
import dev.fewstep.schemas.spec.NetworkSpec;
import dev.fewstep.worker.checkpoint.DiffusersNames;
import dev.fewstep.worker.checkpoint.RawTensor;
import dev.fewstep.worker.checkpoint.SafetensorsFile;
import dev.fewstep.worker.checkpoint.Selection;
import dev.fewstep.worker.checkpoint.StateDict;
import dev.fewstep.worker.checkpoint.TensorArchive;
import dev.fewstep.worker.checkpoint.TensorFile;
import dev.fewstep.worker.diffusion.Denoiser;
import dev.fewstep.worker.diffusion.NetworkHints;
import dev.fewstep.worker.diffusion.NetworkInference;
import dev.fewstep.worker.diffusion.UNet;
import dev.fewstep.worker.features.Extractors;
import dev.fewstep.worker.task.program.Networks;
import dev.fewstep.worker.tensor.TorchEngine;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Turns a checkpoint of DDIM, pesser, MMD-DDM, diffusers, improved- or guided-diffusion, or a
 * TorchScript module, into the form that fewstep loads: one {@code .safetensors} of the network's
 * tensors under their original names (diffusers' under DDIM's), with the network's specification as
 * metadata.
 */
public final class WeightsConversion {
  private WeightsConversion() {}

  /**
   * What was made of a file.
   *
   * @param path where in the source the parameters were, empty for the whole file
   * @param network what they are of
   * @param tensors how many they are
   * @param parameters how many numbers
   */
  public record Converted(String path, NetworkSpec network, int tensors, long parameters) {}

  /** Whether a file has the form already. */
  public static boolean isCanonical(Path file) throws IOException {
    if (Extractors.isScript(file)) {
      return false;
    }
    try (TensorArchive archive = TensorArchive.open(file)) {
      return archive.metadata().containsKey(Networks.METADATA);
    }
  }

  /**
   * Converts, and loads the result once to see that it fits. Equal sources make equal bytes.
   *
   * @param select where the parameters are, see {@link Selection#of}; empty to choose
   * @param hints what is known of the network beside its tensors
   * @param network the whole network where it is known; else it is inferred
   * @param target a {@code .safetensors} to write
   * @throws IllegalArgumentException when the tensors are not those of the network; the message
   *     lists what is missing, unexpected and of another shape
   */
  public static Converted convert(
      Path source,
      Optional<String> select,
      NetworkHints hints,
      Optional<NetworkSpec> network,
      Path target)
      throws IOException {
    if (Extractors.isScript(source)) {
      return script(source, select, hints, target);
    }
    Map<String, RawTensor> tensors;
    Selection selection;
    Optional<NetworkSpec> known;
    try (TensorArchive archive = TensorArchive.open(source)) {
      selection = Selection.of(archive, select);
      known = network.or(() -> stored(archive));
      tensors = selection.read(archive);
    }
    if (DiffusersNames.matches(tensors.keySet())) {
      tensors = DiffusersNames.toNative(tensors);
    }
    Map<String, long[]> shapes = StateDict.shapes(tensors);
    NetworkSpec spec = known.isPresent() ? known.get() : NetworkInference.infer(shapes, hints);
    require(source, spec, shapes);
    SafetensorsFile.write(target, tensors, Map.of(Networks.METADATA, Json.toText(spec)));
    try (NDManager manager = NDManager.newBaseManager();
        Networks.Loaded loaded = Networks.load(target, manager)) {
      long parameters = tensors.values().stream().mapToLong(WeightsConversion::elements).sum();
      return new Converted(selection.path(), loaded.spec(), tensors.size(), parameters);
    }
  }

  /** A TorchScript module travels as it is, within the weights file; its own parameters count. */
  private static Converted script(
      Path source, Optional<String> select, NetworkHints hints, Path target) throws IOException {
    if (select.isPresent()) {
      throw new IllegalArgumentException(
          source + " is a TorchScript module, which has no parts to select from");
    }
    byte[] archive = Extractors.trustedScript(source);
    NetworkSpec spec = NetworkInference.scripted(hints);
    try (NDManager manager = TorchEngine.newManager(Device.cpu())) {
      Map<String, NDArray> tensors = Networks.withArchive(Map.of(), archive, manager);
      try (Denoiser network = Networks.load(spec, manager, tensors)) {
        Networks.save(target, tensors, spec);
        return new Converted("", spec, network.parameters().size(), network.parameterCount());
      }
    } catch (EngineException e) {
      throw new IllegalArgumentException(
          source
              + " is no TorchScript module (x, t) -> prediction for these images: "
              + e.getMessage().lines().findFirst().orElse("libtorch refuses it"),
          e);
    }
  }

  private static void require(Path source, NetworkSpec spec, Map<String, long[]> shapes) {
    if (spec.architecture() == Architecture.DDIM) {
      Map<String, long[]> expected = new LinkedHashMap<>();
      UNet.parameterShapes(Networks.config(spec))
          .forEach((name, shape) -> expected.put(name, shape.getShape()));
      StateDict.require("The tensors of " + source + " do not fit the network", shapes, expected);
    }
  }

  private static long elements(RawTensor tensor) {
    return tensor.bytes().remaining() / tensor.type().getNumOfBytes();
  }

  private static Optional<NetworkSpec> stored(TensorArchive archive) {
    String json = archive.metadata().get(Networks.METADATA);
    try {
      return json == null
          ? Optional.empty()
          : Optional.of(Json.messages().readValue(json, NetworkSpec.class));
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(
          archive.file() + ": its metadata '" + Networks.METADATA + "' is no network", e);
    }
  }

  /**
   * Writes the tensors of a file in the format of the target's suffix, under their own names.
   *
   * @throws IllegalArgumentException when the suffix is no format's
   */
  public static int rewrite(Path source, Optional<String> select, Path target) throws IOException {
    try (TensorArchive archive = TensorArchive.open(source)) {
      Map<String, RawTensor> tensors = Selection.of(archive, select).read(archive);
      boolean keeps = target.toString().endsWith(".safetensors");
      TensorFile.writeRaw(target, tensors, keeps ? archive.metadata() : Map.of());
      return tensors.size();
    }
  }
}

package dev.fewstep.worker.task.program;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.core.JsonProcessingException;
import dev.fewstep.schemas.Json;
import dev.fewstep.schemas.message.FailureCode;
import dev.fewstep.schemas.spec.Architecture;
import dev.fewstep.schemas.spec.NetworkSpec;
import dev.fewstep.schemas.spec.NoiseScheduleSpec;
import dev.fewstep.schemas.spec.SamplingSpec;
import dev.fewstep.worker.checkpoint.TensorFile;
import dev.fewstep.worker.diffusion.ClassLabels;
import dev.fewstep.worker.diffusion.DdimSampler;
import dev.fewstep.worker.diffusion.Denoiser;
import dev.fewstep.worker.diffusion.NoiseSchedule;
import dev.fewstep.worker.diffusion.OpenAiConfig;
import dev.fewstep.worker.diffusion.OpenAiUNet;
import dev.fewstep.worker.diffusion.PredictionType;
import dev.fewstep.worker.diffusion.RescaledDenoiser;
import dev.fewstep.worker.diffusion.Timesteps;
import dev.fewstep.worker.diffusion.TorchScriptDenoiser;
import dev.fewstep.worker.diffusion.UNet;
import dev.fewstep.worker.diffusion.UNetConfig;
import dev.fewstep.worker.tensor.ScriptTrust;
import dev.fewstep.worker.tensor.Tensors;
import dev.fewstep.worker.tensor.TorchEngine;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Weights files: one {@code .safetensors} whose metadata {@value #METADATA} holds the network's
 * specification as JSON, noise schedule included; and how specifications become networks and
 * samplers.
 */
public final class Networks {
  /** Metadata key of the network's specification. */
  public static final String METADATA = "fewstep.network";

  /** Tensor of a TorchScript network's weights file: the bytes of the archive, uint8. */
  public static final String ARCHIVE = "fewstep.torchscript";

  private Networks() {}

  /**
   * A network and what is needed to sample with it. Closing it closes the network.
   *
   * @param spec its specification
   * @param denoiser the network, on the timesteps of its schedule
   * @param schedule the noise schedule it was trained with
   */
  public record Loaded(NetworkSpec spec, Denoiser denoiser, NoiseSchedule schedule)
      implements AutoCloseable {
    @Override
    public void close() {
      denoiser.close();
    }
  }

  /**
   * The form of a DDIM U-Net.
   *
   * @throws TaskFailure when its parts do not fit together, or it is another network
   */
  public static UNetConfig config(NetworkSpec spec) {
    if (spec.architecture() != Architecture.DDIM) {
      throw new TaskFailure(
          FailureCode.INVALID_SPEC,
          "The network is no DDIM U-Net but one of architecture "
              + spec.architecture().name().toLowerCase(Locale.ROOT)
              + ".");
    }
    return valid(
        () ->
            new UNetConfig(
                spec.imageSize(),
                spec.channels(),
                spec.width(),
                spec.multipliers(),
                spec.resBlocks(),
                spec.attention(),
                spec.groups(),
                spec.dropout(),
                spec.patch(),
                prediction(spec),
                spec.resampConv()));
  }

  private static OpenAiConfig openAi(NetworkSpec spec) {
    return valid(
        () ->
            new OpenAiConfig(
                spec.imageSize(),
                spec.channels(),
                spec.width(),
                spec.multipliers(),
                spec.resBlocks(),
                spec.attention(),
                spec.groups(),
                spec.dropout(),
                prediction(spec),
                spec.resblockUpdown()
                    ? OpenAiConfig.Resample.RESIDUAL
                    : spec.resampConv()
                        ? OpenAiConfig.Resample.CONVOLUTION
                        : OpenAiConfig.Resample.POOLING,
                spec.scaleShift(),
                spec.heads(),
                spec.headChannels(),
                spec.newAttentionOrder(),
                spec.learnedSigma(),
                spec.classes()));
  }

  private static PredictionType prediction(NetworkSpec spec) {
    return switch (spec.prediction()) {
      case EPSILON -> PredictionType.EPSILON;
      case X0 -> PredictionType.X0;
      case V -> PredictionType.V;
    };
  }

  private static <T> T valid(Supplier<T> made) {
    try {
      return made.get();
    } catch (IllegalArgumentException e) {
      throw new TaskFailure(FailureCode.INVALID_SPEC, e.getMessage() + ".", e);
    }
  }

  /**
   * A new network, on the timesteps of its schedule.
   *
   * @param manager owner of the parameters; its device is where the network runs
   * @param seed of the initialisation
   * @param zeroEnds whether residual branches start at zero
   * @throws TaskFailure when its parts do not fit together, or it is a TorchScript module
   */
  public static Denoiser initialise(
      NetworkSpec spec, NDManager manager, long seed, boolean zeroEnds) {
    Denoiser network =
        switch (spec.architecture()) {
          case DDIM -> UNet.initialise(config(spec), manager, seed, zeroEnds);
          case OPENAI -> OpenAiUNet.initialise(openAi(spec), manager, seed, zeroEnds);
          case TORCHSCRIPT ->
              throw new TaskFailure(
                  FailureCode.INVALID_SPEC,
                  "A TorchScript network cannot be started from nothing: import its module.");
        };
    return onSchedule(network, spec);
  }

  /**
   * A network of given weights, on the timesteps of its schedule.
   *
   * @param manager owner of the parameters; its device is where the network runs
   * @param tensors name to tensor, copied; for a TorchScript network also {@value #ARCHIVE}
   * @throws IllegalArgumentException when the tensors are not those of the network
   * @throws TaskFailure when the network's parts do not fit together
   */
  public static Denoiser load(NetworkSpec spec, NDManager manager, Map<String, NDArray> tensors) {
    Denoiser network =
        switch (spec.architecture()) {
          case DDIM -> UNet.load(config(spec), manager, tensors);
          case OPENAI -> OpenAiUNet.load(openAi(spec), manager, tensors);
          case TORCHSCRIPT -> torchScript(spec, manager, tensors);
        };
    return onSchedule(network, spec);
  }

  private static Denoiser torchScript(
      NetworkSpec spec, NDManager manager, Map<String, NDArray> tensors) {
    Map<String, NDArray> weights = new LinkedHashMap<>(tensors);
    NDArray archive = weights.remove(ARCHIVE);
    if (archive == null) {
      throw new IllegalArgumentException(
          "the tensor '" + ARCHIVE + "', the bytes of a TorchScript archive, is missing");
    }
    if (!ScriptTrust.allowed()) {
      throw new TaskFailure(
          FailureCode.BAD_INPUT,
          "The network is a TorchScript module, which is code, and this worker runs none: set "
              + ScriptTrust.VARIABLE
              + "=allow where you trust those who import weights.");
    }
    return TorchScriptDenoiser.load(
        archive.toByteArray(),
        weights,
        new Shape(spec.channels(), spec.imageSize(), spec.imageSize()),
        prediction(spec),
        manager);
  }

  private static Denoiser onSchedule(Denoiser network, NetworkSpec spec) {
    return spec.rescaleTimesteps()
        ? RescaledDenoiser.of(network, spec.schedule().trainTimesteps())
        : network;
  }

  /**
   * A noise schedule.
   *
   * @throws TaskFailure when it has too few steps
   */
  public static NoiseSchedule schedule(NoiseScheduleSpec spec) {
    int steps = spec.trainTimesteps();
    double start = spec.betaStart();
    double end = spec.betaEnd();
    try {
      return switch (spec.kind()) {
        case LINEAR -> NoiseSchedule.linear(steps, start, end);
        case QUAD -> NoiseSchedule.quadratic(steps, start, end);
        case CONST -> NoiseSchedule.constant(steps, end);
        case JSD -> NoiseSchedule.jsd(steps);
        case SIGMOID -> NoiseSchedule.sigmoid(steps, start, end);
        case COSINE -> NoiseSchedule.cosine(steps);
      };
    } catch (IllegalArgumentException e) {
      throw new TaskFailure(FailureCode.INVALID_SPEC, e.getMessage() + ".", e);
    }
  }

  /**
   * The timesteps that a sampler visits.
   *
   * @throws TaskFailure when the schedule has not that many
   */
  public static Timesteps timesteps(SamplingSpec sampling, NoiseSchedule schedule) {
    try {
      return switch (sampling.spacing()) {
        case UNIFORM -> Timesteps.uniform(sampling.steps(), schedule.steps());
        case QUADRATIC -> Timesteps.quadratic(sampling.steps(), schedule.steps());
        case PUBLISHED -> Timesteps.published(sampling.steps(), schedule.steps());
        case DDIM -> Timesteps.ddim(sampling.steps(), schedule.steps());
        case SECTIONS ->
            Timesteps.sections(
                sampling.sections().isEmpty() ? List.of(sampling.steps()) : sampling.sections(),
                schedule.steps());
      };
    } catch (IllegalArgumentException e) {
      throw new TaskFailure(FailureCode.INVALID_SPEC, e.getMessage() + ".", e);
    }
  }

  /**
   * A sampler of a denoiser.
   *
   * @throws TaskFailure when the schedule has not that many timesteps, or nothing of the image is
   *     left at one of them, or the label is none of the network's
   */
  public static DdimSampler sampler(
      Denoiser denoiser, NoiseSchedule schedule, SamplingSpec sampling) {
    Timesteps timesteps = timesteps(sampling, schedule);
    return valid(
        () ->
            new DdimSampler(
                denoiser,
                schedule,
                timesteps,
                sampling.eta(),
                new ClassLabels(denoiser.classes(), sampling.label())));
  }

  /**
   * The specification of a weights file.
   *
   * @throws TaskFailure when the file has none that can be read
   */
  public static NetworkSpec spec(Path weights) throws IOException {
    String json = TensorFile.metadata(weights).get(METADATA);
    if (json == null) {
      throw new TaskFailure(
          FailureCode.BAD_INPUT,
          "The weights have no metadata '"
              + METADATA
              + "' that says which network they are of: import them with its configuration.");
    }
    try {
      return Json.messages().readValue(json, NetworkSpec.class);
    } catch (JsonProcessingException e) {
      throw new TaskFailure(
          FailureCode.BAD_INPUT,
          "The metadata '" + METADATA + "' of the weights is no network: " + e.getOriginalMessage(),
          e);
    }
  }

  /**
   * Loads a weights file.
   *
   * @param manager owner of the parameters; its device is where the network runs
   * @throws TaskFailure when the tensors are not those of the network that the metadata describes
   */
  public static Loaded load(Path weights, NDManager manager) throws IOException {
    NetworkSpec spec = spec(weights);
    try (NDManager scope = manager.newSubManager()) {
      Map<String, NDArray> tensors = TensorFile.read(weights, scope);
      return new Loaded(spec, load(spec, manager, tensors), schedule(spec.schedule()));
    } catch (IllegalArgumentException e) {
      throw new TaskFailure(
          FailureCode.BAD_INPUT, "The weights do not fit their network: " + e.getMessage(), e);
    }
  }

  /** Writes a weights file; equal weights make equal bytes. */
  public static void save(Path file, Map<String, NDArray> weights, NetworkSpec spec)
      throws IOException {
    TensorFile.write(file, weights, Map.of(METADATA, Json.toText(spec)));
  }

  /**
   * Writes other weights of a network: the file holds what else the network needs. Equal weights
   * make equal bytes.
   */
  public static void save(Path file, Map<String, NDArray> weights, Loaded network)
      throws IOException {
    Denoiser denoiser = network.denoiser();
    if (denoiser instanceof RescaledDenoiser rescaled) {
      denoiser = rescaled.network();
    }
    if (!(denoiser instanceof TorchScriptDenoiser script)) {
      save(file, weights, network.spec());
      return;
    }
    try (NDManager manager = TorchEngine.newManager(Device.cpu())) {
      save(file, withArchive(weights, script.archive(), manager), network.spec());
    }
  }

  /**
   * The tensors of a TorchScript network's weights file.
   *
   * @param weights the module's parameters; none for those of the archive
   * @param archive what {@code torch.jit.save} wrote
   * @param manager owner of the added tensor
   */
  public static Map<String, NDArray> withArchive(
      Map<String, NDArray> weights, byte[] archive, NDManager manager) {
    Map<String, NDArray> tensors = new LinkedHashMap<>(weights);
    tensors.put(
        ARCHIVE,
        Tensors.of(manager, ByteBuffer.wrap(archive), new Shape(archive.length), DataType.UINT8));
    return tensors;
  }
}

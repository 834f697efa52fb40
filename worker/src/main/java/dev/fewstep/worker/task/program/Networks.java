package dev.fewstep.worker.task.program;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.core.JsonProcessingException;
import dev.fewstep.schemas.Json;
import dev.fewstep.schemas.message.FailureCode;
import dev.fewstep.schemas.spec.NetworkSpec;
import dev.fewstep.schemas.spec.NoiseScheduleSpec;
import dev.fewstep.schemas.spec.SamplingSpec;
import dev.fewstep.worker.checkpoint.TensorFile;
import dev.fewstep.worker.diffusion.DdimSampler;
import dev.fewstep.worker.diffusion.Denoiser;
import dev.fewstep.worker.diffusion.NoiseSchedule;
import dev.fewstep.worker.diffusion.PredictionType;
import dev.fewstep.worker.diffusion.Timesteps;
import dev.fewstep.worker.diffusion.UNet;
import dev.fewstep.worker.diffusion.UNetConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * Weights files: one {@code .safetensors} whose metadata {@value #METADATA} holds the network's
 * specification as JSON, noise schedule included; and how specifications become networks and
 * samplers.
 */
public final class Networks {
  /** Metadata key of the network's specification. */
  public static final String METADATA = "fewstep.network";

  private Networks() {}

  /**
   * A network and what is needed to sample with it. Closing it closes the network.
   *
   * @param spec its specification
   * @param unet the network
   * @param schedule the noise schedule it was trained with
   */
  public record Loaded(NetworkSpec spec, UNet unet, NoiseSchedule schedule)
      implements AutoCloseable {
    @Override
    public void close() {
      unet.close();
    }
  }

  /**
   * The form of a network.
   *
   * @throws TaskFailure when its parts do not fit together
   */
  public static UNetConfig config(NetworkSpec spec) {
    PredictionType prediction =
        switch (spec.prediction()) {
          case EPSILON -> PredictionType.EPSILON;
          case X0 -> PredictionType.X0;
          case V -> PredictionType.V;
        };
    try {
      return new UNetConfig(
          spec.imageSize(),
          spec.channels(),
          spec.width(),
          spec.multipliers(),
          spec.resBlocks(),
          spec.attention(),
          spec.groups(),
          spec.dropout(),
          spec.patch(),
          prediction,
          spec.resampConv());
    } catch (IllegalArgumentException e) {
      throw new TaskFailure(FailureCode.INVALID_SPEC, e.getMessage() + ".", e);
    }
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

  /** A sampler of a denoiser. */
  public static DdimSampler sampler(
      Denoiser denoiser, NoiseSchedule schedule, SamplingSpec sampling) {
    return new DdimSampler(denoiser, schedule, timesteps(sampling, schedule), sampling.eta());
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
      return new Loaded(spec, UNet.load(config(spec), manager, tensors), schedule(spec.schedule()));
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
}

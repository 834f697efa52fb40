package dev.fewstep.worker.task.program;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.fewstep.schemas.spec.SamplingSpec;
import dev.fewstep.worker.diffusion.DdimSampler;
import dev.fewstep.worker.diffusion.DenoisingPath;
import dev.fewstep.worker.diffusion.Images;
import dev.fewstep.worker.tensor.AtenOps;
import dev.fewstep.worker.tensor.StreamSeed;
import dev.fewstep.worker.tensor.TorchEngine;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * How noise becomes images: a row for each of the first images of a seed, with its starting noise
 * and then the clean image as predicted at each network evaluation, the last of which is the
 * sample. Of a long chain, evaluations spread over all of it are shown.
 */
final class DenoisingSheet {
  private static final int SAMPLES = 4;
  private static final int STATES = 7;

  private DenoisingSheet() {}

  /**
   * Writes {@code denoising.png}; empty for images that are neither grey nor RGB, or not finite.
   *
   * @param seed of the noise, that of the sheets
   */
  static Optional<OutputFile> write(
      Networks.Loaded network, SamplingSpec sampling, long seed, TaskContext context)
      throws IOException {
    if (!Sheets.shown(network.spec())) {
      return Optional.empty();
    }
    DdimSampler sampler = Networks.sampler(network.denoiser(), network.schedule(), sampling);
    List<float[]> states = new ArrayList<>();
    try (NDManager manager = TorchEngine.newManager(context.device())) {
      NDArray noise =
          AtenOps.noiseRows(
              manager, network.denoiser().imageShape(), StreamSeed.rows(seed, "image", 0, SAMPLES));
      states.add(pixels(noise));
      int evaluations = sampler.nfe();
      DenoisingPath.walk(
          sampler,
          sampler.labels().label(network.denoiser(), seed, 0, 0, SAMPLES),
          network.schedule(),
          noise,
          (shape, index) ->
              AtenOps.noiseRows(
                  manager,
                  network.denoiser().imageShape(),
                  StreamSeed.rows(seed, "image-step", index, 0, SAMPLES)),
          (update, step, x, clean) -> {
            if (shown(update, evaluations)) {
              states.add(pixels(clean));
            }
          });
    } catch (TaskFailure e) {
      context.listener().log("no denoising.png: " + e.getMessage());
      return Optional.empty();
    }
    Sheets.Pixels sheet = new Sheets.Pixels(network.spec(), SAMPLES * states.size());
    int size = states.get(0).length / SAMPLES;
    for (int sample = 0; sample < SAMPLES; sample++) {
      for (float[] state : states) {
        float[] image = new float[size];
        System.arraycopy(state, sample * size, image, 0, size);
        sheet.add(image);
      }
    }
    Optional<byte[]> png = sheet.png(states.size());
    if (png.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(Sheets.file("denoising.png", png.get(), context));
  }

  /** Whether an evaluation is among those that are shown: all, or 7 that end with the last. */
  static boolean shown(int evaluation, int evaluations) {
    if (evaluations <= STATES) {
      return true;
    }
    for (int i = 1; i <= STATES; i++) {
      if (Math.round((double) i * evaluations / STATES) - 1 == evaluation) {
        return true;
      }
    }
    return false;
  }

  /** A state with values around [-1, 1] as pixels. */
  private static float[] pixels(NDArray state) {
    try (NDArray images = Images.of(state);
        NDArray bytes = Sheets.eightBit(images)) {
      return bytes.toFloatArray();
    }
  }
}

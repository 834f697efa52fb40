package dev.fewstep.worker.task.program;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.fewstep.schemas.ArtifactKind;
import dev.fewstep.schemas.message.FailureCode;
import dev.fewstep.schemas.spec.NetworkSpec;
import dev.fewstep.schemas.spec.SamplingSpec;
import dev.fewstep.worker.checkpoint.AtomicFile;
import dev.fewstep.worker.diffusion.DdimSampler;
import dev.fewstep.worker.evaluation.EightBit;
import dev.fewstep.worker.image.SampleSheet;
import dev.fewstep.worker.tensor.Autograd;
import dev.fewstep.worker.tensor.Tensors;
import dev.fewstep.worker.tensor.TorchEngine;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Sheets of samples for people: the first images of a seed in a square. Image i has the noise
 * H(seed, i), so that sheets of two models with one seed show the same noise.
 */
final class Sheets {
  private static final int MAX_SIDE = 8;
  private static final int GAP = 2;
  private static final int MAX_PIXELS = 4000;

  private Sheets() {}

  /** Images along each side of a sheet for a network: 8, or fewer when they are large. */
  static int side(NetworkSpec network) {
    int edge = network.imageSize() * scale(network) + GAP;
    return Math.max(1, Math.min(MAX_SIDE, MAX_PIXELS / edge));
  }

  private static int scale(NetworkSpec network) {
    return network.imageSize() <= 32 ? 2 : 1;
  }

  /**
   * Samples the first images of a seed and writes them; empty for images that are neither grey nor
   * RGB.
   *
   * @throws TaskFailure when an image is not finite
   */
  static Optional<OutputFile> sample(
      Networks.Loaded network, SamplingSpec sampling, long seed, String name, TaskContext context)
      throws IOException, TaskStoppedException {
    int side = side(network.spec());
    Pixels pixels = new Pixels(network.spec(), side * side);
    try (NDManager manager = TorchEngine.newManager(context.device())) {
      for (int row = 0; row < side; row++) {
        context.stopIfAsked();
        pixels.add(row(network, sampling, seed, row, manager));
      }
    }
    return pixels.write(name, context);
  }

  /**
   * One row of a sheet, by the network's present weights. Draws only from generators of its own.
   *
   * @throws TaskFailure when an image is not finite
   */
  static float[] row(
      Networks.Loaded network, SamplingSpec sampling, long seed, int row, NDManager manager) {
    int side = side(network.spec());
    DdimSampler sampler = Networks.sampler(network.denoiser(), network.schedule(), sampling);
    try (NDManager scope = manager.newSubManager()) {
      NDArray images = Autograd.off(() -> sampler.images(scope, seed, (long) row * side, side));
      return eightBit(images).toFloatArray();
    }
  }

  /** Whether a network's images can be seen: grey or RGB. */
  static boolean shown(NetworkSpec network) {
    return network.channels() == 1 || network.channels() == 3;
  }

  /** Writes a sheet into the task's directory. */
  static OutputFile file(String name, byte[] png, TaskContext context) throws IOException {
    Path file = context.directory().resolve(name);
    AtomicFile.write(file, out -> out.write(png));
    return new OutputFile(ArtifactKind.SHEET, name, file);
  }

  /**
   * Images as a reader of their 8-bit files sees them, on the manager of the images.
   *
   * @throws TaskFailure when one is not finite
   */
  static NDArray eightBit(NDArray images) {
    try {
      return EightBit.quantise(images);
    } catch (IllegalArgumentException e) {
      throw new TaskFailure(
          FailureCode.NOT_FINITE, "A sampled image is not finite: " + e.getMessage() + ".", e);
    }
  }

  /** The first images of a set, as they come. */
  static final class Pixels {
    private final NetworkSpec network;
    private final float[] values;
    private int filled;

    /**
     * Room for some images.
     *
     * @param count images kept, at least 1
     */
    Pixels(NetworkSpec network, int count) {
      this.network = network;
      this.values =
          new float[count * network.channels() * network.imageSize() * network.imageSize()];
    }

    /** Takes the next images, (N, C, H, W) in [0, 1], as far as there is room. */
    void add(float[] images) {
      int taken = Math.min(images.length, values.length - filled);
      System.arraycopy(images, 0, values, filled, taken);
      filled += taken;
    }

    /** Writes the sheet; empty for images that are neither grey nor RGB. */
    Optional<OutputFile> write(String name, TaskContext context) throws IOException {
      Optional<byte[]> png = png(side(network));
      if (png.isEmpty()) {
        return Optional.empty();
      }
      return Optional.of(file(name, png.get(), context));
    }

    /** The sheet as PNG with so many images side by side; empty for neither grey nor RGB. */
    Optional<byte[]> png(int columns) {
      if (!shown(network)) {
        return Optional.empty();
      }
      int edge = network.imageSize();
      try (NDManager manager = TorchEngine.newManager(ai.djl.Device.cpu())) {
        long count = values.length / ((long) network.channels() * edge * edge);
        NDArray images =
            Tensors.of(manager, values, new Shape(count, network.channels(), edge, edge));
        return Optional.of(new SampleSheet(columns, scale(network), GAP).encode(images));
      }
    }
  }
}

package dev.fewstep.cli.local;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.fewstep.cli.CliException;
import dev.fewstep.schemas.spec.NetworkSpec;
import dev.fewstep.schemas.spec.SamplingSpec;
import dev.fewstep.worker.data.ImageShape;
import dev.fewstep.worker.diffusion.DdimSampler;
import dev.fewstep.worker.diffusion.ImageNoise;
import dev.fewstep.worker.evaluation.EightBit;
import dev.fewstep.worker.image.Picture;
import dev.fewstep.worker.task.program.Networks;
import dev.fewstep.worker.task.program.TaskFailure;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.LongConsumer;

/** Weights that a local verb draws images with; complaints name their file. */
final class LocalModel implements AutoCloseable {
  private final Path file;
  private final Networks.Loaded network;

  private LocalModel(Path file, Networks.Loaded network) {
    this.file = file;
    this.network = network;
  }

  /**
   * Loads weights whose images can be drawn.
   *
   * @throws CliException when the file is no weights file of fewstep's, or its images are neither
   *     grey nor RGB
   */
  static LocalModel load(Path file, NDManager manager) throws IOException {
    try {
      LocalModel model = new LocalModel(file, Networks.load(file, manager));
      SamplingOptions.Check.require(
          model.image().channels() == 1 || model.image().channels() == 3,
          "%s: images of %s channels cannot be drawn: a PNG has 1 (grey) or 3 (RGB)",
          file,
          model.image().channels());
      return model;
    } catch (TaskFailure e) {
      throw CliException.usage(file + ": " + e.getMessage(), e);
    }
  }

  Networks.Loaded network() {
    return network;
  }

  /** Shape of its images. */
  ImageShape image() {
    NetworkSpec spec = network.spec();
    return new ImageShape(spec.channels(), spec.imageSize(), spec.imageSize());
  }

  ImageNoise noise(long seed) {
    return new ImageNoise(network.denoiser().imageShape(), seed);
  }

  /**
   * A sampler.
   *
   * @throws CliException when the schedule has not that many timesteps
   */
  DdimSampler sampler(SamplingSpec sampling) {
    try {
      return Networks.sampler(network.denoiser(), network.schedule(), sampling);
    } catch (TaskFailure e) {
      throw CliException.usage(file + ": " + e.getMessage(), e);
    }
  }

  /**
   * Samples consecutive images as their 8-bit files have them.
   *
   * @param from index of the first
   * @return their bytes, image after image
   * @throws CliException when one is not finite
   */
  byte[] bytes(NDManager manager, DdimSampler sampler, long seed, long from, int count) {
    try (NDManager scope = manager.newSubManager()) {
      return bytes(from, sampler.images(scope, seed, from, count));
    }
  }

  /**
   * Samples consecutive images batch by batch.
   *
   * @param progress hears how many are done
   */
  List<Picture> pictures(
      NDManager manager,
      DdimSampler sampler,
      SamplingOptions options,
      long from,
      int count,
      LongConsumer progress) {
    byte[] all = new byte[Math.multiplyExact(count, image().elements())];
    for (int done = 0; done < count; ) {
      int size = Math.min(options.batch(), count - done);
      byte[] bytes = bytes(manager, sampler, options.seed(), from + done, size);
      System.arraycopy(bytes, 0, all, done * image().elements(), bytes.length);
      done += size;
      progress.accept(done);
    }
    return Picture.all(image(), all);
  }

  /** 8-bit pictures of states around [-1, 1]: clamp((x+1)/2). */
  List<Picture> draw(NDArray states) {
    try (NDArray images = states.add(1f).mul(0.5f).clip(0f, 1f)) {
      return Picture.all(image(), bytes(0, images));
    }
  }

  private byte[] bytes(long from, NDArray images) {
    try {
      return EightBit.toBytes(images);
    } catch (IllegalArgumentException e) {
      throw CliException.failed(
          "%s: images %d to %d: %s"
              .formatted(file, from, from + images.getShape().get(0) - 1, e.getMessage()),
          e);
    }
  }

  @Override
  public void close() {
    network.close();
  }
}

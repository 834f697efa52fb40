package dev.fewstep.chaos.load;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import dev.fewstep.schemas.spec.NetworkSpec;
import dev.fewstep.worker.data.ByteImages;
import dev.fewstep.worker.data.ImageShape;
import dev.fewstep.worker.data.NpzImages;
import dev.fewstep.worker.diffusion.UNet;
import dev.fewstep.worker.features.Activation;
import dev.fewstep.worker.features.ExtractorConfig;
import dev.fewstep.worker.features.ExtractorSpec;
import dev.fewstep.worker.features.ExtractorTraining;
import dev.fewstep.worker.task.program.Networks;
import dev.fewstep.worker.tensor.TorchEngine;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Random;

/** Inputs so small that a task on them takes a moment: grey images of 8 x 8 pixels. */
public final class TinyInputs {
  private static final int EDGE = 8;
  private static final ImageShape SHAPE = new ImageShape(1, EDGE, EDGE);

  private TinyInputs() {}

  /** Makes {@code dataset.npz}. */
  public static Path dataset(Path directory) throws IOException {
    Path file = directory.resolve("dataset.npz");
    NpzImages.write(file, images(96));
    return file;
  }

  /** Makes an extractor of 4 features; different seeds make different ones. */
  public static Path extractor(Path directory, String name, long seed) throws IOException {
    Path file = directory.resolve(name + ".safetensors");
    ExtractorConfig network =
        new ExtractorConfig(
            name,
            SHAPE,
            List.of(new ExtractorConfig.Block(4, 3, 2, false, false, Activation.SILU, 1)),
            new ExtractorConfig.Head(false, 4, Activation.SILU),
            2);
    ExtractorSpec spec =
        new ExtractorSpec(
            network,
            new ExtractorSpec.Data("train", "test"),
            new ExtractorSpec.Schedule(seed, 4, 16, 1e-3, 1, 1, false, 0.0));
    try (NDManager manager = TorchEngine.newManager(Device.cpu())) {
      new ExtractorTraining(spec, images(96), images(16)).run(manager, file);
    }
    return file;
  }

  /** Makes {@code weights.safetensors} of an untrained network. */
  public static Path weights(Path directory) throws IOException {
    Path file = directory.resolve("weights.safetensors");
    NetworkSpec spec = new NetworkSpec(EDGE, 1, 4, List.of(1), 1, List.of(), 4, 0.0, 1, null, null);
    try (NDManager manager = TorchEngine.newManager(Device.cpu());
        UNet network = UNet.initialise(Networks.config(spec), manager, 3, false)) {
      Networks.save(file, network.parameters(), spec);
    }
    return file;
  }

  /** Bright or dark bars, by label, with noise. */
  private static ByteImages images(int count) {
    Random random = new Random(count);
    byte[] pixels = new byte[count * SHAPE.elements()];
    int[] labels = new int[count];
    for (int i = 0; i < count; i++) {
      labels[i] = i % 2;
      for (int p = 0; p < SHAPE.elements(); p++) {
        boolean bright = (labels[i] == 0 ? p % EDGE : p / EDGE) < EDGE / 2;
        pixels[i * SHAPE.elements() + p] = (byte) ((bright ? 180 : 20) + random.nextInt(40));
      }
    }
    return new ByteImages(SHAPE, pixels, Optional.of(labels));
  }
}

package dev.fewstep.cli.local;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import dev.fewstep.schemas.spec.NetworkSpec;
import dev.fewstep.worker.checkpoint.NpzFile;
import dev.fewstep.worker.checkpoint.RawTensor;
import dev.fewstep.worker.data.ByteImages;
import dev.fewstep.worker.data.ImageShape;
import dev.fewstep.worker.data.NpzImages;
import dev.fewstep.worker.diffusion.UNet;
import dev.fewstep.worker.task.program.Networks;
import dev.fewstep.worker.tensor.TorchEngine;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;

/** Models and data small enough for a test. */
final class TinyModel {
  static final int EDGE = 8;

  private TinyModel() {}

  /** An untrained U-Net for grey 8x8 images. */
  static Path weights(Path file) throws IOException {
    NetworkSpec spec =
        new NetworkSpec(EDGE, 1, 8, List.of(1, 2), 1, List.of(), 4, 0.0, 1, null, null);
    try (NDManager manager = TorchEngine.newManager(Device.cpu());
        UNet network = UNet.initialise(Networks.config(spec), manager, 3, false)) {
      Networks.save(file, network.parameters(), spec);
    }
    return file;
  }

  /** Noise of two brightnesses, labelled by brightness. */
  static Path dataset(Path file, int count, long seed) throws IOException {
    Random random = new Random(seed);
    byte[] pixels = new byte[count * EDGE * EDGE];
    int[] labels = new int[count];
    for (int i = 0; i < count; i++) {
      labels[i] = i % 2;
      for (int p = 0; p < EDGE * EDGE; p++) {
        pixels[i * EDGE * EDGE + p] = (byte) (random.nextInt(100) + 150 * labels[i]);
      }
    }
    NpzImages.write(
        file, new ByteImages(new ImageShape(1, EDGE, EDGE), pixels, Optional.of(labels)));
    return file;
  }

  /** Float64 features of one dimension. */
  static Path features(Path file, double... values) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(8 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (double value : values) {
      bytes.putDouble(value);
    }
    NpzFile.write(
        file,
        Map.of(
            "features",
            new RawTensor(DataType.FLOAT64, new long[] {values.length, 1}, bytes.flip())));
    return file;
  }

  /** What {@code features train} reads: a classifier of two features. */
  static Path extractorSpec(Path file, String train, String test) throws IOException {
    Files.writeString(
        file,
        """
        network:
          name: tiny
          image: {channels: 1, height: 8, width: 8}
          blocks:
            - {channels: 3, kernel: 3, stride: 2, activation: relu}
          head: {flatten: false, width: 2, activation: tanh}
          classes: 2
        data:
          train: %s
          test: %s
        training: {seed: 1, steps: 60, batch: 16, learningRate: 0.02, warmup: 5, shift: 0}
        """
            .formatted(train, test));
    return file;
  }
}

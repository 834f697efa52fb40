package dev.fewstep.worker.training;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.fewstep.worker.data.ByteImages;
import dev.fewstep.worker.data.ImageShape;
import dev.fewstep.worker.tensor.StreamSeed;
import dev.fewstep.worker.tensor.TorchEngine;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RealImagesTest {
  private static final int BATCH = 6;

  /** The bits are those of reading and mirroring on the training thread, whatever is asked when. */
  @Test
  void readingAheadChangesNoBit() {
    byte[] pixels = new byte[20 * 3 * 4 * 5];
    new Random(1).nextBytes(pixels);
    ByteImages dataset = new ByteImages(new ImageShape(3, 4, 5), pixels, Optional.empty());
    DataOrder order = new DataOrder(9, 20);
    try (NDManager manager = TorchEngine.newManager(Device.cpu());
        RealImages images =
            new RealImages(
                dataset, true, 9, draw -> new Epochs.MiniBatch(draw * BATCH, BATCH, draw))) {
      for (long draw : new long[] {0, 1, 2, 3, 50, 51, 0, 7}) {
        Random random = new Random(StreamSeed.of(9, "flip", draw));
        float[] chosen = new float[BATCH];
        for (int i = 0; i < BATCH; i++) {
          chosen[i] = random.nextBoolean() ? 1 : 0;
        }
        NDArray plain = dataset.batch(manager, order.indices(draw * BATCH, BATCH));
        float[] expected = RealImages.mirror(plain, chosen).toFloatArray();
        assertThat(images.batch(manager, draw).toFloatArray()).as("%s", draw).isEqualTo(expected);
      }
    }
  }
}

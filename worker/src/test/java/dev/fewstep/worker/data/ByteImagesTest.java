package dev.fewstep.worker.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.fewstep.schemas.Digests;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ByteImagesTest {
  private static final ByteImages IMAGES =
      new ByteImages(
          new ImageShape(2, 1, 2),
          new byte[] {0, 1, 2, 3, (byte) 255, (byte) 254, (byte) 128, 127},
          Optional.of(new int[] {4, 9}));

  @Test
  void aBatchIsByteOver255InTheOrderAskedFor() {
    try (NDManager manager = NDManager.newBaseManager()) {
      NDArray batch = IMAGES.batch(manager, new int[] {1, 0, 1});
      assertThat(batch.getShape()).isEqualTo(new Shape(3, 2, 1, 2));
      float[] values = batch.toFloatArray();
      assertThat(values).startsWith(1f, 254 / 255f, 128 / 255f, 127 / 255f, 0f, 1 / 255f);
      assertThat(values[8]).isEqualTo(1f);
      assertThatThrownBy(() -> IMAGES.batch(manager, new int[] {2}))
          .isInstanceOf(IndexOutOfBoundsException.class);
    }
  }

  @Test
  void theDigestIsThatOfTheCanonicalBytes() {
    byte[] head = "images 2 2 1 2\n".getBytes(StandardCharsets.US_ASCII);
    byte[] all = new byte[head.length + 8];
    System.arraycopy(head, 0, all, 0, head.length);
    System.arraycopy(IMAGES.pixels(), 0, all, head.length, 8);
    assertThat(IMAGES.digest()).isEqualTo(Digests.sha256Hex(all));
    ByteImages turned = new ByteImages(new ImageShape(2, 2, 1), IMAGES.pixels(), Optional.empty());
    assertThat(turned.digest()).isNotEqualTo(IMAGES.digest());
  }

  @Test
  void aSliceKeepsImagesAndLabelsTogether() {
    ByteImages second = IMAGES.slice(1, 2);
    assertThat(second.image(0)).isEqualTo(IMAGES.image(1));
    assertThat(second.labels().orElseThrow()).containsExactly(9);
    assertThatThrownBy(() -> IMAGES.slice(1, 1)).hasMessageContaining("empty split");
  }

  @Test
  void npzRoundTripsAndIsReproducible(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("a.npz");
    Path again = folder.resolve("b.npz");
    NpzImages.write(file, IMAGES);
    NpzImages.write(again, IMAGES);
    ByteImages read = NpzImages.read(file);
    assertThat(read.digest()).isEqualTo(IMAGES.digest());
    assertThat(read.labels().orElseThrow()).containsExactly(4, 9);
    assertThat(Files.readAllBytes(file)).isEqualTo(Files.readAllBytes(again));
    assertThat(ImageDatasets.read(file).digest()).isEqualTo(IMAGES.digest());
  }

  @Test
  void wrongCountsAreRefused() {
    assertThatThrownBy(() -> new ByteImages(new ImageShape(1, 2, 2), new byte[5], Optional.empty()))
        .hasMessageContaining("whole number");
    assertThatThrownBy(
            () -> new ByteImages(new ImageShape(1, 1, 1), new byte[2], Optional.of(new int[1])))
        .hasMessageContaining("1 labels for 2 images");
  }

  @Test
  void theBundledDatasetIsComplete() throws IOException {
    Path data = Path.of("..", "models", "fashion-mnist", "data");
    ByteImages test = ImageDatasets.read(data.resolve("t10k-images-idx3-ubyte.gz"));
    assertThat(test.size()).isEqualTo(10_000);
    assertThat(test.shape()).isEqualTo(new ImageShape(1, 28, 28));
    int[] histogram = new int[10];
    for (int label : test.labels().orElseThrow()) {
      histogram[label]++;
    }
    assertThat(histogram).containsOnly(1000);
  }
}

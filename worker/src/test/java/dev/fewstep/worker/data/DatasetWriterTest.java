package dev.fewstep.worker.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.types.DataType;
import dev.fewstep.worker.checkpoint.NpzFile;
import dev.fewstep.worker.checkpoint.RawTensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DatasetWriterTest {
  private static final ImageShape SHAPE = new ImageShape(3, 5, 4);

  @TempDir Path folder;

  private static ByteImages images(int count) {
    byte[] pixels = new byte[count * SHAPE.elements()];
    new Random(count).nextBytes(pixels);
    int[] labels = new int[count];
    Arrays.setAll(labels, i -> i % 7);
    return new ByteImages(SHAPE, pixels, Optional.of(labels));
  }

  private static String write(Path file, ByteImages images, String provenance) throws IOException {
    try (DatasetWriter writer = new DatasetWriter(file, SHAPE, images.size(), true)) {
      int[] labels = images.labels().orElseThrow();
      for (int i = 0; i < images.size(); i++) {
        writer.add(images.image(i), labels[i]);
      }
      return writer.finish(provenance.getBytes(StandardCharsets.UTF_8));
    }
  }

  @Test
  void writesTheBytesOfTheOneStepWriter() throws IOException {
    ByteImages images = images(23);
    Path streamed = folder.resolve("streamed.npz");
    Path whole = folder.resolve("whole.npz");
    String digest = write(streamed, images, "");
    NpzImages.write(whole, images);
    assertThat(digest).isEqualTo(images.digest());
    assertThat(Files.mismatch(streamed, whole)).isEqualTo(-1);
  }

  @Test
  void mappedImagesAreThoseThatWereWritten() throws IOException {
    ByteImages images = images(40);
    Path file = folder.resolve("a.npz");
    write(file, images, "{\"recipe\":\"x\"}");
    ImageDataset mapped = NpzImages.open(file);
    assertThat(mapped).isInstanceOf(MappedImages.class);
    assertThat(mapped.size()).isEqualTo(40);
    assertThat(mapped.shape()).isEqualTo(SHAPE);
    assertThat(mapped.digest()).isEqualTo(images.digest());
    assertThat(mapped.labels().orElseThrow()).isEqualTo(images.labels().orElseThrow());
    int[] indices = {39, 0, 17, 17};
    assertThat(mapped.values(indices)).isEqualTo(images.values(indices));
    assertThatThrownBy(() -> mapped.image(40)).isInstanceOf(IndexOutOfBoundsException.class);
    try (ZipFile zip = new ZipFile(file.toFile())) {
      ZipEntry entry = zip.getEntry(DatasetWriter.PROVENANCE);
      assertThat(zip.getInputStream(entry)).hasContent("{\"recipe\":\"x\"}");
    }
  }

  @Test
  void aDeflatedArchiveIsReadToMemory() throws IOException {
    Path stored = folder.resolve("stored.npz");
    ByteImages images = images(9);
    write(stored, images, "");
    Path deflated = folder.resolve("deflated.npz");
    try (ZipFile in = new ZipFile(stored.toFile());
        ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(deflated))) {
      for (ZipEntry entry : in.stream().toList()) {
        out.putNextEntry(new ZipEntry(entry.getName()));
        in.getInputStream(entry).transferTo(out);
      }
    }
    ImageDataset read = NpzImages.open(deflated);
    assertThat(read).isInstanceOf(ByteImages.class);
    assertThat(read.digest()).isEqualTo(images.digest());
  }

  @Test
  void nothingIsLeftOfAFileThatIsNotFinished() throws IOException {
    Path file = folder.resolve("half.npz");
    try (DatasetWriter writer = new DatasetWriter(file, SHAPE, 2, false)) {
      writer.add(new byte[SHAPE.elements()], 0);
      assertThatThrownBy(() -> writer.finish(new byte[0]))
          .hasMessage("2 images were announced and 1 added");
    }
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files).isEmpty();
    }
  }

  @Test
  void aFileThatClaimsMoreThanItHasIsRefused() throws IOException {
    Path file = folder.resolve("liar.npz");
    NpzFile.write(
        file,
        Map.of(
            "images",
            new RawTensor(DataType.UINT8, new long[] {4, 1, 2, 2}, ByteBuffer.allocate(16))));
    byte[] bytes = Files.readAllBytes(file);
    String text = new String(bytes, StandardCharsets.ISO_8859_1);
    Files.write(
        file, text.replace("(4, 1, 2, 2)", "(9, 1, 2, 2)").getBytes(StandardCharsets.ISO_8859_1));
    assertThatThrownBy(() -> NpzImages.open(file))
        .isInstanceOf(DatasetException.class)
        .hasMessageContaining("liar.npz: 'images' claims 36 bytes but has 16");
  }

  @Test
  void damagedArchivesAreRefusedWithTheirName() throws IOException {
    Path file = folder.resolve("whole.npz");
    write(file, images(6), "{}");
    byte[] whole = Files.readAllBytes(file);
    Random random = new Random(1);
    int refused = 0;
    for (int i = 0; i < 2000; i++) {
      byte[] damaged = whole.clone();
      // The directory and the headers, which lie at both ends.
      int at = random.nextBoolean() ? random.nextInt(200) : whole.length - 1 - random.nextInt(300);
      damaged[at] = (byte) random.nextInt(256);
      Path copy = folder.resolve("damaged.npz");
      Files.write(copy, random.nextInt(5) == 0 ? Arrays.copyOf(damaged, at + 1) : damaged);
      try {
        NpzImages.open(copy).image(0);
      } catch (IOException e) {
        refused++;
        assertThat(e.getMessage()).contains("damaged.npz");
      }
    }
    assertThat(refused).isBetween(500, 1999);
  }
}

package dev.fewstep.worker.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IdxFileTest {
  @TempDir Path folder;

  private static byte[] idx(int magic, int[] dimensions, int values) {
    ByteBuffer out = ByteBuffer.allocate(4 + 4 * dimensions.length + values).putInt(magic);
    for (int dimension : dimensions) {
      out.putInt(dimension);
    }
    for (int i = 0; i < values; i++) {
      out.put((byte) i);
    }
    return out.array();
  }

  private Path file(String name, byte[] content) throws IOException {
    return Files.write(folder.resolve(name), content);
  }

  private static byte[] gzip(byte[] content) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
      gzip.write(content);
    }
    return out.toByteArray();
  }

  @Test
  void plainAndGzippedFilesGiveTheSameImages() throws IOException {
    byte[] content = idx(0x803, new int[] {2, 2, 3}, 12);
    ByteImages plain = IdxFile.read(file("a", content), Optional.empty());
    ByteImages gzipped = IdxFile.read(file("b.gz", gzip(content)), Optional.empty());
    assertThat(plain.size()).isEqualTo(2);
    assertThat(plain.shape()).isEqualTo(new ImageShape(1, 2, 3));
    assertThat(plain.image(1)).containsExactly(6, 7, 8, 9, 10, 11);
    assertThat(gzipped.digest()).isEqualTo(plain.digest());
  }

  @Test
  void rankFourHasChannels() throws IOException {
    ByteImages images =
        IdxFile.read(file("c", idx(0x804, new int[] {1, 3, 2, 2}, 12)), Optional.empty());
    assertThat(images.shape()).isEqualTo(new ImageShape(3, 2, 2));
  }

  @Test
  void labelsMustMatchTheImages() throws IOException {
    Path images = file("i", idx(0x803, new int[] {2, 1, 1}, 2));
    Path two = file("l2", idx(0x801, new int[] {2}, 2));
    Path three = file("l3", idx(0x801, new int[] {3}, 3));
    assertThat(IdxFile.read(images, Optional.of(two)).labels().orElseThrow()).containsExactly(0, 1);
    assertThatThrownBy(() -> IdxFile.read(images, Optional.of(three)))
        .isInstanceOf(DatasetException.class)
        .hasMessageContaining("3 labels for 2 images");
  }

  @Test
  void aClaimOfMoreThanTheFileHoldsIsRefusedBeforeMemoryIsAskedFor() throws IOException {
    byte[] huge = idx(0x803, new int[] {Integer.MAX_VALUE, 4096, 4096}, 8);
    assertThatThrownBy(() -> IdxFile.read(file("h", huge), Optional.empty()))
        .isInstanceOf(DatasetException.class)
        .hasMessageContaining("more than it can hold");
    assertThatThrownBy(() -> IdxFile.read(file("hz", gzip(huge)), Optional.empty()))
        .isInstanceOf(DatasetException.class)
        .hasMessageContaining("more than it can hold");
  }

  @Test
  void otherFilesAreNamedInTheError() throws IOException {
    assertThatThrownBy(
            () -> IdxFile.read(file("x", idx(0xd03, new int[] {1, 1, 1}, 4)), Optional.empty()))
        .hasMessageContaining("type 0x0d");
    assertThatThrownBy(
            () ->
                IdxFile.read(
                    file("y", "PNG rubbish".getBytes(StandardCharsets.US_ASCII)), Optional.empty()))
        .hasMessageContaining("magic number");
    assertThatThrownBy(
            () -> IdxFile.read(file("z", idx(0x803, new int[] {-1, 1, 1}, 0)), Optional.empty()))
        .hasMessageContaining("negative");
    assertThatThrownBy(() -> IdxFile.read(file("t", new byte[] {0, 0}), Optional.empty()))
        .hasMessageContaining("too early");
    assertThatThrownBy(
            () -> IdxFile.read(file("v", idx(0x803, new int[] {1, 1, 1}, 2)), Optional.empty()))
        .hasMessageContaining("bytes follow");
  }
}

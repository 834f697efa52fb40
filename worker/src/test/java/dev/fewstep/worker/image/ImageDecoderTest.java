package dev.fewstep.worker.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fewstep.worker.checkpoint.NpzFile;
import dev.fewstep.worker.checkpoint.RawTensor;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class ImageDecoderTest {
  private static final Map<String, byte[]> FILES = new TreeMap<>();
  private static Map<String, RawTensor> pixels;

  @BeforeAll
  static void read() throws Exception {
    pixels = NpzFile.read(Path.of(ImageDecoderTest.class.getResource("decoded.npz").toURI()));
    try (InputStream in = ImageDecoderTest.class.getResourceAsStream("decoded.zip");
        ZipInputStream zip = new ZipInputStream(in)) {
      for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
        FILES.put(entry.getName(), zip.readAllBytes());
      }
    }
  }

  @Test
  void everyLosslessFileAndEveryJpegHasPillowsPixels() throws Exception {
    ImageDecoder decoder = new ImageDecoder();
    int compared = 0;
    for (Map.Entry<String, byte[]> file : FILES.entrySet()) {
      if (file.getKey().matches("webp_([38]0|alpha)|jpeg_cmyk")) {
        continue;
      }
      byte[] expected = expected(file.getKey());
      PixelImage made = decoder.decode(file.getValue()).withChannels(3);
      assertThat(worst(made.planes(), expected)).as(file.getKey()).isZero();
      compared++;
    }
    assertThat(compared).isEqualTo(FILES.size() - 4).isGreaterThan(20);
  }

  @Test
  void cmykIsWithinOneLevelOfPillow() throws Exception {
    byte[] made = new ImageDecoder().decode(FILES.get("jpeg_cmyk")).planes();
    assertThat(worst(made, expected("jpeg_cmyk"))).isLessThanOrEqualTo(1);
  }

  @Test
  void lossyWebpIsCloseToLibwebp() throws Exception {
    for (String name : new String[] {"webp_80", "webp_30", "webp_alpha"}) {
      byte[] made = new ImageDecoder().decode(FILES.get(name)).planes();
      byte[] expected = expected(name);
      long sum = 0;
      for (int i = 0; i < made.length; i++) {
        sum += Math.abs((made[i] & 0xff) - (expected[i] & 0xff));
      }
      // The loop filter of TwelveMonkeys differs on some block edges.
      assertThat(sum / (double) made.length).as(name).isLessThan(0.3);
    }
  }

  @Test
  void greyFilesStayGrey() throws Exception {
    ImageDecoder decoder = new ImageDecoder();
    for (String name : new String[] {"png_grey", "png_one_bit", "png_2_grey", "jpeg_grey"}) {
      assertThat(decoder.decode(FILES.get(name)).channels()).as(name).isEqualTo(1);
    }
  }

  @Test
  void everyTruncationIsRefusedOrEqual() throws Exception {
    ImageDecoder decoder = new ImageDecoder();
    for (String name :
        new String[] {"png_rgb", "png_interlaced", "jpeg_75_2", "jpeg_progressive", "webp_80"}) {
      byte[] file = FILES.get(name);
      for (int length = 0; length < file.length - 2; length += 1 + file.length / 40) {
        byte[] part = Arrays.copyOf(file, length);
        assertThatThrownBy(() -> decoder.decode(part))
            .as(name + " cut at " + length + " of " + file.length)
            .isInstanceOf(ImageFormatException.class);
      }
    }
  }

  @Test
  void giantClaimsAreRefusedBeforeMemoryIsAskedFor() {
    assertThatThrownBy(() -> new ImageDecoder().decode(png(60_000, 60_000)))
        .isInstanceOf(ImageFormatException.class)
        .hasMessage("it claims 60000 x 60000 pixels; at most 67108864 are read");
    assertThatThrownBy(() -> new ImageDecoder().decode(png(-1, 1)))
        .hasMessageContaining("it claims -1 x 1 pixels");
    assertThatThrownBy(() -> new ImageDecoder().decode("hello".getBytes(StandardCharsets.US_ASCII)))
        .hasMessage("neither PNG nor JPEG nor WebP");
  }

  /** The end of PNG, JPEG and WebP readers on any input is an image or one kind of exception. */
  @Test
  void damagedFilesNeverEscape() {
    ImageDecoder decoder = new ImageDecoder();
    Random random = new Random(5);
    int refused = 0;
    for (int i = 0; i < 4000; i++) {
      byte[][] all = FILES.values().toArray(new byte[0][]);
      byte[] file = all[i % all.length].clone();
      for (int k = 0; k < 1 + random.nextInt(4); k++) {
        file[random.nextInt(random.nextBoolean() ? Math.min(64, file.length) : file.length)] =
            (byte) random.nextInt(256);
      }
      try {
        decoder.decode(file);
      } catch (ImageFormatException e) {
        refused++;
        assertThat(e.getMessage()).isNotBlank();
      }
    }
    assertThat(refused).isBetween(1000, 3999);
  }

  private static byte[] png(int width, int height) {
    ByteBuffer file = ByteBuffer.allocate(8 + 25 + 12);
    file.put(new byte[] {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'});
    file.putInt(13).put("IHDR".getBytes(StandardCharsets.US_ASCII));
    file.putInt(width).putInt(height).put(new byte[] {8, 2, 0, 0, 0});
    CRC32 crc = new CRC32();
    crc.update(file.array(), 12, 17);
    file.putInt((int) crc.getValue());
    file.putInt(0).put("IEND".getBytes(StandardCharsets.US_ASCII)).putInt(0xae426082);
    return file.array();
  }

  private static byte[] expected(String name) {
    ByteBuffer bytes = pixels.get(name).bytes();
    byte[] out = new byte[bytes.remaining()];
    bytes.get(out);
    return out;
  }

  private static int worst(byte[] a, byte[] b) {
    assertThat(a).hasSameSizeAs(b);
    int worst = 0;
    for (int i = 0; i < a.length; i++) {
      worst = Math.max(worst, Math.abs((a[i] & 0xff) - (b[i] & 0xff)));
    }
    return worst;
  }
}

package dev.fewstep.worker.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Offset.offset;

import dev.fewstep.worker.checkpoint.NpzFile;
import dev.fewstep.worker.checkpoint.RawTensor;
import dev.fewstep.worker.image.PilResize.Filter;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class PilResizeTest {
  private static Map<String, RawTensor> pillow;

  @BeforeAll
  static void read() throws Exception {
    pillow = NpzFile.read(resource("pil-resize.npz"));
  }

  private static Path resource(String name) throws URISyntaxException {
    return Path.of(PilResizeTest.class.getResource(name).toURI());
  }

  @Test
  void bytesEqualPillowsBitForBit() {
    int compared = 0;
    for (String name : pillow.keySet()) {
      if (name.endsWith("_in") || name.endsWith("_F")) {
        continue;
      }
      RawTensor source = pillow.get(name.substring(0, name.lastIndexOf('_')) + "_in");
      byte[] made = resize(source, pillow.get(name), name).bytes(bytes(source));
      assertThat(Arrays.mismatch(made, bytes(pillow.get(name)))).as(name).isEqualTo(-1);
      compared++;
    }
    assertThat(compared).isEqualTo(11 * 4);
  }

  @Test
  void floatsEqualPillowsModeF() {
    int compared = 0;
    for (String name : pillow.keySet()) {
      if (!name.endsWith("_F")) {
        continue;
      }
      String plain = name.substring(0, name.length() - 2);
      RawTensor source = pillow.get(plain.substring(0, plain.lastIndexOf('_')) + "_in");
      byte[] all = bytes(source);
      float[] plane = new float[all.length / 3];
      for (int i = 0; i < plane.length; i++) {
        plane[i] = Byte.toUnsignedInt(all[i]);
      }
      float[] made = resize(source, pillow.get(plain), plain).floats(plane);
      float[] expected = new float[made.length];
      pillow.get(name).bytes().asFloatBuffer().get(expected);
      for (int i = 0; i < made.length; i++) {
        // Pillow's compiler may fuse multiply and add: a last bit of a double, then of a float.
        assertThat(made[i]).as(name).isCloseTo(expected[i], offset(1e-4f));
      }
      compared++;
    }
    assertThat(compared).isEqualTo(11 * 2);
  }

  @Test
  void horizontalFirstIsTwoResizesInThatOrder() {
    RawTensor source = pillow.get("50x20_13x33_in");
    byte[] wide = new PilResize(50, 20, 50, 33, Filter.BILINEAR).bytes(bytes(source));
    byte[] expected = new PilResize(50, 33, 13, 33, Filter.BILINEAR).bytes(wide);
    PilResize old =
        new PilResize(50, 20, 13, 33, Filter.BILINEAR, PilResize.Passes.HORIZONTAL_FIRST);
    assertThat(old.bytes(bytes(source))).isEqualTo(expected);
    assertThat(expected).isNotEqualTo(bytes(pillow.get("50x20_13x33_BILINEAR")));
  }

  @Test
  void sameSizeIsACopy() {
    byte[] image = {1, 2, 3, 4};
    byte[] copy = new PilResize(2, 2, 2, 2, Filter.BICUBIC).bytes(image);
    assertThat(copy).isEqualTo(image).isNotSameAs(image);
  }

  @Test
  void refusesWhatIsNoImage() {
    assertThatThrownBy(() -> new PilResize(0, 2, 2, 2, Filter.BOX))
        .hasMessageContaining("1 to 65536, not 0");
    assertThatThrownBy(() -> new PilResize(2, 2, 1, 1, Filter.BOX).bytes(new byte[5]))
        .hasMessageContaining("5 values are no whole number of 2x2 planes");
    assertThatThrownBy(() -> new PilResize(1, 1, 65536, 65536, Filter.BOX).bytes(new byte[1]))
        .hasMessageContaining("more than 2 GiB");
  }

  private static PilResize resize(RawTensor source, RawTensor target, String name) {
    Filter filter = Filter.valueOf(name.substring(name.lastIndexOf('_') + 1));
    long[] from = source.shape();
    long[] to = target.shape();
    return new PilResize((int) from[1], (int) from[2], (int) to[1], (int) to[2], filter);
  }

  private static byte[] bytes(RawTensor tensor) {
    ByteBuffer bytes = tensor.bytes();
    byte[] out = new byte[bytes.remaining()];
    bytes.get(out);
    return out;
  }
}

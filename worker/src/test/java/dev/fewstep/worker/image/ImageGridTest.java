package dev.fewstep.worker.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.fewstep.worker.data.ImageShape;
import dev.fewstep.worker.evaluation.EightBit;
import dev.fewstep.worker.tensor.TorchEngine;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;

/** Layout and bytes as torchvision 0.22.1's make_grid and save_image give them. */
class ImageGridTest {
  private static Picture grey(int... values) {
    byte[] pixels = new byte[values.length];
    for (int i = 0; i < values.length; i++) {
      pixels[i] = (byte) values[i];
    }
    return new Picture(new ImageShape(1, 1, values.length), pixels);
  }

  @Test
  void imagesStandInRowsWithPaddingAllAround() {
    // make_grid of three 1x2 images, nrow 2, padding 1, pad value 9: 2 rows of 1+1, and 1 more.
    Picture sheet = new ImageGrid(2, 1, 9, 1).of(List.of(grey(1, 2), grey(3, 4), grey(5, 6)));
    assertThat(sheet.shape()).isEqualTo(new ImageShape(3, 5, 7));
    byte[] channel = {
      9, 9, 9, 9, 9, 9, 9, //
      9, 1, 2, 9, 3, 4, 9, //
      9, 9, 9, 9, 9, 9, 9, //
      9, 5, 6, 9, 9, 9, 9, //
      9, 9, 9, 9, 9, 9, 9
    };
    for (int c = 0; c < 3; c++) {
      assertThat(java.util.Arrays.copyOfRange(sheet.pixels(), 35 * c, 35 * c + 35))
          .containsExactly(channel);
    }
  }

  @Test
  void aSingleImageHasNoPaddingAndFewerImagesThanARowMakeAShorterRow() {
    assertThat(ImageGrid.of(8).of(List.of(grey(7, 8))).shape()).isEqualTo(new ImageShape(3, 1, 2));
    assertThat(ImageGrid.of(8).of(List.of(grey(7), grey(8))).shape())
        .isEqualTo(new ImageShape(3, 5, 8));
  }

  @Test
  void scaledPixelsBecomeSquares() {
    Picture sheet = new ImageGrid(2, 1, 0, 2).of(List.of(grey(5), grey(6)));
    assertThat(sheet.shape()).isEqualTo(new ImageShape(3, 4, 7));
    assertThat(java.util.Arrays.copyOfRange(sheet.pixels(), 0, 28))
        .containsExactly(
            0, 0, 0, 0, 0, 0, 0, 0, 5, 5, 0, 6, 6, 0, 0, 5, 5, 0, 6, 6, 0, 0, 0, 0, 0, 0, 0, 0);
  }

  @Test
  void wrongSheetsAreRefused() {
    assertThatThrownBy(() -> ImageGrid.of(2).of(List.of(grey(1), grey(1, 2))))
        .hasMessageContaining("image 1 is 3x1x2");
    Picture wide = new Picture(new ImageShape(1, 1, 4000), new byte[4000]);
    assertThatThrownBy(() -> ImageGrid.of(2).of(List.of(wide, wide)))
        .hasMessageContaining("5x8006")
        .hasMessageContaining("4096");
    assertThatThrownBy(() -> new ImageGrid(0, 2, 0, 1)).hasMessageContaining("not 0");
    assertThatThrownBy(() -> new Picture(new ImageShape(2, 1, 1), new byte[2]))
        .hasMessageContaining("2 channels");
  }

  @Test
  void savedBytesAreThoseOfSaveImage() throws Exception {
    // x*255 + 0.5, clamped, truncated. 0.00196 * 255 + 0.5 = 0.9998 -> 0; 0.0019608 -> 1.0000;
    // 0.5 * 255 + 0.5 = 128.
    float[] values = {0f, 0.00196f, 0.0019608f, 0.5f, 0.9980f, 0.99805f, 1f, -0.3f, 1.7f};
    int[] expected = {0, 0, 1, 128, 254, 255, 255, 0, 255};
    byte[] bytes;
    try (NDManager manager = TorchEngine.newManager(Device.cpu())) {
      bytes = EightBit.toBytes(manager.create(values, new Shape(1, 3, 3)));
    }
    BufferedImage image =
        ImageIO.read(new ByteArrayInputStream(new Picture(new ImageShape(1, 3, 3), bytes).png()));
    assertThat(image.getRaster().getNumBands()).isEqualTo(3);
    for (int i = 0; i < 9; i++) {
      for (int band = 0; band < 3; band++) {
        assertThat(image.getRaster().getSample(i % 3, i / 3, band)).isEqualTo(expected[i]);
      }
    }
  }

  @Test
  void picturesStandSideBySide() {
    Picture both = Picture.beside(List.of(grey(1, 2), grey(3)), 2);
    assertThat(both.shape()).isEqualTo(new ImageShape(3, 1, 5));
    assertThat(both.pixels()).containsExactly(1, 2, -1, -1, 3, 1, 2, -1, -1, 3, 1, 2, -1, -1, 3);
  }
}

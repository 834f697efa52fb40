package dev.fewstep.worker.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.fewstep.worker.data.DatasetException;
import dev.fewstep.worker.data.ImageShape;
import dev.fewstep.worker.tensor.TorchEngine;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SampleSheetTest {
  @TempDir Path folder;

  @Test
  void imagesStandInRowsScaledAndApart() throws Exception {
    try (NDManager manager = TorchEngine.newManager(Device.cpu())) {
      // Three images of 1x1: 0, 1 and 0.5 on two columns, each pixel 2x2, one pixel apart.
      NDArray images = manager.create(new float[] {0, 1, 0.2f}, new Shape(3, 1, 1, 1));
      Path file = folder.resolve("sheet.png");
      new SampleSheet(2, 2, 1).write(file, images);
      byte g = (byte) 128;
      byte w = (byte) 255;
      assertThat(PngFile.read(file, new ImageShape(1, 5, 5)).image(0))
          .containsExactly(
              0, 0, g, w, w, 0, 0, g, w, w, g, g, g, g, g, 51, 51, g, g, g, 51, 51, g, g, g);
    }
  }

  @Test
  void coloursKeepTheirPlaces() throws Exception {
    try (NDManager manager = TorchEngine.newManager(Device.cpu())) {
      NDArray images =
          manager.create(new float[] {1, 0, 0, 0.2f, 0.4f, 0.6f}, new Shape(1, 3, 1, 2));
      Path file = folder.resolve("colour.png");
      new SampleSheet(4, 1, 0).write(file, images);
      assertThat(PngFile.read(file, new ImageShape(3, 1, 2)).image(0))
          .containsExactly((byte) 255, 0, 0, 51, 102, (byte) 153);
    }
  }

  @Test
  void aSingleImageComesBackByteForByte() throws Exception {
    ImageShape shape = new ImageShape(3, 2, 2);
    byte[] pixels = {0, 1, 2, 3, 100, (byte) 200, (byte) 255, 7, 8, 9, 10, 11};
    Path file = folder.resolve("one.png");
    PngFile.write(file, shape, pixels);
    assertThat(PngFile.read(file, shape).image(0)).isEqualTo(pixels);
    assertThatThrownBy(() -> PngFile.read(file, new ImageShape(3, 2, 3)))
        .isInstanceOf(DatasetException.class)
        .hasMessageContaining("one.png");
  }

  @Test
  void aNonFiniteImageIsRefused() {
    try (NDManager manager = TorchEngine.newManager(Device.cpu())) {
      NDArray images = manager.create(new float[] {Float.NaN}, new Shape(1, 1, 1, 1));
      assertThatThrownBy(() -> new SampleSheet(1, 1, 0).encode(images))
          .hasMessageContaining("not finite");
    }
  }
}

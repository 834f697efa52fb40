package dev.fewstep.worker.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImageFolderTest {
  @TempDir Path folder;

  private void grey(String name, int width, int height, int value) throws IOException {
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_BYTE_GRAY);
    for (int i = 0; i < width * height; i++) {
      image.getRaster().setSample(i % width, i / width, 0, value);
    }
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    ImageIO.write(image, "png", file.toFile());
  }

  private static ImageFolder.Options options(int channels, boolean recursive, ImageFolder.Fit fit) {
    return new ImageFolder.Options(new ImageShape(channels, 2, 2), recursive, fit);
  }

  @Test
  void filesComeInTheOrderOfTheirNames() throws IOException {
    grey("b.png", 2, 2, 20);
    grey("a.PNG", 2, 2, 10);
    grey("sub/c.png", 2, 2, 30);
    Files.writeString(folder.resolve("notes.txt"), "not an image");
    ByteImages flat = ImageFolder.read(folder, options(1, false, ImageFolder.Fit.EXACT));
    assertThat(flat.size()).isEqualTo(2);
    assertThat(flat.image(0)).containsOnly(10);
    assertThat(flat.image(1)).containsOnly(20);
    ByteImages deep = ImageFolder.read(folder, options(3, true, ImageFolder.Fit.EXACT));
    assertThat(deep.size()).isEqualTo(3);
    assertThat(deep.image(2)).hasSize(12).containsOnly(30);
  }

  @Test
  void colourIsReadByPlane() throws IOException {
    BufferedImage image = new BufferedImage(2, 2, BufferedImage.TYPE_INT_RGB);
    image.setRGB(1, 0, 0x010203);
    ImageIO.write(image, "png", folder.resolve("x.png").toFile());
    ByteImages read = ImageFolder.read(folder, options(3, false, ImageFolder.Fit.EXACT));
    assertThat(read.image(0)).containsExactly(0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0);
  }

  @Test
  void anotherSizeIsAnErrorOrCropped() throws IOException {
    grey("wide.png", 6, 2, 77);
    assertThatThrownBy(() -> ImageFolder.read(folder, options(1, false, ImageFolder.Fit.EXACT)))
        .isInstanceOf(DatasetException.class)
        .hasMessageContaining("wide.png")
        .hasMessageContaining("2x6")
        .hasMessageContaining("expected 2x2");
    ByteImages cropped = ImageFolder.read(folder, options(3, false, ImageFolder.Fit.CENTER_CROP));
    assertThat(cropped.image(0)).hasSize(12);
  }

  @Test
  void anUnreadableFileIsNamed() throws IOException {
    Files.writeString(folder.resolve("broken.jpg"), "no picture");
    assertThatThrownBy(() -> ImageFolder.read(folder, options(1, false, ImageFolder.Fit.EXACT)))
        .isInstanceOf(DatasetException.class)
        .hasMessageContaining("broken.jpg");
    Path empty = Files.createDirectory(folder.resolve("empty"));
    assertThatThrownBy(() -> ImageFolder.read(empty, options(1, false, ImageFolder.Fit.EXACT)))
        .hasMessageContaining("no .png");
  }
}

package dev.fewstep.worker.data;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;

/** Opens a dataset by what its path looks like. */
public final class ImageDatasets {
  private ImageDatasets() {}

  /**
   * Reads {@code .npz}, or IDX images ({@code …images-idx3-ubyte[.gz]}) with the labels of the same
   * name ({@code …labels-idx1-ubyte[.gz]}) when that file is there. A folder needs a shape: see
   * {@link ImageFolder}.
   *
   * @throws DatasetException when the path is none of these or its content is not readable
   */
  public static ByteImages read(Path path) throws IOException {
    if (Files.isDirectory(path)) {
      throw new DatasetException(
          path, "it is a folder; say which shape its images have (channels, height, width)");
    }
    if (!Files.isReadable(path)) {
      throw new DatasetException(path, "no such readable file");
    }
    String name = path.getFileName().toString();
    String lower = name.toLowerCase(Locale.ROOT);
    if (lower.endsWith(".npz")) {
      return NpzImages.read(path);
    }
    if (lower.contains("idx") || lower.contains("ubyte")) {
      Path labels = path.resolveSibling(name.replace("images", "labels").replace("idx3", "idx1"));
      boolean present = !labels.equals(path) && Files.isReadable(labels);
      return IdxFile.read(path, present ? Optional.of(labels) : Optional.empty());
    }
    throw new DatasetException(
        path, "not a dataset: expected .npz or an IDX file (…-idx3-ubyte.gz)");
  }
}

package dev.fewstep.cli.local;

import dev.fewstep.cli.CliException;
import dev.fewstep.worker.image.Picture;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * A new folder of images as torchvision's {@code save_image} writes them: 8-bit RGB PNGs. The
 * folder appears when all of them are in it, and not at all when something fails.
 */
final class ImageExport implements AutoCloseable {
  private final Path folder;
  private final Path part;

  private ImageExport(Path folder, Path part) {
    this.folder = folder;
    this.part = part;
  }

  /** Refuses what {@link #open} would refuse. */
  static void check(Path folder) throws IOException {
    if (Files.exists(folder) && !Files.isDirectory(folder)) {
      throw CliException.usage(folder + " is a file: name a new folder for the images");
    }
    if (Files.isDirectory(folder)) {
      try (Stream<Path> files = Files.list(folder)) {
        if (files.findAny().isPresent()) {
          throw CliException.usage(
              folder
                  + " is not empty: its images would be scored together with the new ones;"
                  + " name a new folder");
        }
      }
    }
  }

  /**
   * Begins a folder.
   *
   * @throws CliException when it has files in it already; nothing is ever deleted
   */
  static ImageExport open(Path folder) throws IOException {
    check(folder);
    Path parent = folder.toAbsolutePath().getParent();
    if (parent == null) {
      throw CliException.usage("the root folder cannot hold images: name a new folder");
    }
    Files.createDirectories(parent);
    // Files.createTempDirectory would make a folder that only its owner may read.
    Path part = parent.resolve("." + folder.getFileName() + "." + ProcessHandle.current().pid());
    return new ImageExport(folder, Files.createDirectory(part));
  }

  /** Adds {@code NAME.png}. */
  void add(String name, Picture picture) throws IOException {
    Files.write(part.resolve(name + ".png"), picture.png());
  }

  /** Lets the folder appear. */
  void commit() throws IOException {
    Files.deleteIfExists(folder);
    Files.move(part, folder);
  }

  @Override
  public void close() throws IOException {
    if (Files.exists(part)) {
      LocalRun.delete(part);
    }
  }
}

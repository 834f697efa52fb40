package dev.fewstep.worker.data.source;

import dev.fewstep.worker.data.DatasetException;
import dev.fewstep.worker.data.ImageDatasets;
import dev.fewstep.worker.data.NpzImages;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** Opens a source by the recipe and by what its bytes say, whatever its name says. */
final class Sources {
  private static final String PARTITION = "list_eval_partition.txt";
  private static final int MAX_PARTITION = 64 << 20;

  private Sources() {}

  /**
   * Opens a source.
   *
   * @throws DatasetException when it is none, or holds no image of the split
   */
  static ImageSource open(Path source, Recipe recipe, Split split) throws IOException {
    if (!Files.isReadable(source)) {
      throw new DatasetException(source, "no such readable file or folder");
    }
    return switch (recipe.name()) {
      case "cifar10" -> new CifarSource(source, false, split);
      case "cifar100" -> new CifarSource(source, true, split);
      case "imagenet64" -> new RowsSource(source, recipe.size().orElse(64), split);
      case "celeba64" -> images(source, partition(source, split), "");
      case "ffhq" -> images(source, name -> true, recipe.size().orElse(256) + "-");
      default -> images(source, name -> true, "");
    };
  }

  private static ImageSource images(Path source, Predicate<String> wanted, String keys)
      throws IOException {
    if (Files.isDirectory(source)) {
      Path lmdb = source.resolve("data.mdb");
      if (Files.isRegularFile(lmdb)) {
        return new LmdbSource(lmdb, keys);
      }
      List<Path> shards = shards(source);
      return shards.isEmpty() ? new FolderSource(source, wanted) : new TarSource(shards, wanted);
    }
    byte[] head = head(source);
    if (head.length > 4 && head[0] == 'P' && head[1] == 'K') {
      return source.toString().toLowerCase(Locale.ROOT).endsWith(".npz")
          ? new DatasetSource(source, NpzImages.open(source))
          : new ZipSource(source, wanted);
    }
    if (head.length > 20 && u32(head, 16) == 0xbeefc0deL) {
      return new LmdbSource(source, keys);
    }
    String name = source.getFileName().toString().toLowerCase(Locale.ROOT);
    if (name.contains("idx") || name.contains("ubyte")) {
      return new DatasetSource(source, ImageDatasets.read(source));
    }
    boolean gzip = head.length > 1 && u32(head, 0) % 65_536 == 0x8b1f;
    boolean tar =
        head.length > 262 && new String(head, 257, 5, StandardCharsets.US_ASCII).equals("ustar");
    if (gzip || tar || name.endsWith(".tar")) {
      return new TarSource(List.of(source), wanted);
    }
    throw new DatasetException(
        source,
        "not a dataset: expected a folder, .zip, .tar, .tar.gz, data.mdb, .npz or IDX file");
  }

  /** The tar files of a folder that has no image beside them, in the order of their names. */
  private static List<Path> shards(Path folder) throws IOException {
    try (Stream<Path> list = Files.list(folder)) {
      List<Path> files = list.filter(Files::isRegularFile).sorted().toList();
      List<Path> tars =
          files.stream()
              .filter(path -> path.toString().matches("(?i).*\\.(tar|tar\\.gz|tgz)"))
              .toList();
      boolean images =
          files.stream().anyMatch(path -> EntryNames.isImage(path.getFileName().toString()));
      return images ? List.of() : tars;
    }
  }

  /** CelebA's list of which image belongs to which split: {@code 000001.jpg 0}. */
  private static Predicate<String> partition(Path source, Split split) throws IOException {
    if (split == Split.ALL) {
      return name -> true;
    }
    Path beside = source.toAbsolutePath().resolveSibling(PARTITION);
    Path inside = source.resolve(PARTITION);
    Path file = Files.isRegularFile(inside) ? inside : beside;
    if (!Files.isRegularFile(file)) {
      throw new DatasetException(
          beside,
          "no such file; it says which images are the split "
              + split.text()
              + " (or import --split all)");
    }
    if (Files.size(file) > MAX_PARTITION) {
      throw new DatasetException(file, "a list of more than 64 MiB");
    }
    String wanted = split == Split.TRAIN ? "0" : split == Split.VALID ? "1" : "2";
    Set<String> names = new HashSet<>();
    try (BufferedReader lines = Files.newBufferedReader(file, StandardCharsets.ISO_8859_1)) {
      for (Optional<String> line = line(lines); line.isPresent(); line = line(lines)) {
        String[] parts = line.get().strip().split("\\s+", -1);
        if (parts.length == 2 && parts[1].equals(wanted)) {
          names.add(parts[0]);
        } else if (parts.length != 2 || !parts[1].matches("[012]")) {
          throw new DatasetException(
              file, "expected lines such as '000001.jpg 0' with 0 train, 1 valid, 2 test");
        }
      }
    }
    return name -> names.contains(EntryNames.base(name));
  }

  private static Optional<String> line(BufferedReader lines) throws IOException {
    return Optional.ofNullable(lines.readLine());
  }

  private static byte[] head(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      return in.readNBytes(512);
    }
  }

  private static long u32(byte[] bytes, int at) {
    return (bytes[at] & 0xffL)
        | (bytes[at + 1] & 0xffL) << 8
        | (bytes[at + 2] & 0xffL) << 16
        | (bytes[at + 3] & 0xffL) << 24;
  }
}

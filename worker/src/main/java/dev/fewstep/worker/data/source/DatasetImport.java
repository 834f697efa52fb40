package dev.fewstep.worker.data.source;

import dev.fewstep.schemas.Digests;
import dev.fewstep.schemas.Json;
import dev.fewstep.worker.data.DatasetException;
import dev.fewstep.worker.data.DatasetWriter;
import dev.fewstep.worker.data.ImageShape;
import dev.fewstep.worker.image.ImageDecoder;
import dev.fewstep.worker.image.ImageFormatException;
import dev.fewstep.worker.image.PixelImage;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Turns a public dataset into the one form in which datasets travel: decoded once, fitted by a
 * recipe, in a fixed order, with labels where the source has them and a record of where it all came
 * from. Memory does not grow with the dataset, and the file appears whole or not at all.
 */
public final class DatasetImport {
  /** Version of the record in {@link DatasetWriter#PROVENANCE}. */
  public static final String FORMAT = "fewstep-dataset/1";

  /** Told how far an import is. */
  @FunctionalInterface
  public interface Progress {
    /**
     * Called after every image, on the thread that called the import.
     *
     * @param done images written
     * @param total images that there are
     */
    void at(int done, int total);
  }

  private record Pending(SourceImage source, long memory, Future<PixelImage> fitted) {}

  private final Recipe recipe;
  private final Split split;
  private final Progress progress;
  private final long budget;
  private final ExecutorService pool;
  private final int threads;
  private final Deque<Pending> window = new ArrayDeque<>();
  private final MessageDigest entries = Digests.sha256();
  private boolean byEntries;
  private long inUse;

  private DatasetImport(Recipe recipe, Split split, Progress progress) {
    this.recipe = recipe;
    this.split = split;
    this.progress = progress;
    budget = Runtime.getRuntime().maxMemory() / 3;
    threads = Runtime.getRuntime().availableProcessors();
    pool =
        Executors.newFixedThreadPool(
            threads + 1,
            work -> {
              Thread thread = new Thread(work, "import");
              thread.setDaemon(true);
              return thread;
            });
  }

  /**
   * Converts a dataset.
   *
   * @param source archive, folder, {@code data.mdb} or batches, as the recipe's dataset is
   *     published
   * @param recipe what is done to every image
   * @param split which part is taken, where the source has parts; it is recorded in any case
   * @param target the {@code .npz} to write
   * @param progress told after every image
   * @throws DatasetException naming the file, or the entry of the archive, that is at fault
   */
  public static ImportedDataset convert(
      Path source, Recipe recipe, Split split, Path target, Progress progress) throws IOException {
    DatasetImport run = new DatasetImport(recipe, split, progress);
    try {
      return run.convert(source, target);
    } finally {
      run.pool.shutdownNow();
    }
  }

  private ImportedDataset convert(Path path, Path target) throws IOException {
    try (ImageSource source = Sources.open(path, recipe, split)) {
      Optional<Path> file = single(path);
      byEntries = file.isEmpty();
      Optional<Future<String>> digest = file.map(one -> pool.submit(() -> sha256(one)));
      Optional<SourceImage> next = source.next();
      Pending first =
          start(next.orElseThrow(() -> new DatasetException(path, "it holds no image")));
      PixelImage model = result(first);
      ImageShape shape = shape(first.source().name(), model);
      inUse = 0;
      try (DatasetWriter writer =
          new DatasetWriter(target, shape, source.count(), source.labelled())) {
        writer.add(model.planes(), first.source().label());
        int done = 1;
        progress.at(done, source.count());
        boolean more = true;
        while (more || !window.isEmpty()) {
          next = more ? source.next() : Optional.empty();
          more = next.isPresent();
          long need = more ? memory(next.get()) : 0;
          while (!window.isEmpty()
              && (!more || window.size() >= 4 * threads || inUse + need > budget)) {
            write(writer, model, first.source().name());
            progress.at(++done, source.count());
          }
          if (more) {
            window.add(start(next.get()));
          }
        }
        if (done != source.count()) {
          throw new DatasetException(
              path, "it had " + source.count() + " images and then " + done + "; was it changed?");
        }
        String sourceDigest =
            digest.isPresent() ? get(digest.get()) : HexFormat.of().formatHex(entries.digest());
        byte[] provenance = provenance(path, source, shape, sourceDigest, file.isPresent());
        String content = writer.finish(provenance);
        return new ImportedDataset(target, done, shape, content, sourceDigest);
      }
    }
  }

  private static ImageShape shape(String name, PixelImage image) throws DatasetException {
    try {
      return new ImageShape(image.channels(), image.height(), image.width());
    } catch (IllegalArgumentException e) {
      throw new DatasetException(name, e.getMessage(), e);
    }
  }

  /** The one file whose digest stands for the source. */
  private static Optional<Path> single(Path source) {
    Path lmdb = source.resolve("data.mdb");
    if (Files.isDirectory(source)) {
      return Files.isRegularFile(lmdb) ? Optional.of(lmdb) : Optional.empty();
    }
    return Optional.of(source);
  }

  private static long memory(SourceImage image) throws DatasetException {
    long bytes = image.content().memory() + image.content().bytes().length;
    long limit = Runtime.getRuntime().maxMemory() / 4 * 3;
    if (bytes > limit) {
      throw new DatasetException(
          image.name(),
          "decoding it may take %d MB, more than this program may use (%d MB, see -Xmx)"
              .formatted(bytes >> 20, limit >> 20));
    }
    return bytes;
  }

  private Pending start(SourceImage image) throws IOException {
    if (byEntries) {
      int length = image.content().bytes().length;
      String head = "%s %d %d\n".formatted(EntryNames.base(image.name()), image.label(), length);
      entries.update(head.getBytes(StandardCharsets.UTF_8));
      entries.update(image.content().bytes());
    }
    long memory = memory(image);
    inUse += memory;
    return new Pending(image, memory, pool.submit(new Fit(image, recipe)));
  }

  private void write(DatasetWriter writer, PixelImage model, String modelName) throws IOException {
    Pending pending = window.remove();
    PixelImage image = result(pending);
    inUse -= pending.memory();
    String name = pending.source().name();
    if (image.height() != model.height() || image.width() != model.width()) {
      throw new DatasetException(
          name,
          "it is %dx%d (height x width), but %s is %dx%d; say a --size"
              .formatted(image.height(), image.width(), modelName, model.height(), model.width()));
    }
    if (image.channels() > model.channels()) {
      throw new DatasetException(
          name, "it is RGB, but " + modelName + " is grey; say --channels 3 (or 1)");
    }
    writer.add(image.withChannels(model.channels()).planes(), pending.source().label());
  }

  private record Fit(SourceImage image, Recipe recipe) implements Callable<PixelImage> {
    private static final ThreadLocal<ImageDecoder> DECODER =
        ThreadLocal.withInitial(ImageDecoder::new);

    @Override
    public PixelImage call() throws IOException {
      try {
        return recipe.apply(image.content().decode(DECODER.get()));
      } catch (ImageFormatException e) {
        throw new DatasetException(image.name(), e.getMessage(), e);
      }
    }
  }

  private static PixelImage result(Pending pending) throws IOException {
    return get(pending.fitted());
  }

  private static <T> T get(Future<T> future) throws IOException {
    try {
      return future.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof IOException cause) {
        throw cause;
      }
      throw new IllegalStateException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      InterruptedIOException stopped = new InterruptedIOException("the import was interrupted");
      stopped.initCause(e);
      throw stopped;
    }
  }

  private static String sha256(Path file) throws IOException {
    MessageDigest sha = Digests.sha256();
    byte[] chunk = new byte[1 << 20];
    try (InputStream in = Files.newInputStream(file)) {
      for (int read = in.read(chunk); read >= 0; read = in.read(chunk)) {
        sha.update(chunk, 0, read);
      }
    }
    return HexFormat.of().formatHex(sha.digest());
  }

  private byte[] provenance(
      Path path, ImageSource source, ImageShape shape, String sourceDigest, boolean file) {
    Map<String, Object> from = new LinkedHashMap<>();
    from.put("name", path.toAbsolutePath().normalize().getFileName().toString());
    from.put("kind", source.kind());
    from.put(file ? "sha256" : "imagesSha256", sourceDigest);
    Map<String, Object> record = new LinkedHashMap<>();
    record.put("format", FORMAT);
    record.put("recipe", recipe.name());
    record.put("operations", recipe.operations());
    record.put("split", split.text());
    record.put("source", from);
    record.put("images", source.count());
    record.put("shape", List.of(shape.channels(), shape.height(), shape.width()));
    if (!source.classes().isEmpty()) {
      record.put("classes", source.classes());
    }
    return Json.toBytes(record);
  }
}

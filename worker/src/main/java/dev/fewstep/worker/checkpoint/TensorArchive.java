package dev.fewstep.worker.checkpoint;

import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;

/**
 * An open file of tensors: their names, types and shapes are known and checked against the size of
 * the file, and their elements are read when asked for.
 */
public final class TensorArchive implements Closeable {
  private static final int TAR_MAGIC = 257;

  /** Reads one tensor's elements. */
  @FunctionalInterface
  interface Loader {
    RawTensor load(String name) throws IOException;
  }

  private final Path file;
  private final TensorFormat format;
  private final Map<String, TensorInfo> tensors;
  private final Map<String, String> metadata;
  private final Loader loader;
  private final Closeable resource;

  TensorArchive(
      Path file,
      TensorFormat format,
      Map<String, TensorInfo> tensors,
      Map<String, String> metadata,
      Loader loader,
      Closeable resource) {
    this.file = file;
    this.format = format;
    this.tensors = Collections.unmodifiableMap(new LinkedHashMap<>(tensors));
    this.metadata = Collections.unmodifiableMap(new LinkedHashMap<>(metadata));
    this.loader = loader;
    this.resource = resource;
  }

  /**
   * Opens a file by its content: {@code .safetensors}, {@code .npz}, {@code .pth}.
   *
   * @throws TensorFormatException when the file is none of these, damaged or hostile
   */
  public static TensorArchive open(Path file) throws IOException {
    if (!Files.isRegularFile(file) || !Files.isReadable(file)) {
      throw new TensorFormatException(file, "no such readable file");
    }
    ByteBuffer start = ByteBuffer.allocate(TAR_MAGIC + 5);
    long size;
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      size = channel.size();
      int read = 0;
      while (start.hasRemaining() && read >= 0) {
        read = channel.read(start);
      }
    }
    start.flip();
    if (start.remaining() > 1 && start.get(0) == 'P' && start.get(1) == 'K') {
      return openZip(file);
    }
    if (SafetensorsFile.looksLike(start, size)) {
      return SafetensorsFile.open(file);
    }
    if (PthFile.looksLegacy(start)) {
      return PthFile.openLegacy(file);
    }
    throw new TensorFormatException(file, foreign(start));
  }

  private static String foreign(ByteBuffer start) {
    String expected = "expected .safetensors, .npz or .pth content";
    if (start.limit() == start.capacity()) {
      byte[] magic = new byte[5];
      start.get(TAR_MAGIC, magic);
      if (new String(magic, StandardCharsets.US_ASCII).equals("ustar")) {
        return "a tar archive, which PyTorch wrote before 0.1.10 and fewstep does not read: load it"
            + " in PyTorch and save it again";
      }
    }
    if (start.remaining() > 1 && start.get(0) == 0x1f && start.get(1) == (byte) 0x8b) {
      return "compressed by gzip: unpack it first";
    }
    return "not a tensor file: " + expected;
  }

  private static TensorArchive openZip(Path file) throws IOException {
    boolean npz;
    try (ZipFile zip = new ZipFile(file.toFile())) {
      npz = ZipEntries.of(file, zip).keySet().stream().anyMatch(name -> name.endsWith(".npy"));
    } catch (ZipException | EOFException e) {
      throw new TensorFormatException(file, "not a readable zip (" + e.getMessage() + ")", e);
    }
    return npz ? NpzFile.open(file) : PthFile.openZip(file);
  }

  /** The file. */
  public Path file() {
    return file;
  }

  /** Its form. */
  public TensorFormat format() {
    return format;
  }

  /** Name to type and shape, in the order of the file. */
  public Map<String, TensorInfo> tensors() {
    return tensors;
  }

  /** Free text that the file carries; empty but for {@code .safetensors}. */
  public Map<String, String> metadata() {
    return metadata;
  }

  /** Name to shape, for {@link StateDict#compare}. */
  public Map<String, long[]> shapes() {
    Map<String, long[]> shapes = new LinkedHashMap<>();
    tensors.forEach((name, info) -> shapes.put(name, info.dimensions()));
    return shapes;
  }

  /**
   * Reads one tensor.
   *
   * @throws IllegalArgumentException when the file has no tensor of that name
   * @throws TensorFormatException when its elements are not there or damaged
   */
  public RawTensor read(String name) throws IOException {
    if (!tensors.containsKey(name)) {
      throw new IllegalArgumentException(file + " has no tensor '" + name + "'");
    }
    try {
      return loader.load(name);
    } catch (UncheckedIOException e) {
      throw e.getCause();
    } catch (EOFException e) {
      throw new TensorFormatException(file, "it ends too early", e);
    } catch (IllegalArgumentException | ArithmeticException e) {
      throw new TensorFormatException(file, String.valueOf(e.getMessage()), e);
    }
  }

  /** Reads some tensors, in the order given. */
  public Map<String, RawTensor> read(Collection<String> names) throws IOException {
    Map<String, RawTensor> read = new LinkedHashMap<>();
    for (String name : names) {
      read.put(name, read(name));
    }
    return read;
  }

  @Override
  public void close() throws IOException {
    resource.close();
  }
}

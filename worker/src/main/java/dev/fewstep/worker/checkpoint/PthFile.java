package dev.fewstep.worker.checkpoint;

import dev.fewstep.worker.checkpoint.TensorUnpickler.Storage;
import dev.fewstep.worker.checkpoint.TensorUnpickler.View;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;
import net.razorvine.pickle.PickleException;

/**
 * PyTorch's {@code torch.save} files: the zip form, and the pickle stream written before PyTorch
 * 1.6. Only tensors, lists, tuples, dictionaries and plain values are ever built.
 */
public final class PthFile {
  private static final int MAX_PICKLE = 64 << 20;
  private static final BigInteger LEGACY_MAGIC = new BigInteger("1950a86a20f9469cfc6c", 16);
  private static final int LEGACY_PROTOCOL = 1001;

  private PthFile() {}

  /** Whether these first bytes can begin the form before PyTorch 1.6: a pickle of protocol 2+. */
  static boolean looksLegacy(ByteBuffer start) {
    return start.remaining() >= 2 && start.get(0) == (byte) 0x80 && start.get(1) >= 2;
  }

  /**
   * Reads every tensor. The name of a nested one is its path, joined by dots: a plain state dict
   * keeps its names; in a list the index comes first, as in {@code 4.conv_in.weight}.
   *
   * @throws TensorFormatException when the file is damaged, or names a class that is refused
   */
  public static Map<String, RawTensor> read(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      boolean zip = in.read() == 'P' && in.read() == 'K';
      return zip ? readZip(file) : readLegacy(file);
    } catch (PickleException | IllegalArgumentException | ArithmeticException e) {
      throw new TensorFormatException(file, String.valueOf(e.getMessage()), e);
    } catch (EOFException e) {
      throw new TensorFormatException(file, "it ends too early", e);
    } catch (ZipException e) {
      throw new TensorFormatException(file, "not a readable zip (" + e.getMessage() + ")", e);
    }
  }

  private static Map<String, RawTensor> readZip(Path file) throws IOException {
    try (ZipFile zip = new ZipFile(file.toFile())) {
      ZipEntry pickle =
          zip.stream()
              .filter(entry -> entry.getName().endsWith("/data.pkl"))
              .findFirst()
              .orElseThrow(() -> new TensorFormatException(file, "a zip without data.pkl"));
      String root = pickle.getName().substring(0, pickle.getName().length() - "data.pkl".length());
      if (zip.stream().anyMatch(entry -> entry.getName().startsWith(root + "code/"))) {
        throw new TensorFormatException(
            file, "it is a TorchScript module, which is code, not a file of tensors");
      }
      ZipEntry order = zip.getEntry(root + "byteorder");
      if (order != null && !content(zip, order, 16).equals("little")) {
        throw new TensorFormatException(file, "its byte order is not little-endian");
      }
      Object tree;
      try (InputStream in = zip.getInputStream(pickle)) {
        tree = new TensorUnpickler().read(bounded(file, in));
      }
      Map<String, ByteBuffer> storages = new LinkedHashMap<>();
      return new TensorTree(Files.size(file))
          .flatten(
              tree,
              storage ->
                  storages.computeIfAbsent(
                      storage.key(), key -> load(zip, root + "data/" + key, storage)));
    }
  }

  private static String content(ZipFile zip, ZipEntry entry, int limit) throws IOException {
    try (InputStream in = zip.getInputStream(entry)) {
      return new String(in.readNBytes(limit), StandardCharsets.US_ASCII).strip();
    }
  }

  private static ByteArrayInputStream bounded(Path file, InputStream in) throws IOException {
    byte[] bytes = in.readNBytes(MAX_PICKLE + 1);
    if (bytes.length > MAX_PICKLE) {
      throw new TensorFormatException(file, "its pickle is larger than " + MAX_PICKLE + " bytes");
    }
    return new ByteArrayInputStream(bytes);
  }

  private static ByteBuffer load(ZipFile zip, String name, Storage storage) {
    ZipEntry entry = zip.getEntry(name);
    long expected = storageBytes(storage);
    if (entry == null || entry.getSize() != expected) {
      throw new PickleException(
          "storage '"
              + name
              + "' should have "
              + expected
              + " bytes, but "
              + (entry == null ? "is missing" : "has " + entry.getSize()));
    }
    // PyTorch stores without compression: more data than file is a zip bomb.
    if (expected > entry.getCompressedSize() * 64) {
      throw new PickleException("storage '" + name + "' is compressed beyond belief");
    }
    ByteBuffer bytes = RawTensor.allocate(expected);
    try (InputStream in = zip.getInputStream(entry)) {
      byte[] chunk = new byte[1 << 16];
      for (int read = in.read(chunk); read >= 0; read = in.read(chunk)) {
        bytes.put(chunk, 0, Math.min(read, bytes.remaining()));
      }
    } catch (IOException e) {
      throw new PickleException("storage '" + name + "' is unreadable: " + e.getMessage(), e);
    }
    if (bytes.hasRemaining()) {
      throw new PickleException("storage '" + name + "' ends too early");
    }
    return bytes.flip();
  }

  private static long storageBytes(Storage storage) {
    if (storage.elements() < 0) {
      throw new PickleException("a storage of " + storage.elements() + " elements");
    }
    return Math.multiplyExact(storage.elements(), (long) storage.type().getNumOfBytes());
  }

  private static Map<String, RawTensor> readLegacy(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      byte[] head = new byte[(int) Math.min(channel.size(), MAX_PICKLE)];
      readFully(channel, ByteBuffer.wrap(head), 0);
      ByteArrayInputStream in = new ByteArrayInputStream(head);
      if (!LEGACY_MAGIC.equals(new TensorUnpickler().read(in))
          || !Integer.valueOf(LEGACY_PROTOCOL).equals(new TensorUnpickler().read(in))) {
        throw new TensorFormatException(file, "a pickle, but not one of torch.save");
      }
      Object system = new TensorUnpickler().read(in);
      if (!(system instanceof Map<?, ?> map) || !Boolean.TRUE.equals(map.get("little_endian"))) {
        throw new TensorFormatException(file, "its byte order is not little-endian");
      }
      Object tree = new TensorUnpickler().read(in);
      if (!(new TensorUnpickler().read(in) instanceof List<?> keys)) {
        throw new TensorFormatException(file, "no list of storages follows its objects");
      }
      Map<String, Storage> named = TensorTree.storages(tree);
      Map<String, ByteBuffer> storages =
          legacyStorages(channel, head.length - in.available(), keys, named);
      return new TensorTree(channel.size())
          .flatten(
              tree,
              storage -> {
                ByteBuffer bytes = storages.get(storage.key());
                if (bytes == null) {
                  throw new PickleException("storage '" + storage.key() + "' is missing");
                }
                return bytes;
              });
    }
  }

  private static Map<String, ByteBuffer> legacyStorages(
      FileChannel channel, long start, List<?> keys, Map<String, Storage> named)
      throws IOException {
    Map<String, ByteBuffer> storages = new LinkedHashMap<>();
    long at = start;
    for (Object key : keys) {
      Storage storage = named.get(String.valueOf(key));
      if (storage == null) {
        throw new PickleException("storage '" + key + "' belongs to no tensor");
      }
      ByteBuffer count = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
      readFully(channel, count, at);
      long size = storageBytes(storage);
      if (count.getLong(0) != storage.elements() || size > channel.size() - at - 8) {
        throw new PickleException(
            "storage '%s' should have %d elements, the file has %d and %d bytes more"
                .formatted(key, storage.elements(), count.getLong(0), channel.size() - at - 8));
      }
      ByteBuffer bytes = RawTensor.allocate(size);
      readFully(channel, bytes, at + 8);
      storages.put(storage.key(), bytes.flip());
      at += 8 + size;
    }
    return storages;
  }

  private static void readFully(FileChannel channel, ByteBuffer into, long position)
      throws IOException {
    long at = position;
    while (into.hasRemaining()) {
      int read = channel.read(into, at);
      if (read < 0) {
        throw new EOFException();
      }
      at += read;
    }
  }

  /**
   * Writes atomically what Python's {@code torch.load(weights_only=True)} reads. Equal content
   * makes equal bytes.
   *
   * @param tree {@link RawTensor}s, maps, lists, text, numbers (Integer, Long, Double) and Boolean,
   *     nested at will; a map from text to tensors becomes an OrderedDict, as a module's state
   *     dictionary is
   * @throws IllegalArgumentException when the tree holds anything else
   */
  public static void write(Path file, Object tree) throws IOException {
    AtomicFile.write(file, out -> PthWriter.write(out, tree));
  }

  /** For {@link TensorTree}: the tensor that a view describes. */
  static RawTensor tensor(View view, ByteBuffer storage) {
    return Strided.gather(
        view.storage().type(),
        view.shape().stream().mapToLong(Long::longValue).toArray(),
        view.strides().stream().mapToLong(Long::longValue).toArray(),
        view.offset(),
        storage);
  }
}

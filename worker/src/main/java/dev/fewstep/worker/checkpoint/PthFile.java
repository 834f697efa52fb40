package dev.fewstep.worker.checkpoint;

import dev.fewstep.worker.checkpoint.TensorUnpickler.Storage;
import dev.fewstep.worker.checkpoint.TensorUnpickler.View;
import java.io.ByteArrayInputStream;
import java.io.Closeable;
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
import java.util.HashMap;
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
  private static final int MAX_EXPANSION = 64;

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
    try (TensorArchive archive = TensorArchive.open(file)) {
      return archive.read(archive.tensors().keySet());
    }
  }

  static TensorArchive openZip(Path file) throws IOException {
    return closingOnFailure(
        file, () -> new ZipFile(file.toFile()), (ZipFile zip) -> openZip(file, zip));
  }

  static TensorArchive openLegacy(Path file) throws IOException {
    return closingOnFailure(
        file,
        () -> FileChannel.open(file, StandardOpenOption.READ),
        (FileChannel channel) -> openLegacy(file, channel));
  }

  private interface Opening<T> {
    T open() throws IOException;
  }

  private interface Reading<T> {
    TensorArchive read(T resource) throws IOException;
  }

  private static <T extends Closeable> TensorArchive closingOnFailure(
      Path file, Opening<T> opening, Reading<T> reading) throws IOException {
    T resource = null;
    boolean done = false;
    try {
      resource = opening.open();
      TensorArchive archive = reading.read(resource);
      done = true;
      return archive;
    } catch (PickleException | IllegalArgumentException | ArithmeticException e) {
      throw new TensorFormatException(file, String.valueOf(e.getMessage()), e);
    } catch (EOFException e) {
      throw new TensorFormatException(file, "it ends too early", e);
    } catch (ZipException e) {
      throw new TensorFormatException(file, "not a readable zip (" + e.getMessage() + ")", e);
    } finally {
      if (!done && resource != null) {
        resource.close();
      }
    }
  }

  private static TensorArchive openZip(Path file, ZipFile zip) throws IOException {
    Map<String, ZipEntry> entries = ZipEntries.of(file, zip);
    List<String> pickles = entries.keySet().stream().filter(n -> n.endsWith("/data.pkl")).toList();
    if (pickles.size() != 1) {
      throw new TensorFormatException(
          file, pickles.isEmpty() ? "a zip without data.pkl" : "a zip with two data.pkl");
    }
    String root = pickles.get(0).substring(0, pickles.get(0).length() - "data.pkl".length());
    if (entries.keySet().stream().anyMatch(name -> name.startsWith(root + "code/"))
        || entries.containsKey(root + "constants.pkl")) {
      throw new TensorFormatException(
          file, "it is a TorchScript module, which is code, not a file of tensors");
    }
    ZipEntry order = entries.get(root + "byteorder");
    if (order != null && !content(zip, order).equals("little")) {
      throw new TensorFormatException(file, "its byte order is not little-endian");
    }
    TensorUnpickler unpickler = new TensorUnpickler();
    Object tree;
    try (InputStream in = zip.getInputStream(entries.get(pickles.get(0)))) {
      tree = unpickler.read(bounded(file, in));
    }
    long size = Files.size(file);
    for (Storage storage : unpickler.storages().values()) {
      checkEntry(entries.get(root + "data/" + storage.key()), root + "data/", storage, size);
    }
    return archive(
        file,
        TensorFormat.PTH_ZIP,
        TensorTree.leaves(tree, size),
        storage -> load(zip, entries.get(root + "data/" + storage.key()), storage),
        zip);
  }

  /** Loads a storage once for each tensor, and keeps those that several tensors share. */
  private static TensorArchive archive(
      Path file,
      TensorFormat format,
      Map<String, TensorTree.Leaf> leaves,
      StorageLoader storages,
      Closeable resource) {
    Map<String, TensorInfo> infos = new LinkedHashMap<>();
    Map<String, Integer> uses = new HashMap<>();
    leaves.forEach(
        (name, leaf) -> {
          infos.put(name, leaf.info());
          uses.merge(leaf.view().storage().key(), 1, Integer::sum);
        });
    Map<String, ByteBuffer> shared = new HashMap<>();
    return new TensorArchive(
        file,
        format,
        infos,
        Map.of(),
        name -> {
          View view = leaves.get(name).view();
          Storage storage = view.storage();
          ByteBuffer bytes = shared.get(storage.key());
          if (bytes == null) {
            bytes = storages.load(storage);
            if (uses.get(storage.key()) > 1) {
              shared.put(storage.key(), bytes);
            }
          }
          return Strided.gather(
              storage.type(),
              TensorInfo.dimensions(view.shape()),
              TensorInfo.dimensions(view.strides()),
              view.offset(),
              bytes);
        },
        resource);
  }

  private interface StorageLoader {
    ByteBuffer load(Storage storage) throws IOException;
  }

  private static String content(ZipFile zip, ZipEntry entry) throws IOException {
    try (InputStream in = zip.getInputStream(entry)) {
      return new String(in.readNBytes(16), StandardCharsets.US_ASCII).strip();
    }
  }

  private static ByteArrayInputStream bounded(Path file, InputStream in) throws IOException {
    byte[] bytes = in.readNBytes(MAX_PICKLE + 1);
    if (bytes.length > MAX_PICKLE) {
      throw new TensorFormatException(file, "its pickle is larger than " + MAX_PICKLE + " bytes");
    }
    return new ByteArrayInputStream(bytes);
  }

  private static void checkEntry(ZipEntry entry, String folder, Storage storage, long fileSize) {
    long expected = storageBytes(storage);
    String name = ZipEntries.quoted(folder + storage.key());
    if (entry == null || entry.getSize() != expected) {
      throw new PickleException(
          "storage "
              + name
              + " should have "
              + expected
              + " bytes, but "
              + (entry == null ? "is missing" : "has " + entry.getSize()));
    }
    // PyTorch stores without compression: more data than file is a zip bomb.
    if (expected > Math.min(entry.getCompressedSize(), fileSize) * MAX_EXPANSION) {
      throw new PickleException("storage " + name + " is compressed beyond belief");
    }
  }

  private static ByteBuffer load(ZipFile zip, ZipEntry entry, Storage storage) throws IOException {
    String name = ZipEntries.quoted(entry.getName());
    ByteBuffer bytes = RawTensor.allocate(storageBytes(storage));
    try (InputStream in = zip.getInputStream(entry)) {
      byte[] chunk = new byte[1 << 16];
      for (int read = in.read(chunk); read >= 0; read = in.read(chunk)) {
        bytes.put(chunk, 0, Math.min(read, bytes.remaining()));
      }
    } catch (ZipException | EOFException e) {
      throw new TensorFormatException(
          Path.of(zip.getName()), "storage " + name + " is unreadable: " + e.getMessage(), e);
    }
    if (bytes.hasRemaining()) {
      throw new TensorFormatException(
          Path.of(zip.getName()), "storage " + name + " ends too early");
    }
    return bytes.flip();
  }

  private static long storageBytes(Storage storage) {
    return Math.multiplyExact(storage.elements(), (long) storage.type().getNumOfBytes());
  }

  private static TensorArchive openLegacy(Path file, FileChannel channel) throws IOException {
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
    TensorUnpickler unpickler = new TensorUnpickler();
    Object tree = unpickler.read(in);
    if (!(new TensorUnpickler().read(in) instanceof List<?> keys)) {
      throw new TensorFormatException(file, "no list of storages follows its objects");
    }
    Map<String, Long> starts =
        legacyStarts(channel, head.length - in.available(), keys, unpickler.storages());
    for (String key : unpickler.storages().keySet()) {
      if (!starts.containsKey(key)) {
        throw new PickleException("storage " + ZipEntries.quoted(key) + " is missing");
      }
    }
    return archive(
        file,
        TensorFormat.PTH_LEGACY,
        TensorTree.leaves(tree, channel.size()),
        storage -> {
          ByteBuffer bytes = RawTensor.allocate(storageBytes(storage));
          readFully(channel, bytes, starts.get(storage.key()));
          return bytes.flip();
        },
        channel);
  }

  /** Where each storage's elements begin. */
  private static Map<String, Long> legacyStarts(
      FileChannel channel, long start, List<?> keys, Map<String, Storage> named)
      throws IOException {
    Map<String, Long> starts = new HashMap<>();
    long at = start;
    for (Object key : keys) {
      Storage storage = key instanceof String text ? named.get(text) : null;
      if (storage == null) {
        throw new PickleException("its list of storages names one that belongs to no tensor");
      }
      ByteBuffer count = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
      readFully(channel, count, at);
      long size = storageBytes(storage);
      if (count.getLong(0) != storage.elements() || size > channel.size() - at - 8) {
        throw new PickleException(
            "storage %s should have %d elements, the file has %d and %d bytes more"
                .formatted(
                    ZipEntries.quoted(storage.key()),
                    storage.elements(),
                    count.getLong(0),
                    channel.size() - at - 8));
      }
      if (starts.put(storage.key(), at + 8) != null) {
        throw new PickleException(
            "storage " + ZipEntries.quoted(storage.key()) + " is listed twice");
      }
      at += 8 + size;
    }
    return starts;
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
}

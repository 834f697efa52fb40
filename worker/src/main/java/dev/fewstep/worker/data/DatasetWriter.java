package dev.fewstep.worker.data;

import static dev.fewstep.schemas.spec.Checks.require;

import dev.fewstep.schemas.Digests;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;
import java.util.zip.CRC32;

/**
 * Writes a dataset's {@code .npz} image by image, so that it may be larger than memory: entries are
 * stored, with zip64 records where they are needed. Without provenance the bytes are those of
 * {@link NpzImages#write}. The file appears whole, under its name, or not at all.
 */
public final class DatasetWriter implements Closeable {
  /** The entry that tells where a dataset comes from; NumPy shows it as bytes. */
  public static final String PROVENANCE = "fewstep.json";

  private static final long SMALL = 0xffffffffL - 1;
  private static final int DOS_EPOCH = 0x00210001;
  private static final int BUFFER = 1 << 20;

  private record Entry(String name, long offset, long size, long crc) {}

  private final Path target;
  private final Path temporary;
  private final FileChannel channel;
  private final ImageShape shape;
  private final int count;
  private final boolean labelled;
  private final int[] labels;
  private final MessageDigest content = Digests.sha256();
  private final ByteBuffer buffer = ByteBuffer.allocate(BUFFER).order(ByteOrder.LITTLE_ENDIAN);
  private final List<Entry> entries = new ArrayList<>();
  private final CRC32 crc = new CRC32();
  private long written;
  private int added;
  private boolean finished;

  /**
   * Begins a file.
   *
   * @param target where the finished file will be; its folder is made
   * @param shape shape of every image
   * @param count how many images will be added, at least 1
   * @param labelled whether every image has a class
   * @throws IOException when the disk has not the room
   */
  public DatasetWriter(Path target, ImageShape shape, int count, boolean labelled)
      throws IOException {
    require(count >= 1, "a dataset needs at least one image");
    this.target = target.toAbsolutePath();
    this.shape = shape;
    this.count = count;
    this.labelled = labelled;
    labels = new int[labelled ? count : 0];
    Path folder = this.target.getParent();
    Files.createDirectories(folder);
    long bytes = (long) count * shape.elements() + 8L * labels.length;
    FileStore store = Files.getFileStore(folder);
    if (store.getUsableSpace() < bytes) {
      throw new DatasetException(
          target,
          "it will have %d MB, but its disk has %d MB left"
              .formatted(bytes >> 20, store.getUsableSpace() >> 20));
    }
    temporary = folder.resolve("." + target.getFileName() + "." + UUID.randomUUID() + ".tmp");
    channel = FileChannel.open(temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    content.update(
        "images %d %d %d %d\n"
            .formatted(count, shape.channels(), shape.height(), shape.width())
            .getBytes(StandardCharsets.US_ASCII));
    begin(
        "images.npy",
        NpyHeader.bytes("|u1", count, shape.channels(), shape.height(), shape.width()),
        (long) count * shape.elements());
  }

  /**
   * Adds the next image.
   *
   * @param planes unsigned bytes in C, H, W order
   * @param label its class, not negative; ignored when the dataset has no labels
   */
  public void add(byte[] planes, int label) throws IOException {
    require(planes.length == shape.elements(), "%s bytes for a %s image", planes.length, shape);
    require(added < count, "more than the %s images that were announced", count);
    if (labelled) {
      require(label >= 0, "a label must not be negative: %s", label);
      labels[added] = label;
    }
    content.update(planes);
    put(planes);
    added++;
  }

  /**
   * Completes the file and gives it its name.
   *
   * @param provenance JSON that travels in the file
   * @return the content's digest: {@link ImageDataset#digest()}
   */
  public String finish(byte[] provenance) throws IOException {
    require(added == count, "%s images were announced and %s added", count, added);
    end();
    if (labelled) {
      begin("labels.npy", NpyHeader.bytes("<i8", count), 8L * count);
      ByteBuffer bytes = ByteBuffer.allocate(8 * count).order(ByteOrder.LITTLE_ENDIAN);
      for (int label : labels) {
        bytes.putLong(label);
      }
      put(bytes.array());
      end();
    }
    if (provenance.length > 0) {
      begin(PROVENANCE, new byte[0], provenance.length);
      put(provenance);
      end();
    }
    directory();
    flush();
    patchChecksums();
    channel.force(true);
    channel.close();
    Files.move(
        temporary, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    finished = true;
    return HexFormat.of().formatHex(content.digest());
  }

  /** Removes what was written, unless the file is finished. */
  @Override
  public void close() throws IOException {
    if (!finished) {
      channel.close();
      Files.deleteIfExists(temporary);
    }
  }

  private void begin(String name, byte[] head, long body) throws IOException {
    byte[] bytes = name.getBytes(StandardCharsets.US_ASCII);
    long size = head.length + body;
    entries.add(new Entry(name, written, size, 0));
    boolean large = size > SMALL;
    ByteBuffer local = record(30 + bytes.length + 20);
    local.putInt(0x04034b50).putShort((short) (large ? 45 : 10)).putShort((short) 0x0800);
    local.putShort((short) 0).putInt(DOS_EPOCH).putInt(0);
    local.putInt(large ? -1 : (int) size).putInt(large ? -1 : (int) size);
    local.putShort((short) bytes.length).putShort((short) (large ? 20 : 0)).put(bytes);
    if (large) {
      local.putShort((short) 1).putShort((short) 16).putLong(size).putLong(size);
    }
    put(local);
    crc.reset();
    put(head);
  }

  private void end() {
    Entry entry = entries.remove(entries.size() - 1);
    entries.add(new Entry(entry.name, entry.offset, entry.size, crc.getValue()));
  }

  private void directory() throws IOException {
    long start = written;
    for (Entry entry : entries) {
      boolean large = entry.size > SMALL;
      boolean far = entry.offset > SMALL;
      int extra = (large ? 16 : 0) + (far ? 8 : 0);
      ByteBuffer central = record(46 + entry.name.length() + 28);
      int version = large || far ? 45 : 10;
      central.putInt(0x02014b50).putShort((short) version).putShort((short) version);
      central
          .putShort((short) 0x0800)
          .putShort((short) 0)
          .putInt(DOS_EPOCH)
          .putInt((int) entry.crc);
      central.putInt(large ? -1 : (int) entry.size).putInt(large ? -1 : (int) entry.size);
      central.putShort((short) entry.name.length()).putShort((short) (extra == 0 ? 0 : extra + 4));
      central.putShort((short) 0).putShort((short) 0).putShort((short) 0).putInt(0);
      central
          .putInt(far ? -1 : (int) entry.offset)
          .put(entry.name.getBytes(StandardCharsets.US_ASCII));
      if (extra > 0) {
        central.putShort((short) 1).putShort((short) extra);
        if (large) {
          central.putLong(entry.size).putLong(entry.size);
        }
        if (far) {
          central.putLong(entry.offset);
        }
      }
      put(central);
    }
    long size = written - start;
    boolean far = start > SMALL;
    ByteBuffer end = record(56 + 20 + 22);
    if (far) {
      end.putInt(0x06064b50).putLong(44).putShort((short) 45).putShort((short) 45);
      end.putInt(0).putInt(0).putLong(entries.size()).putLong(entries.size());
      end.putLong(size).putLong(start);
      end.putInt(0x07064b50).putInt(0).putLong(written).putInt(1);
    }
    end.putInt(0x06054b50).putInt(0);
    end.putShort((short) entries.size()).putShort((short) entries.size());
    end.putInt((int) size).putInt(far ? -1 : (int) start).putShort((short) 0);
    put(end);
  }

  /** The checksums of the local headers were not known when these were written. */
  private void patchChecksums() throws IOException {
    for (Entry entry : entries) {
      ByteBuffer value = record(4).putInt((int) entry.crc).flip();
      while (value.hasRemaining()) {
        channel.write(value, entry.offset + 14 + value.position());
      }
    }
  }

  private static ByteBuffer record(int capacity) {
    return ByteBuffer.allocate(capacity).order(ByteOrder.LITTLE_ENDIAN);
  }

  private void put(ByteBuffer record) throws IOException {
    byte[] bytes = new byte[record.position()];
    record.flip().get(bytes);
    put(bytes);
  }

  private void put(byte[] bytes) throws IOException {
    crc.update(bytes);
    written += bytes.length;
    int from = 0;
    while (from < bytes.length) {
      int part = Math.min(buffer.remaining(), bytes.length - from);
      buffer.put(bytes, from, part);
      from += part;
      if (!buffer.hasRemaining()) {
        flush();
      }
    }
  }

  private void flush() throws IOException {
    buffer.flip();
    while (buffer.hasRemaining()) {
      channel.write(buffer);
    }
    buffer.clear();
  }
}

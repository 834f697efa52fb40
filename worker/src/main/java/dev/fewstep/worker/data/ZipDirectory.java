package dev.fewstep.worker.data;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The central directory of a zip (PKWARE's APPNOTE, zip64 included): where a stored entry's bytes
 * lie, so that they can be mapped, and how many entries there are, before anything reads them all.
 */
public final class ZipDirectory {
  /** More entries are refused: a dataset of that many files is a mistake or an attack. */
  public static final long MAX_ENTRIES = 10_000_000;

  private static final long MAX_BYTES = 1L << 30;
  private static final int END = 0x06054b50;
  private static final int END64 = 0x06064b50;
  private static final int LOCATOR64 = 0x07064b50;
  private static final int CENTRAL = 0x02014b50;
  private static final int LOCAL = 0x04034b50;
  private static final long ESCAPE = 0xffffffffL;

  private final Path file;
  private final FileChannel channel;
  private final long start;
  private final long size;
  private final long entries;

  /** A part of a file. */
  public record Region(long offset, long length) {}

  /**
   * Finds the directory.
   *
   * @throws DatasetException when the file is no zip or its directory is too large
   */
  public ZipDirectory(Path file, FileChannel channel) throws IOException {
    this.file = file;
    this.channel = channel;
    long end = endRecord();
    ByteBuffer record = read(end, 22);
    long count = Short.toUnsignedLong(record.getShort(10));
    long bytes = Integer.toUnsignedLong(record.getInt(12));
    long offset = Integer.toUnsignedLong(record.getInt(16));
    if (end >= 20 && read(end - 20, 4).getInt(0) == LOCATOR64) {
      ByteBuffer record64 = read(read(end - 20, 20).getLong(8), 56);
      if (record64.getInt(0) != END64) {
        throw damaged("its zip64 end record is missing");
      }
      count = record64.getLong(32);
      bytes = record64.getLong(40);
      offset = record64.getLong(48);
    }
    if (count < 0 || count > MAX_ENTRIES || bytes > MAX_BYTES) {
      throw new DatasetException(
          file, "a zip of " + count + " entries; at most " + MAX_ENTRIES + " are read");
    }
    if (bytes < 0 || offset < 0 || offset > end || bytes > end - offset || bytes < 46 * count) {
      throw damaged("its directory lies outside the file");
    }
    start = offset;
    size = bytes;
    entries = count;
  }

  /** Number of entries that the directory claims. */
  public long entries() {
    return entries;
  }

  /** The bytes of an entry that is stored as it is; empty when it is missing or deflated. */
  public Optional<Region> stored(String name) throws IOException {
    ByteBuffer directory = read(start, Math.toIntExact(size));
    byte[] wanted = name.getBytes(StandardCharsets.UTF_8);
    int at = 0;
    for (long i = 0; i < entries; i++) {
      if (at > size - 46 || directory.getInt(at) != CENTRAL) {
        throw damaged("its directory is cut short");
      }
      int nameLength = Short.toUnsignedInt(directory.getShort(at + 28));
      int extraLength = Short.toUnsignedInt(directory.getShort(at + 30));
      int commentLength = Short.toUnsignedInt(directory.getShort(at + 32));
      if (at + 46L + nameLength + extraLength + commentLength > size) {
        throw damaged("its directory is cut short");
      }
      if (nameLength == wanted.length
          && directory.slice(at + 46, nameLength).equals(ByteBuffer.wrap(wanted))) {
        return region(directory, at, nameLength, extraLength);
      }
      at += 46 + nameLength + extraLength + commentLength;
    }
    return Optional.empty();
  }

  private Optional<Region> region(ByteBuffer directory, int at, int nameLength, int extraLength)
      throws IOException {
    boolean encrypted = (directory.getShort(at + 8) & 1) != 0;
    if (directory.getShort(at + 10) != 0 || encrypted) {
      return Optional.empty();
    }
    long packed = Integer.toUnsignedLong(directory.getInt(at + 20));
    long plain = Integer.toUnsignedLong(directory.getInt(at + 24));
    long local = Integer.toUnsignedLong(directory.getInt(at + 42));
    int extra = at + 46 + nameLength;
    int stop = extra + extraLength;
    while (extra <= stop - 4) {
      int tag = Short.toUnsignedInt(directory.getShort(extra));
      int length = Short.toUnsignedInt(directory.getShort(extra + 2));
      int value = extra + 4;
      int last = Math.min(stop, value + length);
      if (tag == 1) {
        if (plain == ESCAPE && value <= last - 8) {
          plain = directory.getLong(value);
          value += 8;
        }
        if (packed == ESCAPE && value <= last - 8) {
          packed = directory.getLong(value);
          value += 8;
        }
        if (local == ESCAPE && value <= last - 8) {
          local = directory.getLong(value);
        }
      }
      extra += 4 + length;
    }
    if (local < 0 || local > start - 30 || read(local, 4).getInt(0) != LOCAL) {
      throw damaged("an entry lies outside the file");
    }
    ByteBuffer header = read(local, 30);
    long offset =
        local
            + 30
            + Short.toUnsignedInt(header.getShort(26))
            + Short.toUnsignedInt(header.getShort(28));
    if (plain != packed || plain < 0 || offset > start || plain > start - offset) {
      throw damaged("an entry lies outside the file");
    }
    return Optional.of(new Region(offset, plain));
  }

  private long endRecord() throws IOException {
    long fileSize = channel.size();
    if (fileSize < 22) {
      throw damaged("it is too short");
    }
    int window = (int) Math.min(fileSize, 22 + 0xffff);
    ByteBuffer tail = read(fileSize - window, window);
    for (int at = window - 22; at >= 0; at--) {
      if (tail.getInt(at) == END
          && at + 22 + Short.toUnsignedInt(tail.getShort(at + 20)) <= window) {
        return fileSize - window + at;
      }
    }
    throw damaged("it has no end record");
  }

  private ByteBuffer read(long offset, int length) throws IOException {
    if (offset < 0 || offset > channel.size() - length) {
      throw damaged("a record lies outside the file");
    }
    ByteBuffer buffer = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    while (buffer.hasRemaining()) {
      if (channel.read(buffer, offset + buffer.position()) < 0) {
        throw damaged("it ends too early");
      }
    }
    return buffer.flip().order(ByteOrder.LITTLE_ENDIAN);
  }

  private DatasetException damaged(String why) {
    return new DatasetException(file, "not a readable zip (" + why + ")");
  }
}

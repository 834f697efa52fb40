package dev.fewstep.worker.data.source;

import dev.fewstep.worker.data.DatasetException;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Reads an LMDB file ({@code data.mdb} as 64-bit little-endian machines write it): the key-value
 * pairs of its main database, in key order. What LSUN and FFHQ use is read, B+tree and overflow
 * pages; sub-databases and duplicate keys are refused. A file that is being written to is not for
 * this class. Layout: {@code MDB_meta}, {@code MDB_page}, {@code MDB_node} of LMDB's {@code mdb.c}.
 */
final class LmdbFile implements Closeable {
  private static final int MAGIC = 0xbeefc0de;
  private static final int HEADER = 16;
  private static final int META_BYTES = HEADER + 136;
  private static final int BRANCH = 0x01;
  private static final int LEAF = 0x02;
  private static final int OVERFLOW = 0x04;
  private static final int BIG_DATA = 0x01;
  private static final int MAX_DEPTH = 32;

  private final Path file;
  private final FileChannel channel;
  private final int pageSize;
  private final long pages;
  private final long root;
  private final long entries;

  /**
   * Opens the newer of the two states that the file holds.
   *
   * @throws DatasetException when it is no LMDB file
   */
  LmdbFile(Path file) throws IOException {
    this.file = file;
    channel = FileChannel.open(file, StandardOpenOption.READ);
    boolean opened = false;
    try {
      ByteBuffer meta = meta(0);
      pageSize = meta.getInt(HEADER + 24);
      if (pageSize < 512 || pageSize > 1 << 16 || Integer.bitCount(pageSize) != 1) {
        throw damaged("its page size is " + pageSize);
      }
      ByteBuffer other = meta(pageSize);
      if (other.getLong(HEADER + 128) > meta.getLong(HEADER + 128)) {
        meta = other;
      }
      pages = channel.size() / pageSize;
      entries = meta.getLong(HEADER + 72 + 32);
      root = meta.getLong(HEADER + 72 + 40);
      if (entries < 0 || entries > pages * pageSize) {
        throw damaged("it claims " + entries + " entries");
      }
      opened = true;
    } finally {
      if (!opened) {
        channel.close();
      }
    }
  }

  private ByteBuffer meta(long offset) throws IOException {
    ByteBuffer meta = read(offset, META_BYTES);
    if (meta.getInt(HEADER) != MAGIC || meta.getInt(HEADER + 4) != 1) {
      throw new DatasetException(file, "not an LMDB file of version 1");
    }
    return meta;
  }

  /** Entries that the file claims to have. */
  long entries() {
    return entries;
  }

  /** A cursor before the first entry. */
  Cursor cursor() throws IOException {
    return new Cursor();
  }

  private static final class Level {
    private final ByteBuffer page;
    private final int keys;
    private int at;

    Level(ByteBuffer page, int keys) {
      this.page = page;
      this.keys = keys;
    }
  }

  /** Goes through the entries in key order. */
  final class Cursor {
    private final Deque<Level> path = new ArrayDeque<>();
    private long visited;
    private byte[] key = new byte[0];
    private ByteBuffer leaf;
    private int node;

    private Cursor() throws IOException {
      if (entries > 0) {
        push(root);
      }
    }

    /** Moves to the next entry; false after the last. */
    boolean next() throws IOException {
      while (!path.isEmpty()) {
        Level level = path.peek();
        if (level.at == level.keys) {
          path.pop();
          continue;
        }
        int start = u16(level.page, HEADER + 2 * level.at++);
        if (start < HEADER || start > pageSize - 8) {
          throw damaged("a node lies outside its page");
        }
        if ((u16(level.page, 10) & BRANCH) != 0) {
          push(
              u16(level.page, start)
                  | (long) u16(level.page, start + 2) << 16
                  | (long) u16(level.page, start + 4) << 32);
          continue;
        }
        int keyBytes = u16(level.page, start + 6);
        if (keyBytes > pageSize - start - 8) {
          throw damaged("a key lies outside its page");
        }
        leaf = level.page;
        node = start;
        key = new byte[keyBytes];
        leaf.get(start + 8, key);
        return true;
      }
      return false;
    }

    private void push(long number) throws IOException {
      if (path.size() >= MAX_DEPTH || ++visited > pages) {
        throw damaged("its pages form a circle");
      }
      ByteBuffer page = page(number, pageSize);
      int flags = u16(page, 10);
      int lower = u16(page, 12);
      if ((flags & (BRANCH | LEAF)) == 0 || (flags & 0x60) != 0) {
        throw damaged("a page of kind " + flags + " where data are");
      }
      if (lower < HEADER || lower > pageSize) {
        throw damaged("a page with a damaged header");
      }
      path.push(new Level(page, (lower - HEADER) / 2));
    }

    /** The present entry's key. */
    byte[] key() {
      return key.clone();
    }

    /** Bytes of the present entry's value. */
    long length() {
      return u16(leaf, node) | (long) u16(leaf, node + 2) << 16;
    }

    /** The present entry's value; more than {@code limit} bytes are refused. */
    byte[] value(int limit) throws IOException {
      long length = length();
      int flags = u16(leaf, node + 4);
      if ((flags & ~BIG_DATA) != 0) {
        throw new DatasetException(file, "sub-databases and duplicate keys are not read");
      }
      if (length > limit) {
        throw new DatasetException(file, "a value of " + length + " bytes; at most " + limit);
      }
      byte[] value = new byte[(int) length];
      int start = node + 8 + key.length;
      if ((flags & BIG_DATA) != 0) {
        if (start > pageSize - 8) {
          throw damaged("a value lies outside its page");
        }
        ByteBuffer overflow = page(leaf.getLong(start), HEADER + (int) length);
        if ((u16(overflow, 10) & OVERFLOW) == 0) {
          throw damaged("a value does not begin where its node says");
        }
        overflow.get(HEADER, value);
      } else {
        if (length > pageSize - start) {
          throw damaged("a value lies outside its page");
        }
        leaf.get(start, value);
      }
      return value;
    }
  }

  private ByteBuffer page(long number, int bytes) throws IOException {
    if (number < 2 || number >= pages) {
      throw damaged("page " + number + " of " + pages);
    }
    ByteBuffer page = read(number * pageSize, bytes);
    if (page.getLong(0) != number) {
      throw damaged("page " + number + " calls itself " + page.getLong(0));
    }
    return page;
  }

  private ByteBuffer read(long offset, int bytes) throws IOException {
    if (offset > channel.size() - bytes) {
      throw damaged("it ends too early");
    }
    ByteBuffer buffer = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    while (buffer.hasRemaining()) {
      if (channel.read(buffer, offset + buffer.position()) < 0) {
        throw damaged("it ends too early");
      }
    }
    return buffer.flip().order(ByteOrder.LITTLE_ENDIAN);
  }

  private static int u16(ByteBuffer buffer, int at) {
    return Short.toUnsignedInt(buffer.getShort(at));
  }

  private DatasetException damaged(String why) {
    return new DatasetException(file, "a damaged LMDB file (" + why + ")");
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}

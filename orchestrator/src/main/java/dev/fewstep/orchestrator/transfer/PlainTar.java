package dev.fewstep.orchestrator.transfer;

import static java.util.Objects.requireNonNull;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Optional;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarConstants;

/**
 * The plain files of a tar, one after the other. Everything else that a tar may hold (links,
 * directories, headers that go on in further blocks, holes) is refused at its header, so that no
 * name or size is longer than a header and nothing is more than it takes in the file.
 */
final class PlainTar {
  private static final int BLOCK = 512;

  private final InputStream in;
  private String name = "";
  private long left;
  private int padding;

  PlainTar(InputStream in) {
    this.in = requireNonNull(in, "in");
  }

  /**
   * Goes on to the next file.
   *
   * @return its size; empty after the last
   * @throws PackageException when what comes is no plain file
   */
  Optional<Long> next() throws IOException {
    in.skipNBytes(left + padding);
    byte[] block = in.readNBytes(BLOCK);
    if (block.length < BLOCK) {
      throw new PackageException("it ends in the middle");
    }
    if (zero(block)) {
      left = 0;
      padding = 0;
      return Optional.empty();
    }
    TarArchiveEntry header;
    try {
      header = new TarArchiveEntry(block);
    } catch (IllegalArgumentException | UncheckedIOException e) {
      throw new PackageException("it is no tar, or it is damaged", e);
    }
    if (!header.isCheckSumOK()) {
      throw new PackageException("it is no tar, or it is damaged");
    }
    name = header.getName();
    if (header.getLinkFlag() != TarConstants.LF_NORMAL
        && header.getLinkFlag() != TarConstants.LF_OLDNORM) {
      throw new PackageException("'" + shown() + "' is no plain file");
    }
    left = header.getSize();
    if (left < 0) {
      throw new PackageException("'" + shown() + "' has no size");
    }
    padding = (int) ((BLOCK - left % BLOCK) % BLOCK);
    return Optional.of(left);
  }

  /** The present file's name. */
  String name() {
    return name;
  }

  /** The name for messages. */
  String shown() {
    String plain = name.replaceAll("[^\\x20-\\x7e]", "?");
    return plain.length() > 100 ? plain.substring(0, 100) + "…" : plain;
  }

  /** The present file's bytes; closing it does nothing. */
  InputStream content() {
    return new InputStream() {
      @Override
      public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
      }

      @Override
      public int read(byte[] bytes, int offset, int length) throws IOException {
        if (left == 0) {
          return -1;
        }
        int read = in.read(bytes, offset, (int) Math.min(length, left));
        if (read < 0) {
          throw new EOFException("it ends in the middle");
        }
        left -= read;
        return read;
      }
    };
  }

  private static boolean zero(byte[] block) {
    for (byte one : block) {
      if (one != 0) {
        return false;
      }
    }
    return true;
  }
}

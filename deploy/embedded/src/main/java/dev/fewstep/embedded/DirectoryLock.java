package dev.fewstep.embedded;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The exclusive right to a data directory: an operating system lock on its file {@code lock}, which
 * ends with the process however that ends. The file's text is the holder's process id. The locked
 * byte lies far beyond the text, so that the text can be read where locks are mandatory.
 */
final class DirectoryLock implements AutoCloseable {
  private static final String FILE = "lock";
  private static final long LOCKED_BYTE = 1L << 40;

  /**
   * Directories locked by this JVM. A second attempt must not even open the file: on POSIX, closing
   * any descriptor of a file ends every lock that the process holds on it.
   */
  private static final Set<Path> HELD = new HashSet<>();

  private final Path directory;
  private final FileChannel channel;
  private final AtomicBoolean closed = new AtomicBoolean();

  private DirectoryLock(Path directory, FileChannel channel) {
    this.directory = directory;
    this.channel = channel;
  }

  /**
   * @param directory an existing directory
   * @throws EmbeddedException if another process, or this one, holds it already
   */
  static DirectoryLock acquire(Path directory) {
    Path real;
    try {
      real = directory.toRealPath();
    } catch (IOException e) {
      throw new EmbeddedException("The data directory " + directory + " cannot be read.", e);
    }
    synchronized (HELD) {
      if (HELD.contains(real)) {
        throw held(real, Long.toString(ProcessHandle.current().pid()));
      }
      DirectoryLock lock = new DirectoryLock(real, open(real));
      HELD.add(real);
      return lock;
    }
  }

  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    synchronized (HELD) {
      HELD.remove(directory);
      try {
        channel.truncate(0);
        channel.close();
      } catch (IOException e) {
        throw new EmbeddedException(
            "The lock of the data directory " + directory + " could not be released.", e);
      }
    }
  }

  private static FileChannel open(Path directory) {
    Path file = directory.resolve(FILE);
    FileChannel channel = null;
    boolean locked = false;
    try {
      channel =
          FileChannel.open(
              file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
      FileLock lock = channel.tryLock(LOCKED_BYTE, 1, false);
      if (lock == null) {
        throw held(directory, holder(channel));
      }
      channel.truncate(0);
      byte[] pid = Long.toString(ProcessHandle.current().pid()).getBytes(StandardCharsets.UTF_8);
      channel.write(ByteBuffer.wrap(pid), 0);
      locked = true;
      return channel;
    } catch (IOException e) {
      throw new EmbeddedException("The data directory " + directory + " cannot be locked.", e);
    } finally {
      if (!locked) {
        closeQuietly(channel);
      }
    }
  }

  private static String holder(FileChannel channel) throws IOException {
    ByteBuffer text = ByteBuffer.allocate(32);
    int read = channel.read(text, 0);
    String pid = new String(text.array(), 0, Math.max(read, 0), StandardCharsets.UTF_8).strip();
    return pid.isEmpty() ? "unknown" : pid;
  }

  private static EmbeddedException held(Path directory, String pid) {
    return new EmbeddedException(
        "The data directory "
            + directory
            + " is in use by the process "
            + pid
            + ": stop it or choose another directory.");
  }

  private static void closeQuietly(FileChannel channel) {
    if (channel == null) {
      return;
    }
    try {
      channel.close();
    } catch (IOException e) {
      throw new EmbeddedException("A lock file could not be closed.", e);
    }
  }
}

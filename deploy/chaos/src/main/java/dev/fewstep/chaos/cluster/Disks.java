package dev.fewstep.chaos.cluster;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Small disks of their own, so that one can be filled: file systems in memory, where allowed. */
final class Disks implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Disks.class);
  private static final String BALLAST = "ballast";

  private final List<Path> mounted = new ArrayList<>();

  /** Mounts a disk; returns whether that was possible. */
  boolean mount(Path directory, int megabytes) {
    try {
      Files.createDirectories(directory);
      boolean done =
          run("mount", "-t", "tmpfs", "-o", "size=" + megabytes + "m", "tmpfs", "" + directory);
      if (done) {
        mounted.add(directory);
      }
      return done;
    } catch (IOException e) {
      LOG.warn("No disk can be mounted at {}: {}", directory, e.toString());
      return false;
    }
  }

  /** Leaves no room on the disk that a directory lies on. */
  static void fill(Path directory) {
    byte[] block = new byte[1 << 16];
    try (OutputStream out = Files.newOutputStream(directory.resolve(BALLAST))) {
      while (true) {
        out.write(block);
      }
    } catch (IOException full) {
      LOG.debug("{} is full", directory, full);
    }
  }

  /** Gives the room back. */
  static void clear(Path directory) {
    try {
      Files.deleteIfExists(directory.resolve(BALLAST));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static boolean run(String... command) throws IOException {
    try {
      return new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start()
              .waitFor()
          == 0;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  @Override
  public void close() {
    for (Path directory : mounted) {
      try {
        if (!run("umount", "-l", directory.toString())) {
          LOG.warn("{} could not be unmounted", directory);
        }
      } catch (IOException e) {
        LOG.warn("{} could not be unmounted", directory, e);
      }
    }
  }
}

package dev.fewstep.orchestrator.care;

import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;

/** Judges the room on the disk of a directory. */
public final class Disks {
  private static final long LEAST = 512L << 20;

  /** What a directory is needed for. */
  public enum Use {
    /** An embedded broker and store write there. */
    BROKER(5L << 30, "Kafka stops"),
    /** Files pass through: uploads, archives, exports. */
    PASSAGE(1L << 30, "uploads and exports fail");

    private final long little;
    private final String otherwise;

    Use(long little, String otherwise) {
      this.little = little;
      this.otherwise = otherwise;
    }
  }

  private Disks() {}

  /** What is to be said of the disk that a directory is on. */
  public static Finding finding(String check, Path directory, Use use) {
    try {
      FileStore disk = Files.getFileStore(directory);
      return judge(check, directory, use, disk.getUsableSpace(), disk.getTotalSpace());
    } catch (IOException e) {
      return Finding.warn(
          check,
          directory.toString(),
          "its room cannot be told: " + e.getMessage(),
          "a readable directory",
          "check the path and your rights");
    }
  }

  static Finding judge(String check, Path directory, Use use, long free, long total) {
    String found = (free >> 20) + " MB free of " + (total >> 20) + " MB";
    String fix = "make room on the disk of " + directory + "; 'fewstep gc' frees old artifacts";
    if (free < LEAST) {
      return Finding.error(
          check, directory.toString(), found, (LEAST >> 20) + " MB, or " + use.otherwise, fix);
    }
    return free < use.little
        ? Finding.warn(check, directory.toString(), found, (use.little >> 20) + " MB", fix)
        : Finding.ok(check, directory.toString(), found);
  }
}

package dev.fewstep.orchestrator.care;

import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;

/** Judges the room on the disk of a directory. */
public final class Disks {
  private static final long LEAST = 512L << 20;
  private static final long LITTLE = 5L << 30;

  private Disks() {}

  /** What is to be said of the disk that a directory is on. */
  public static Finding finding(String check, Path directory) {
    try {
      FileStore disk = Files.getFileStore(directory);
      return judge(check, directory, disk.getUsableSpace(), disk.getTotalSpace());
    } catch (IOException e) {
      return Finding.warn(
          check,
          directory.toString(),
          "its room cannot be told: " + e.getMessage(),
          "a readable directory",
          "check the path and your rights");
    }
  }

  static Finding judge(String check, Path directory, long free, long total) {
    String found = (free >> 20) + " MB free of " + (total >> 20) + " MB";
    String fix = "make room on the disk of " + directory + "; 'fewstep gc' frees old artifacts";
    if (free < LEAST) {
      return Finding.error(
          check, directory.toString(), found, (LEAST >> 20) + " MB, or Kafka stops", fix);
    }
    return free < LITTLE
        ? Finding.warn(check, directory.toString(), found, (LITTLE >> 20) + " MB", fix)
        : Finding.ok(check, directory.toString(), found);
  }
}

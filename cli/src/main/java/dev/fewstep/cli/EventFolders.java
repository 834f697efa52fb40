package dev.fewstep.cli;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;

/** Unpacks event files that a server sent; nothing is written outside the folder. */
final class EventFolders {
  private EventFolders() {}

  /** Unpacks them over those that are there, and returns their bytes. */
  static long unpack(Path archive, Path folder) throws IOException {
    long bytes = 0;
    Path root = folder.toAbsolutePath().normalize();
    Files.createDirectories(root);
    try (TarArchiveInputStream tar =
        new TarArchiveInputStream(new BufferedInputStream(Files.newInputStream(archive)))) {
      for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
        Path file = root.resolve(entry.getName()).normalize();
        if (!file.startsWith(root) || !entry.isFile() || entry.isLink() || entry.isSymbolicLink()) {
          throw CliException.failed(
              "the server sent '" + entry.getName() + "', which has no place");
        }
        Files.createDirectories(file.getParent());
        bytes += Files.copy(tar, file, StandardCopyOption.REPLACE_EXISTING);
      }
    }
    return bytes;
  }
}

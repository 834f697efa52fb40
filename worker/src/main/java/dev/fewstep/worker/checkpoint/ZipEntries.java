package dev.fewstep.worker.checkpoint;

import java.nio.file.Path;
import java.util.Enumeration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/** The entries of a zip that may be hostile. */
final class ZipEntries {
  private static final int MAX_ENTRIES = 200_000;
  private static final int MAX_NAME = 1024;
  private static final int SHOWN = 60;

  private ZipEntries() {}

  /**
   * The entries by name, in the order of the archive.
   *
   * @throws TensorFormatException when a name occurs twice, leads out of the archive or is no plain
   *     text, or there are more than 200,000
   */
  static Map<String, ZipEntry> of(Path file, ZipFile zip) throws TensorFormatException {
    if (zip.size() > MAX_ENTRIES) {
      throw new TensorFormatException(file, "a zip of " + zip.size() + " entries");
    }
    Map<String, ZipEntry> entries = new LinkedHashMap<>();
    Enumeration<? extends ZipEntry> all = zip.entries();
    while (all.hasMoreElements()) {
      ZipEntry entry = all.nextElement();
      String name = entry.getName();
      if (!plain(name)) {
        throw new TensorFormatException(
            file, "the zip entry " + quoted(name) + " is no plain path inside the archive");
      }
      if (entries.put(name, entry) != null) {
        throw new TensorFormatException(file, "the zip has two entries " + quoted(name));
      }
    }
    return entries;
  }

  private static boolean plain(String name) {
    return !name.isEmpty()
        && name.length() <= MAX_NAME
        && !name.startsWith("/")
        && name.indexOf('\\') < 0
        && !name.matches("^[A-Za-z]:.*")
        && name.chars().noneMatch(Character::isISOControl)
        && !("/" + name + "/").contains("/../");
  }

  /** A name from the file for a message: short, and without characters that move a cursor. */
  static String quoted(String name) {
    String shown = name.length() > SHOWN ? name.substring(0, SHOWN) + "…" : name;
    return "'" + shown.replaceAll("\\p{Cntrl}", "?") + "'";
  }
}

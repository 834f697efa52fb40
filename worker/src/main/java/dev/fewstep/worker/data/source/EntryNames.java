package dev.fewstep.worker.data.source;

import dev.fewstep.worker.data.DatasetException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** Names of files in folders and archives: which are images, and which class their folder says. */
final class EntryNames {
  /** More images are refused; the names of so many take about a gigabyte. */
  static final int MAX_IMAGES = 10_000_000;

  /** The longest encoded image that is read. */
  static final int MAX_ENCODED = 64 << 20;

  private static final Set<String> IMAGES = Set.of("png", "jpg", "jpeg", "webp");
  private static final Set<String> ARCHIVES = Set.of("zip", "tar", "tgz", "gz", "7z", "rar", "bz2");
  private static final int MAX_SHOWN = 200;

  private EntryNames() {}

  /** Whether the name is that of an image that counts; hidden files do not. */
  static boolean isImage(String name) {
    return IMAGES.contains(suffix(name)) && visible(name);
  }

  /** Whether the name is that of an archive. */
  static boolean isArchive(String name) {
    return ARCHIVES.contains(suffix(name)) && visible(name);
  }

  private static boolean visible(String name) {
    return !base(name).startsWith(".") && !name.startsWith("__MACOSX/");
  }

  static String suffix(String name) {
    return name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
  }

  /** The last part of a path. */
  static String base(String name) {
    return name.substring(name.lastIndexOf('/') + 1);
  }

  /** The folder of an entry, without slash at the end; empty at the top. */
  static String parent(String name) {
    int slash = name.lastIndexOf('/');
    return slash < 0 ? "" : name.substring(0, slash);
  }

  /** An archive's entry, for messages: nothing in it can move a terminal's cursor. */
  static String shown(Path archive, String entry) {
    String safe = entry.replaceAll("\\p{Cntrl}", "?");
    String cut = safe.length() > MAX_SHOWN ? safe.substring(0, MAX_SHOWN) + "…" : safe;
    return archive + "!" + cut;
  }

  /**
   * Refuses a name that leaves its folder. Nothing is ever unpacked, so that such a name does no
   * harm here; but an archive with one was made to do harm.
   */
  static void check(Path archive, String name) throws DatasetException {
    String plain = name.replace('\\', '/');
    if (plain.startsWith("/")
        || plain.indexOf('\0') >= 0
        || List.of(plain.split("/", -1)).contains("..")) {
      throw new DatasetException(shown(archive, name), "its name leads out of the archive");
    }
  }

  /**
   * Classes by folder, as torchvision's ImageFolder: the first level of folders at which names
   * differ, in alphabetical order. None when images lie at that level too, or in one folder only.
   *
   * @param parents folders that hold images
   * @return label by folder; empty when folders say no class
   */
  static Map<String, Integer> labels(Collection<String> parents) {
    List<String> left = new ArrayList<>(new TreeSet<>(parents));
    int depth = 0;
    while (true) {
      Set<String> names = new TreeSet<>();
      for (String parent : left) {
        String[] parts = parent.isEmpty() ? new String[0] : parent.split("/", -1);
        if (parts.length <= depth) {
          return Map.of();
        }
        names.add(parts[depth]);
      }
      if (names.size() > 1) {
        List<String> order = List.copyOf(names);
        Map<String, Integer> byName = new TreeMap<>();
        order.forEach(name -> byName.put(name, byName.size()));
        Map<String, Integer> labels = new TreeMap<>();
        for (String parent : left) {
          labels.put(parent, byName.get(parent.split("/", -1)[depth]));
        }
        return labels;
      }
      depth++;
    }
  }

  /** Names of the classes that {@link #labels} numbers. */
  static List<String> classes(Map<String, Integer> labels) {
    Map<Integer, String> first = new TreeMap<>();
    labels.forEach((parent, label) -> first.putIfAbsent(label, parent));
    if (first.isEmpty()) {
      return List.of();
    }
    // The level is the first at which two folders of different classes differ.
    String[] a = first.get(0).split("/", -1);
    String[] b = first.get(1).split("/", -1);
    int depth = 0;
    while (a[depth].equals(b[depth])) {
      depth++;
    }
    int level = depth;
    return first.values().stream().map(parent -> parent.split("/", -1)[level]).toList();
  }

  /** Refuses a source without images, in words that fit what it holds. */
  static DatasetException none(Path source, boolean archives) {
    return new DatasetException(
        source,
        archives
            ? "it holds archives and no image; unpack it first"
            : "no .png, .jpg, .jpeg or .webp file in it");
  }

  /** Refuses a source of too many images. */
  static void checkCount(Path source, long count) throws DatasetException {
    if (count > MAX_IMAGES) {
      throw new DatasetException(source, "more than " + MAX_IMAGES + " images");
    }
  }
}

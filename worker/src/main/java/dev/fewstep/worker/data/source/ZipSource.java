package dev.fewstep.worker.data.source;

import dev.fewstep.worker.data.DatasetException;
import dev.fewstep.worker.data.ZipDirectory;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/** Image files in a zip, in the order of their names. */
final class ZipSource implements ImageSource {
  private final Path file;
  private final ZipFile zip;
  private final List<String> names = new ArrayList<>();
  private final Map<String, Integer> labels;
  private int at;

  /** Lists the archive; {@code wanted} says which entries count. */
  ZipSource(Path file, Predicate<String> wanted) throws IOException {
    this.file = file;
    try (FileChannel channel = FileChannel.open(file)) {
      new ZipDirectory(file, channel); // Refuses a directory that would not fit into memory.
    }
    Set<String> parents = new HashSet<>();
    boolean archives = false;
    ZipFile opened = null;
    try {
      opened = new ZipFile(file.toFile());
      Iterator<? extends ZipEntry> entries = opened.entries().asIterator();
      while (entries.hasNext()) {
        String name = entries.next().getName();
        EntryNames.check(file, name);
        archives |= EntryNames.isArchive(name);
        if (EntryNames.isImage(name) && wanted.test(name)) {
          names.add(name);
          parents.add(EntryNames.parent(name));
          EntryNames.checkCount(file, names.size());
        }
      }
      if (names.isEmpty()) {
        throw EntryNames.none(file, archives);
      }
    } catch (DatasetException e) {
      closeQuietly(opened);
      throw e;
    } catch (IOException | IllegalArgumentException e) {
      closeQuietly(opened);
      throw new DatasetException(file, "not a readable zip (" + e.getMessage() + ")", e);
    }
    zip = opened;
    Collections.sort(names);
    labels = EntryNames.labels(parents);
  }

  private static void closeQuietly(ZipFile zip) throws IOException {
    if (zip != null) {
      zip.close();
    }
  }

  @Override
  public String kind() {
    return "zip";
  }

  @Override
  public int count() {
    return names.size();
  }

  @Override
  public boolean labelled() {
    return !labels.isEmpty();
  }

  @Override
  public List<String> classes() {
    return EntryNames.classes(labels);
  }

  @Override
  public Optional<SourceImage> next() throws IOException {
    if (at == names.size()) {
      return Optional.empty();
    }
    String name = names.get(at++);
    String shown = EntryNames.shown(file, name);
    try (InputStream in = zip.getInputStream(zip.getEntry(name))) {
      int label = labels.getOrDefault(EntryNames.parent(name), -1);
      return Optional.of(SourceImage.read(shown, label, in));
    } catch (DatasetException e) {
      throw e;
    } catch (IOException e) {
      throw new DatasetException(shown, "it cannot be unpacked (" + e.getMessage() + ")", e);
    }
  }

  @Override
  public void close() throws IOException {
    zip.close();
  }
}

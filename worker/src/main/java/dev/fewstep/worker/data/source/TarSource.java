package dev.fewstep.worker.data.source;

import dev.fewstep.worker.data.DatasetException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Image files in tar archives, in the order of the archives. Where each image is followed or
 * preceded by a {@code .cls} file of the same name (webdataset), that is its class; else folders
 * say it. An archive is read twice: once to count.
 */
final class TarSource implements ImageSource {
  private static final int MAX_CLASS_TEXT = 1 << 10;

  private final List<Path> archives;
  private final Predicate<String> wanted;
  private final Map<String, Integer> labels;
  private final boolean classFiles;
  private final int count;
  private final TarFiles files;
  private boolean ended;
  private Optional<Sample> open = Optional.empty();

  /** Files of the same name but for the suffix. */
  private static final class Sample {
    private final String key;
    private String name = "";
    private byte[] image;
    private int label = -1;

    Sample(String key) {
      this.key = key;
    }
  }

  /** Counts the images; {@code wanted} says which entries count. */
  TarSource(List<Path> archives, Predicate<String> wanted) throws IOException {
    this.archives = archives;
    this.wanted = wanted;
    Set<String> parents = new HashSet<>();
    long images = 0;
    long classes = 0;
    boolean inner = false;
    try (TarFiles first = new TarFiles(archives)) {
      for (Optional<String> name = first.next(); name.isPresent(); name = first.next()) {
        inner |= EntryNames.isArchive(name.get());
        if (isImage(name.get())) {
          images++;
          parents.add(EntryNames.parent(name.get()));
          EntryNames.checkCount(archives.get(0), images);
        } else if (name.get().endsWith(".cls")) {
          classes++;
        }
      }
    }
    if (images == 0) {
      throw EntryNames.none(archives.get(0), inner);
    }
    count = (int) images;
    classFiles = classes == images;
    labels = classFiles ? Map.of() : EntryNames.labels(parents);
    files = new TarFiles(archives);
  }

  private boolean isImage(String name) {
    return EntryNames.isImage(name) && wanted.test(name);
  }

  @Override
  public String kind() {
    return archives.size() > 1 ? "tar shards" : "tar";
  }

  @Override
  public int count() {
    return count;
  }

  @Override
  public boolean labelled() {
    return classFiles || !labels.isEmpty();
  }

  @Override
  public List<String> classes() {
    return EntryNames.classes(labels);
  }

  @Override
  public Optional<SourceImage> next() throws IOException {
    while (!ended) {
      Optional<String> name = files.next();
      ended = name.isEmpty();
      Optional<SourceImage> complete = Optional.empty();
      if (name.isPresent() && isImage(name.get()) && !classFiles) {
        int label = labels.getOrDefault(EntryNames.parent(name.get()), -1);
        byte[] bytes = files.read(EntryNames.MAX_ENCODED);
        return Optional.of(SourceImage.encoded(files.shown(), label, bytes));
      }
      if (classFiles) {
        complete = sample(name);
      }
      if (complete.isPresent()) {
        return complete;
      }
    }
    return Optional.empty();
  }

  /** Adds a file to the open sample; answers the sample before it, when that is complete. */
  private Optional<SourceImage> sample(Optional<String> name) throws IOException {
    Optional<SourceImage> complete = Optional.empty();
    String key = name.map(TarSource::key).orElse("");
    if (open.isPresent() && (name.isEmpty() || !open.get().key.equals(key))) {
      Sample sample = open.get();
      if (sample.image != null) {
        if (sample.label < 0) {
          throw new DatasetException(sample.name, "its .cls file is not beside it");
        }
        complete = Optional.of(SourceImage.encoded(sample.name, sample.label, sample.image));
      }
      open = Optional.empty();
    }
    if (name.isEmpty()) {
      return complete;
    }
    Sample sample = open.orElseGet(() -> new Sample(key));
    open = Optional.of(sample);
    if (isImage(name.get())) {
      if (sample.image != null) {
        throw new DatasetException(files.shown(), "a second image of the same sample");
      }
      sample.name = files.shown();
      sample.image = files.read(EntryNames.MAX_ENCODED);
    } else if (name.get().endsWith(".cls")) {
      String text = new String(files.read(MAX_CLASS_TEXT), StandardCharsets.US_ASCII).strip();
      if (!text.matches("[0-9]{1,9}")) {
        throw new DatasetException(files.shown(), "a class must be a number");
      }
      sample.label = Integer.parseInt(text);
    }
    return complete;
  }

  /** webdataset's key: the path up to the first dot of the file's name. */
  private static String key(String name) {
    int slash = name.lastIndexOf('/');
    int dot = name.indexOf('.', slash + 1);
    return dot < 0 ? name : name.substring(0, dot);
  }

  @Override
  public void close() throws IOException {
    files.close();
  }
}

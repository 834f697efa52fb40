package dev.fewstep.worker.data.source;

import dev.fewstep.worker.data.DatasetException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/** Image files below a folder, in the order of their path names. */
final class FolderSource implements ImageSource {
  private final Path folder;
  private final List<String> names;
  private final Map<String, Integer> labels;
  private int at;

  /**
   * Lists the folder.
   *
   * @param wanted which files count, by path name below the folder
   */
  FolderSource(Path folder, Predicate<String> wanted) throws IOException {
    this.folder = folder;
    List<String> found = new ArrayList<>();
    Set<String> parents = new HashSet<>();
    boolean[] archives = new boolean[1];
    // The folder itself may be a link; links inside it are not followed.
    Files.walkFileTree(
        folder.toRealPath(),
        new SimpleFileVisitor<>() {
          private final Path root = folder.toRealPath();

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            String name = root.relativize(file).toString().replace('\\', '/');
            archives[0] |= EntryNames.isArchive(name);
            if (EntryNames.isImage(name) && wanted.test(name)) {
              if (!attributes.isRegularFile()) {
                throw new DatasetException(
                    file, "a link or special file; a dataset's folder holds its files themselves");
              }
              found.add(name);
              parents.add(EntryNames.parent(name));
              EntryNames.checkCount(folder, found.size());
            }
            return FileVisitResult.CONTINUE;
          }
        });
    if (found.isEmpty()) {
      throw EntryNames.none(folder, archives[0]);
    }
    Collections.sort(found);
    names = found;
    labels = EntryNames.labels(parents);
  }

  @Override
  public String kind() {
    return "folder";
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
    Path file = folder.resolve(name);
    if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
      throw new DatasetException(file, "it is gone, or no longer a file");
    }
    try (InputStream in = Files.newInputStream(file)) {
      int label = labels.getOrDefault(EntryNames.parent(name), -1);
      return Optional.of(SourceImage.read(file.toString(), label, in));
    }
  }

  @Override
  public void close() {}
}

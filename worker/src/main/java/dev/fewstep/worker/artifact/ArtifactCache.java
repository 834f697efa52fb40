package dev.fewstep.worker.artifact;

import static dev.fewstep.schemas.spec.Checks.require;
import static java.util.Objects.requireNonNull;

import dev.fewstep.schemas.Artifact;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongConsumer;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Local copies of artifacts, named by digest, in one directory that belongs to this cache. The
 * least recently used files make room; a file in use is never removed, so that the bound can be
 * passed while the files in use alone need more. Safe for use by several threads.
 */
public final class ArtifactCache {
  private static final Logger LOG = LoggerFactory.getLogger(ArtifactCache.class);

  private final Path directory;
  private final long maxBytes;
  private final ArtifactStore store;
  private final Clock clock;
  private final LongConsumer fetchedBytes;
  private final Map<String, Integer> uses = new HashMap<>();
  private final Set<String> verified = new HashSet<>();

  /**
   * Opens a cache and removes what an earlier process left half-written.
   *
   * @param directory made when absent; files in it that are no digests are left alone
   * @param maxBytes bound on the files' sizes together, positive
   * @param store where files come from
   * @param clock tells which file was used last
   * @param fetchedBytes told the size of every file that was fetched
   * @throws IOException when the directory cannot be used
   */
  public ArtifactCache(
      Path directory, long maxBytes, ArtifactStore store, Clock clock, LongConsumer fetchedBytes)
      throws IOException {
    require(maxBytes > 0, "the cache's bound must be positive, not %s bytes", maxBytes);
    this.directory = requireNonNull(directory, "directory");
    this.maxBytes = maxBytes;
    this.store = requireNonNull(store, "store");
    this.clock = requireNonNull(clock, "clock");
    this.fetchedBytes = requireNonNull(fetchedBytes, "fetchedBytes");
    Files.createDirectories(directory);
    try (Stream<Path> files = Files.list(directory)) {
      for (Path file : files.filter(f -> f.toString().endsWith(VerifiedFiles.PARTIAL)).toList()) {
        Files.deleteIfExists(file);
      }
    }
  }

  /** A local file that stays until it is closed. */
  public final class CachedFile implements AutoCloseable {
    private final String digest;
    private boolean open = true;

    private CachedFile(String digest) {
      this.digest = digest;
    }

    /** The file; only to be read. */
    public Path path() {
      return directory.resolve(digest);
    }

    /** Gives the file free to be removed. */
    @Override
    public void close() {
      if (open) {
        open = false;
        release(digest);
      }
    }
  }

  /**
   * The artifact as a local file whose digest was checked by this process.
   *
   * @throws StoreException when the store cannot serve it
   * @throws IOException when the local disk fails
   */
  public synchronized CachedFile open(Artifact artifact) throws IOException {
    String digest = artifact.sha256();
    Path file = directory.resolve(digest);
    if (!isWhole(file, artifact)) {
      Files.deleteIfExists(file);
      verified.remove(digest);
      makeRoom(artifact.bytes());
      store.get(artifact, file);
      fetchedBytes.accept(artifact.bytes());
    }
    verified.add(digest);
    Files.setLastModifiedTime(file, FileTime.from(clock.instant()));
    uses.merge(digest, 1, Integer::sum);
    return new CachedFile(digest);
  }

  private boolean isWhole(Path file, Artifact artifact) throws IOException {
    try {
      if (Files.size(file) != artifact.bytes()) {
        return false;
      }
    } catch (NoSuchFileException e) {
      return false;
    }
    boolean whole =
        verified.contains(artifact.sha256())
            || VerifiedFiles.digest(file).equals(artifact.sha256());
    if (!whole) {
      LOG.warn("The cached file {} is damaged and is fetched again", file);
    }
    return whole;
  }

  private synchronized void release(String digest) {
    uses.computeIfPresent(digest, (key, count) -> count == 1 ? null : count - 1);
  }

  private record Entry(Path file, long bytes, FileTime used) {}

  private void makeRoom(long bytes) throws IOException {
    List<Entry> entries = new ArrayList<>();
    try (Stream<Path> files = Files.list(directory)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        entries.add(new Entry(file, Files.size(file), Files.getLastModifiedTime(file)));
      }
    }
    long total = bytes;
    for (Entry entry : entries) {
      total += entry.bytes();
    }
    entries.sort(Comparator.comparing(Entry::used));
    for (Entry entry : entries) {
      String name = String.valueOf(entry.file().getFileName());
      if (total <= maxBytes) {
        return;
      }
      if (name.matches("[0-9a-f]{64}") && !uses.containsKey(name)) {
        Files.deleteIfExists(entry.file());
        verified.remove(name);
        total -= entry.bytes();
      }
    }
  }
}

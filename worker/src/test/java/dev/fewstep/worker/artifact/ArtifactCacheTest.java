package dev.fewstep.worker.artifact;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fewstep.schemas.Artifact;
import dev.fewstep.schemas.ArtifactKind;
import dev.fewstep.worker.artifact.ArtifactCache.CachedFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ArtifactCacheTest {
  @TempDir Path root;
  private final AtomicLong fetched = new AtomicLong();
  private Instant now = Instant.parse("2026-01-01T00:00:00Z");
  private DirectoryArtifactStore store;
  private Path directory;

  @BeforeEach
  void open() {
    store = new DirectoryArtifactStore(root.resolve("store"));
    directory = root.resolve("cache");
  }

  private ArtifactCache cache(long maxBytes) throws IOException {
    return new ArtifactCache(directory, maxBytes, store, clock(), fetched::addAndGet);
  }

  private Clock clock() {
    return new Clock() {
      @Override
      public ZoneOffset getZone() {
        return ZoneOffset.UTC;
      }

      @Override
      public Clock withZone(java.time.ZoneId zone) {
        return this;
      }

      @Override
      public Instant instant() {
        now = now.plus(Duration.ofSeconds(1));
        return now;
      }
    };
  }

  private Artifact put(int fill, int bytes) throws IOException {
    byte[] content = new byte[bytes];
    Arrays.fill(content, (byte) fill);
    Path file = Files.write(root.resolve("in"), content);
    return store.put(ArtifactKind.WEIGHTS, "f" + fill, file);
  }

  @Test
  void fetchesOnce() throws IOException {
    ArtifactCache cache = cache(1000);
    Artifact a = put(1, 100);
    try (CachedFile first = cache.open(a);
        CachedFile second = cache.open(a)) {
      assertThat(first.path()).isEqualTo(second.path()).hasSize(100);
    }
    assertThat(fetched).hasValue(100);
    try (CachedFile again = cache(1000).open(a)) {
      assertThat(again.path()).hasSize(100);
    }
    assertThat(fetched).hasValue(100);
  }

  @Test
  void removesTheLeastRecentlyUsed() throws IOException {
    ArtifactCache cache = cache(250);
    Artifact a = put(1, 100);
    Artifact b = put(2, 100);
    Artifact c = put(3, 100);
    cache.open(a).close();
    cache.open(b).close();
    cache.open(a).close();
    cache.open(c).close();
    assertThat(directory.resolve(b.sha256())).doesNotExist();
    assertThat(directory.resolve(a.sha256())).exists();
    assertThat(directory.resolve(c.sha256())).exists();
  }

  @Test
  void keepsFilesInUseEvenPastTheBound() throws IOException {
    ArtifactCache cache = cache(150);
    Artifact a = put(1, 100);
    Artifact b = put(2, 100);
    try (CachedFile one = cache.open(a);
        CachedFile two = cache.open(b)) {
      assertThat(one.path()).exists();
      assertThat(two.path()).exists();
    }
    cache.open(put(3, 100)).close();
    assertThat(directory.resolve(a.sha256())).doesNotExist();
    assertThat(directory.resolve(b.sha256())).doesNotExist();
  }

  @Test
  void fetchesAgainWhatTheDiskDamaged() throws IOException {
    Artifact a = put(1, 100);
    cache(1000).open(a).close();
    Files.write(directory.resolve(a.sha256()), new byte[100]);
    try (CachedFile file = cache(1000).open(a)) {
      assertThat(VerifiedFiles.digest(file.path())).isEqualTo(a.sha256());
    }
  }

  @Test
  void removesHalfWrittenFilesAtTheStart() throws IOException {
    Files.createDirectories(directory);
    Path left = Files.write(directory.resolve("x" + VerifiedFiles.PARTIAL), new byte[5]);
    Path foreign = Files.write(directory.resolve("notes.txt"), new byte[5]);
    cache(10);
    assertThat(left).doesNotExist();
    assertThat(foreign).exists();
  }

  @Test
  void leavesNothingWhenTheStoreHasNothing() throws IOException {
    Artifact a = put(1, 100);
    Files.delete(root.resolve("store").resolve(a.objectKey()));
    ArtifactCache cache = cache(1000);
    assertThatThrownBy(() -> cache.open(a)).isInstanceOf(StoreException.class);
    assertThat(directory).isEmptyDirectory();
  }
}

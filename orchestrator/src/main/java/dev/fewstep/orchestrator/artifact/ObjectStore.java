package dev.fewstep.orchestrator.artifact;

import static java.util.Objects.requireNonNull;

import dev.fewstep.schemas.Artifact;
import dev.fewstep.schemas.ArtifactKind;
import dev.fewstep.schemas.Digests;
import dev.fewstep.store.ObjectInfo;
import dev.fewstep.store.S3Bucket;
import dev.fewstep.store.S3Exception;
import dev.fewstep.store.S3Settings;
import dev.fewstep.store.StoreListener;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The artifacts by their digests, in MinIO or any other S3. Every call blocks. Uses only what every
 * S3 has: no tags, no versions, no policies.
 */
public final class ObjectStore implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ObjectStore.class);
  private static final Duration START_PAUSE = Duration.ofSeconds(1);

  /** What the keys of all artifacts begin with. */
  public static final String PREFIX = "sha256/";

  private final S3Bucket bucket;

  /** A store behind those settings; nothing is sent yet. */
  public ObjectStore(S3Settings settings) {
    this(settings, StoreListener.none());
  }

  /** A store of whose requests a listener hears. */
  public ObjectStore(S3Settings settings, StoreListener listener) {
    this.bucket = new S3Bucket(requireNonNull(settings, "settings"), listener);
  }

  /** The bucket itself, for those who care for all of it. */
  public S3Bucket bucket() {
    return bucket;
  }

  /**
   * Makes the bucket when there is none.
   *
   * @throws StoreUnavailableException when the store does not answer or refuses
   */
  public void makeBucket() throws StoreUnavailableException {
    ask(bucket::make);
  }

  /**
   * As {@link #makeBucket()}, again and again while the store does not answer or says that it
   * cannot serve now: it may start later than this, or be restarted beside it.
   *
   * @param patience how long; the last refusal is thrown
   * @throws StoreUnavailableException when the store refuses for another reason, or for too long
   * @throws InterruptedIOException when the thread is interrupted
   */
  public void makeBucket(Duration patience)
      throws StoreUnavailableException, InterruptedIOException {
    long deadline = System.nanoTime() + patience.toNanos();
    while (true) {
      try {
        bucket.make();
        return;
      } catch (S3Exception e) {
        if (e.reason() != S3Exception.Reason.UNAVAILABLE
            || System.nanoTime() + START_PAUSE.toNanos() > deadline) {
          throw unavailable(e);
        }
        LOG.warn("Waits for the object store: it {}", e.getMessage());
        pause();
      }
    }
  }

  private static void pause() throws InterruptedIOException {
    try {
      Thread.sleep(START_PAUSE.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while waiting for the object store");
    }
  }

  /**
   * Size in bytes of the object with that digest, empty when the store says there is none.
   *
   * @throws StoreUnavailableException when the store does not answer or refuses
   */
  public OptionalLong size(String sha256) throws StoreUnavailableException {
    Optional<ObjectInfo> found = ask(() -> bucket.stat(key(sha256)));
    return found.isPresent() ? OptionalLong.of(found.get().bytes()) : OptionalLong.empty();
  }

  /**
   * Opens the object with that digest, empty when there is none. The caller closes it.
   *
   * @throws StoreUnavailableException when the store does not answer or refuses
   */
  public Optional<S3Bucket.Content> open(String sha256) throws StoreUnavailableException {
    return ask(() -> bucket.open(key(sha256)));
  }

  /**
   * Whether an object of that digest and size is there; one that is gets young again, so that the
   * garbage collection leaves it alone until what is about to refer to it does.
   *
   * @throws StoreUnavailableException when the store does not answer or refuses
   */
  public boolean relyOn(Artifact artifact) throws StoreUnavailableException {
    Optional<ObjectInfo> found = ask(() -> bucket.stat(artifact.objectKey()));
    return found.isPresent()
        && found.get().bytes() == artifact.bytes()
        && ask(() -> bucket.freshen(found.get()));
  }

  /**
   * Stores a file under its digest, unless an object of that digest and size is there already.
   *
   * @param sha256 digest of the file, as computed while it was written
   * @throws StoreUnavailableException when the store does not answer or refuses
   * @throws IOException when the file cannot be read
   */
  public Artifact put(ArtifactKind kind, String name, Path file, String sha256) throws IOException {
    Artifact artifact = new Artifact(kind, name, Files.size(file), sha256);
    if (!relyOn(artifact)) {
      try {
        bucket.upload(artifact.objectKey(), file, Map.of("kind", kind.name()));
      } catch (S3Exception e) {
        throw unavailable(e);
      }
    }
    return artifact;
  }

  @Override
  public void close() {
    bucket.close();
  }

  @Override
  public String toString() {
    return "ObjectStore[" + bucket.settings() + "]";
  }

  /** Key of the object with that digest. */
  public static String key(String sha256) {
    Digests.requireSha256(sha256, "sha256");
    return PREFIX + sha256.substring(0, 2) + "/" + sha256;
  }

  private interface Question<T> {
    T ask() throws S3Exception;
  }

  private static <T> T ask(Question<T> question) throws StoreUnavailableException {
    try {
      return question.ask();
    } catch (S3Exception e) {
      throw unavailable(e);
    }
  }

  private static StoreUnavailableException unavailable(S3Exception e) {
    return new StoreUnavailableException("The object store " + e.getMessage(), e);
  }
}

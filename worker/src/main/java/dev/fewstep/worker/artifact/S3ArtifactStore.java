package dev.fewstep.worker.artifact;

import static java.util.Objects.requireNonNull;

import dev.fewstep.schemas.Artifact;
import dev.fewstep.schemas.ArtifactKind;
import dev.fewstep.store.ObjectInfo;
import dev.fewstep.store.S3Bucket;
import dev.fewstep.store.S3Exception;
import dev.fewstep.store.S3Settings;
import dev.fewstep.store.StoreListener;
import dev.fewstep.telemetry.Traces;
import dev.fewstep.worker.artifact.StoreException.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A store in one bucket of MinIO or any other S3. What can pass is tried again, a bounded number of
 * times; what cannot (credentials, missing objects, damaged bytes) fails at once. An object that is
 * there already is not sent again but made young again, so that no garbage collection takes it for
 * an old one that nobody needs.
 */
public final class S3ArtifactStore implements ArtifactStore {
  private static final Logger LOG = LoggerFactory.getLogger(S3ArtifactStore.class);
  private static final int ATTEMPTS = 4;
  private static final Duration FIRST_PAUSE = Duration.ofMillis(200);

  private final S3Bucket bucket;

  /** A store behind those settings; nothing is sent yet. */
  public S3ArtifactStore(S3Settings settings) {
    this(settings, StoreListener.none());
  }

  /** A store of whose requests a listener hears. */
  public S3ArtifactStore(S3Settings settings, StoreListener listener) {
    this(settings, listener, Traces.off());
  }

  /** A store whose requests are part of the trace in which they are made. */
  public S3ArtifactStore(S3Settings settings, StoreListener listener, Traces traces) {
    this.bucket = new S3Bucket(requireNonNull(settings, "settings"), listener, traces);
  }

  /**
   * Makes the bucket when there is none.
   *
   * @throws StoreException when the store does not answer or refuses
   */
  public void makeBucket() throws IOException {
    if (attempt("looking for the bucket", bucket::make)) {
      LOG.info("Made the bucket of {}", bucket.settings());
    }
  }

  @Override
  public OptionalLong size(String objectKey) throws StoreException {
    try {
      Optional<ObjectInfo> found = attempt("asking for " + objectKey, () -> bucket.stat(objectKey));
      return found.isPresent() ? OptionalLong.of(found.get().bytes()) : OptionalLong.empty();
    } catch (StoreException e) {
      if (e.reason() == Reason.MISSING) {
        return OptionalLong.empty();
      }
      throw e;
    } catch (IOException e) {
      throw new StoreException(Reason.UNAVAILABLE, e.getMessage(), e);
    }
  }

  @Override
  public Artifact put(ArtifactKind kind, String name, Path file, Map<String, String> about)
      throws IOException {
    Artifact artifact = new Artifact(kind, name, Files.size(file), VerifiedFiles.digest(file));
    attempt(
        "storing " + VerifiedFiles.describe(artifact),
        () -> {
          if (!relyOn(artifact)) {
            bucket.upload(artifact.objectKey(), file, about);
          }
          return true;
        });
    return artifact;
  }

  /** Whether the object is there and will stay for as long as a report may take. */
  private boolean relyOn(Artifact artifact) throws IOException {
    Optional<ObjectInfo> found = bucket.stat(artifact.objectKey());
    if (found.isEmpty() || found.get().bytes() != artifact.bytes()) {
      return false;
    }
    try {
      return bucket.freshen(found.get());
    } catch (S3Exception e) {
      LOG.debug("{} cannot be made young again and is sent again", artifact.objectKey(), e);
      return false;
    }
  }

  @Override
  public void get(Artifact artifact, Path target) throws IOException {
    String what = VerifiedFiles.describe(artifact);
    attempt(
        "fetching " + what,
        () -> {
          Optional<S3Bucket.Content> found = bucket.open(artifact.objectKey());
          if (found.isEmpty()) {
            throw new StoreException(
                Reason.MISSING,
                "the artifact store "
                    + bucket.settings().endpoint()
                    + " failed fetching "
                    + what
                    + ": there is no such object");
          }
          try (S3Bucket.Content content = found.get()) {
            VerifiedFiles.write(content.stream(), artifact, target);
          }
          return true;
        });
  }

  @Override
  public void close() {
    bucket.close();
  }

  @Override
  public String toString() {
    return "S3ArtifactStore[" + bucket.settings().endpoint() + "]";
  }

  /** A call to the store. */
  private interface Call<T> {
    T run() throws IOException;
  }

  private static <T> T attempt(String what, Call<T> call) throws IOException {
    Duration pause = FIRST_PAUSE;
    for (int attempt = 1; ; attempt++) {
      StoreException failure;
      try {
        return call.run();
      } catch (StoreException e) {
        failure = e;
      } catch (S3Exception e) {
        failure = new StoreException(reason(e), "the artifact store " + e.getMessage(), e);
      }
      // What is damaged on the way is whole the next time; what is damaged in the store is not.
      boolean mayPass =
          failure.reason() == Reason.UNAVAILABLE || failure.reason() == Reason.CORRUPT;
      if (!mayPass || attempt == ATTEMPTS) {
        throw failure;
      }
      LOG.warn(
          "The artifact store failed {} (attempt {} of {}): {}",
          what,
          attempt,
          ATTEMPTS,
          failure.getMessage());
      sleep(pause, failure);
      pause = pause.multipliedBy(3);
    }
  }

  private static void sleep(Duration pause, StoreException failure) throws StoreException {
    try {
      Thread.sleep(pause.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      failure.addSuppressed(e);
      throw failure;
    }
  }

  private static Reason reason(S3Exception e) {
    return switch (e.reason()) {
      case MISSING -> Reason.MISSING;
      case DENIED -> Reason.DENIED;
      case UNAVAILABLE, UNSUPPORTED -> Reason.UNAVAILABLE;
    };
  }
}

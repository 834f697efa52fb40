package dev.fewstep.worker.artifact;

import static java.util.Objects.requireNonNull;

import dev.fewstep.schemas.Artifact;
import dev.fewstep.schemas.ArtifactKind;
import dev.fewstep.worker.artifact.StoreException.Reason;
import io.minio.BucketExistsArgs;
import io.minio.GetObjectArgs;
import io.minio.MakeBucketArgs;
import io.minio.MinioClient;
import io.minio.StatObjectArgs;
import io.minio.UploadObjectArgs;
import io.minio.errors.ErrorResponseException;
import io.minio.errors.MinioException;
import io.minio.errors.ServerException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.Set;
import okhttp3.OkHttpClient;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A store in one bucket of MinIO or any other S3. What can pass is tried again, a bounded number of
 * times; what cannot (credentials, missing objects, damaged bytes) fails at once. Uses only what
 * every S3 has: no tags, no versions, no policies.
 */
public final class S3ArtifactStore implements ArtifactStore {
  private static final Logger LOG = LoggerFactory.getLogger(S3ArtifactStore.class);
  private static final int ATTEMPTS = 4;
  private static final Duration FIRST_PAUSE = Duration.ofMillis(200);
  private static final long PART_BYTES = 16L << 20;
  private static final Set<String> MISSING_CODES =
      Set.of("NoSuchKey", "NoSuchBucket", "NoSuchObject", "ResourceNotFound");
  private static final Set<String> EXISTS_CODES =
      Set.of("BucketAlreadyOwnedByYou", "BucketAlreadyExists");

  private final S3Settings settings;
  private final OkHttpClient http;
  private final MinioClient client;

  /** A store behind those settings; nothing is sent yet. */
  public S3ArtifactStore(S3Settings settings) {
    this.settings = requireNonNull(settings, "settings");
    this.http =
        new OkHttpClient.Builder()
            .connectTimeout(Duration.ofSeconds(5))
            .readTimeout(Duration.ofSeconds(60))
            .writeTimeout(Duration.ofSeconds(60))
            .build();
    this.client =
        MinioClient.builder()
            .endpoint(settings.endpoint().toString())
            .region(settings.region())
            .credentials(settings.accessKey(), settings.secretKey())
            .httpClient(http)
            .build();
  }

  /**
   * Makes the bucket when there is none.
   *
   * @throws StoreException when the store does not answer or refuses
   */
  public void makeBucket() throws IOException {
    attempt(
        "looking for the bucket",
        () -> {
          if (client.bucketExists(BucketExistsArgs.builder().bucket(settings.bucket()).build())) {
            return true;
          }
          try {
            client.makeBucket(MakeBucketArgs.builder().bucket(settings.bucket()).build());
            LOG.info("Made the bucket {} at {}", settings.bucket(), settings.endpoint());
          } catch (ErrorResponseException e) {
            if (!EXISTS_CODES.contains(e.errorResponse().code())) {
              throw e;
            }
          }
          return true;
        });
  }

  @Override
  public OptionalLong size(String objectKey) throws StoreException {
    StatObjectArgs args =
        StatObjectArgs.builder().bucket(settings.bucket()).object(objectKey).build();
    try {
      return OptionalLong.of(
          attempt("asking for " + objectKey, () -> client.statObject(args).size()));
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
  public Artifact put(ArtifactKind kind, String name, Path file) throws IOException {
    Artifact artifact = new Artifact(kind, name, Files.size(file), VerifiedFiles.digest(file));
    if (!holds(artifact)) {
      attempt(
          "storing " + VerifiedFiles.describe(artifact),
          () ->
              client.uploadObject(
                  UploadObjectArgs.builder()
                      .bucket(settings.bucket())
                      .object(artifact.objectKey())
                      .filename(file.toString(), PART_BYTES)
                      .contentType("application/octet-stream")
                      .build()));
    }
    return artifact;
  }

  @Override
  public void get(Artifact artifact, Path target) throws IOException {
    GetObjectArgs args =
        GetObjectArgs.builder().bucket(settings.bucket()).object(artifact.objectKey()).build();
    attempt(
        "fetching " + VerifiedFiles.describe(artifact),
        () -> {
          try (InputStream in = client.getObject(args)) {
            VerifiedFiles.write(in, artifact, target);
          }
          return true;
        });
  }

  @Override
  public void close() {
    http.dispatcher().executorService().shutdown();
    http.connectionPool().evictAll();
  }

  @Override
  public String toString() {
    return "S3ArtifactStore[" + settings.endpoint() + ", bucket " + settings.bucket() + "]";
  }

  /** A call to the store. */
  private interface Call<T> {
    T run() throws MinioException, IOException;
  }

  private <T> T attempt(String what, Call<T> call) throws IOException {
    Duration pause = FIRST_PAUSE;
    for (int attempt = 1; ; attempt++) {
      StoreException failure;
      try {
        return call.run();
      } catch (StoreException e) {
        failure = e;
      } catch (MinioException e) {
        failure = explain(what, e);
      } catch (IllegalStateException e) {
        // This is how the client reports that no connection could be made.
        if (!(e.getCause() instanceof IOException)) {
          throw e;
        }
        failure = explain(what, e);
      }
      if (failure.reason() != Reason.UNAVAILABLE || attempt == ATTEMPTS) {
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

  private StoreException explain(String what, Exception e) {
    String where = "the artifact store " + settings.endpoint() + " failed " + what + ": ";
    if (e instanceof ErrorResponseException response) {
      String code = response.errorResponse().code();
      int status = response.response() == null ? 0 : response.response().code();
      if (MISSING_CODES.contains(code) || status == 404) {
        return new StoreException(Reason.MISSING, where + "there is no such object", e);
      }
      if (status == 401 || status == 403) {
        return new StoreException(
            Reason.DENIED, where + "access was denied (" + code + "): check the keys", e);
      }
      return new StoreException(Reason.UNAVAILABLE, where + code + " (HTTP " + status + ")", e);
    }
    if (e instanceof ServerException server) {
      return new StoreException(Reason.UNAVAILABLE, where + "HTTP " + server.statusCode(), e);
    }
    Throwable root = e;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return new StoreException(
        Reason.UNAVAILABLE, where + root.getClass().getSimpleName() + " " + root.getMessage(), e);
  }
}

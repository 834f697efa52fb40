package dev.fewstep.orchestrator.artifact;

import static java.util.Objects.requireNonNull;

import dev.fewstep.schemas.Artifact;
import dev.fewstep.schemas.ArtifactKind;
import dev.fewstep.schemas.Digests;
import io.minio.BucketExistsArgs;
import io.minio.GetObjectArgs;
import io.minio.GetObjectResponse;
import io.minio.MakeBucketArgs;
import io.minio.MinioClient;
import io.minio.StatObjectArgs;
import io.minio.UploadObjectArgs;
import io.minio.errors.ErrorResponseException;
import io.minio.errors.MinioException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import okhttp3.OkHttpClient;

/**
 * The bucket of artifacts, in MinIO or any other S3. Every call blocks. Uses only what every S3
 * has: no tags, no versions, no policies.
 */
public final class ObjectStore implements AutoCloseable {
  private static final long PART_BYTES = 16L << 20;
  private static final Set<String> MISSING =
      Set.of("NoSuchKey", "NoSuchObject", "ResourceNotFound");
  private static final Set<String> BUCKET_EXISTS =
      Set.of("BucketAlreadyOwnedByYou", "BucketAlreadyExists");

  private final StoreSettings settings;
  private final OkHttpClient http;
  private final MinioClient client;

  /** A store behind those settings; nothing is sent yet. */
  public ObjectStore(StoreSettings settings) {
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

  /** An object's bytes as they come. */
  public record Content(long bytes, InputStream stream) implements AutoCloseable {
    public Content {
      requireNonNull(stream, "stream");
    }

    @Override
    public void close() throws IOException {
      stream.close();
    }
  }

  /**
   * Makes the bucket when there is none.
   *
   * @throws StoreUnavailableException when the store does not answer or refuses
   */
  public void makeBucket() throws StoreUnavailableException {
    try {
      if (!client.bucketExists(BucketExistsArgs.builder().bucket(settings.bucket()).build())) {
        client.makeBucket(MakeBucketArgs.builder().bucket(settings.bucket()).build());
      }
    } catch (ErrorResponseException e) {
      if (!BUCKET_EXISTS.contains(e.errorResponse().code())) {
        throw unavailable("making the bucket", e);
      }
    } catch (MinioException | IllegalStateException e) {
      throw unavailable("looking for the bucket", e);
    }
  }

  /**
   * Size in bytes of the object with that digest, empty when the store says there is none.
   *
   * @throws StoreUnavailableException when the store does not answer or refuses
   */
  public OptionalLong size(String sha256) throws StoreUnavailableException {
    String key = key(sha256);
    try {
      return OptionalLong.of(
          client
              .statObject(StatObjectArgs.builder().bucket(settings.bucket()).object(key).build())
              .size());
    } catch (MinioException | IllegalStateException e) {
      if (isMissing(e)) {
        return OptionalLong.empty();
      }
      throw unavailable("asking for " + key, e);
    }
  }

  /**
   * Opens the object with that digest, empty when there is none. The caller closes it.
   *
   * @throws StoreUnavailableException when the store does not answer or refuses
   */
  public Optional<Content> open(String sha256) throws StoreUnavailableException {
    String key = key(sha256);
    try {
      GetObjectResponse response =
          client.getObject(GetObjectArgs.builder().bucket(settings.bucket()).object(key).build());
      String length = response.headers().get("Content-Length");
      return Optional.of(new Content(length == null ? -1 : Long.parseLong(length), response));
    } catch (MinioException | IllegalStateException e) {
      if (isMissing(e)) {
        return Optional.empty();
      }
      throw unavailable("reading " + key, e);
    }
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
    OptionalLong present = size(sha256);
    if (present.isEmpty() || present.getAsLong() != artifact.bytes()) {
      try {
        client.uploadObject(
            UploadObjectArgs.builder()
                .bucket(settings.bucket())
                .object(artifact.objectKey())
                .filename(file.toString(), PART_BYTES)
                .contentType("application/octet-stream")
                .build());
      } catch (MinioException | IllegalStateException e) {
        throw unavailable("storing " + artifact.objectKey(), e);
      }
    }
    return artifact;
  }

  @Override
  public void close() {
    http.dispatcher().executorService().shutdown();
    http.connectionPool().evictAll();
  }

  @Override
  public String toString() {
    return "ObjectStore[" + settings.endpoint() + ", bucket " + settings.bucket() + "]";
  }

  private static String key(String sha256) {
    Digests.requireSha256(sha256, "sha256");
    return "sha256/" + sha256.substring(0, 2) + "/" + sha256;
  }

  private static boolean isMissing(Exception e) {
    return e instanceof ErrorResponseException response
        && (MISSING.contains(response.errorResponse().code())
            || (response.response() != null
                && response.response().code() == 404
                && !"NoSuchBucket".equals(response.errorResponse().code())));
  }

  private StoreUnavailableException unavailable(String what, Exception e) {
    Throwable root = e;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return new StoreUnavailableException(
        "The object store " + settings.endpoint() + " failed " + what + ": " + root.getMessage(),
        e);
  }
}

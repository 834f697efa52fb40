package dev.fewstep.store;

import static java.util.Objects.requireNonNull;

import dev.fewstep.store.S3Exception.Reason;
import dev.fewstep.telemetry.Traces;
import io.minio.AbortMultipartUploadArgs;
import io.minio.BucketExistsArgs;
import io.minio.CopyObjectArgs;
import io.minio.Directive;
import io.minio.GetBucketLifecycleArgs;
import io.minio.GetBucketVersioningArgs;
import io.minio.GetObjectArgs;
import io.minio.GetObjectResponse;
import io.minio.HeadObjectResponse;
import io.minio.Http;
import io.minio.ListMultipartUploadsArgs;
import io.minio.ListObjectsArgs;
import io.minio.MakeBucketArgs;
import io.minio.MinioAsyncClient;
import io.minio.MinioClient;
import io.minio.PutObjectArgs;
import io.minio.RemoveObjectArgs;
import io.minio.Result;
import io.minio.SourceObject;
import io.minio.StatObjectArgs;
import io.minio.UploadObjectArgs;
import io.minio.errors.ErrorResponseException;
import io.minio.messages.Item;
import io.minio.messages.LifecycleConfiguration;
import io.minio.messages.ListMultipartUploadsResult;
import io.minio.messages.Status;
import io.minio.messages.VersioningConfiguration;
import io.opentelemetry.context.Context;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import okhttp3.Dispatcher;
import okhttp3.OkHttpClient;

/**
 * One bucket of MinIO or any other S3. Every call blocks. A request that the server answers with
 * 408, 429 or 5xx is repeated up to four times within a second or two: a store that is written by
 * several says so when an object goes or comes while it is looked at. Needs only what every S3 has:
 * tags, versions and policies are asked about, not used. Safe for use by several threads.
 */
public final class S3Bucket implements AutoCloseable {
  /**
   * Age from which {@link #freshen} makes an object young again. Whoever relies on an object that
   * is there already, instead of uploading it, freshens it, so that the garbage collection, whose
   * grace is longer, leaves it alone.
   */
  public static final Duration FRESH = Duration.ofMinutes(15);

  private static final long PART_BYTES = 16L << 20;
  private static final int PAGE = 1_000;
  private static final Set<String> BUCKET_EXISTS =
      Set.of("BucketAlreadyOwnedByYou", "BucketAlreadyExists");

  private final S3Settings settings;
  private final OkHttpClient http;
  private final MinioClient client;
  private final MinioAsyncClient parts;
  private final S3Calls calls;

  /** A bucket behind those settings; nothing is sent yet. */
  public S3Bucket(S3Settings settings) {
    this(settings, StoreListener.none());
  }

  /** A bucket of whose requests a listener hears. */
  public S3Bucket(S3Settings settings, StoreListener listener) {
    this(settings, listener, Traces.off());
  }

  /** A bucket whose requests are part of the trace in which they are made. */
  public S3Bucket(S3Settings settings, StoreListener listener, Traces traces) {
    requireNonNull(listener, "listener");
    this.settings = requireNonNull(settings, "settings");
    this.calls = new S3Calls(settings);
    this.http =
        new OkHttpClient.Builder()
            .connectTimeout(Duration.ofSeconds(5))
            .readTimeout(Duration.ofSeconds(60))
            .writeTimeout(Duration.ofSeconds(60))
            .dispatcher(dispatcher(traces))
            .addInterceptor(new TracedCalls(traces))
            .addInterceptor(new MeasuredCalls(listener))
            .addInterceptor(new EmptyStorageClass())
            .addInterceptor(new Http.StatusRetryInterceptor())
            .build();
    this.client =
        MinioClient.builder()
            .endpoint(settings.endpoint().toString())
            .region(settings.region())
            .credentials(settings.accessKey(), settings.secretKey())
            .httpClient(http)
            .build();
    this.parts =
        MinioAsyncClient.builder()
            .endpoint(settings.endpoint().toString())
            .region(settings.region())
            .credentials(settings.accessKey(), settings.secretKey())
            .httpClient(http)
            .build();
  }

  /** Calls are made on its threads, in the trace of the thread that asked for them. */
  private static Dispatcher dispatcher(Traces traces) {
    Dispatcher usual = new Dispatcher();
    return traces.on() ? new Dispatcher(Context.taskWrapping(usual.executorService())) : usual;
  }

  /** Where it is. */
  public S3Settings settings() {
    return settings;
  }

  /** An object's bytes as they come; {@code bytes} is -1 where the store does not tell. */
  public record Content(long bytes, InputStream stream) implements AutoCloseable {
    public Content {
      requireNonNull(stream, "stream");
    }

    @Override
    public void close() throws IOException {
      stream.close();
    }
  }

  /** Whether the bucket is there. */
  public boolean exists() throws S3Exception {
    return calls.call(
        "looking for the bucket",
        () -> client.bucketExists(BucketExistsArgs.builder().bucket(settings.bucket()).build()));
  }

  /**
   * Makes the bucket when there is none.
   *
   * @return whether it was made now
   */
  public boolean make() throws S3Exception {
    if (exists()) {
      return false;
    }
    return calls.call(
        "making the bucket",
        () -> {
          try {
            client.makeBucket(MakeBucketArgs.builder().bucket(settings.bucket()).build());
            return true;
          } catch (ErrorResponseException e) {
            if (BUCKET_EXISTS.contains(e.errorResponse().code())) {
              return false;
            }
            throw e;
          }
        });
  }

  /** What the store says of an object, empty when it says that there is none. */
  public Optional<ObjectInfo> stat(String key) throws S3Exception {
    return S3Calls.present(
        () ->
            calls.call(
                "asking for " + key,
                () ->
                    info(
                        key,
                        client.statObject(
                            StatObjectArgs.builder()
                                .bucket(settings.bucket())
                                .object(key)
                                .build()))));
  }

  private static ObjectInfo info(String key, HeadObjectResponse head) {
    Map<String, String> metadata = new HashMap<>();
    head.userMetadata()
        .forEach(entry -> metadata.put(entry.getKey().toLowerCase(Locale.ROOT), entry.getValue()));
    return new ObjectInfo(
        key,
        head.size(),
        head.lastModified().toInstant(),
        date(head.headers().get("Date")),
        metadata);
  }

  private static Instant date(String header) {
    try {
      return header == null
          ? Instant.now()
          : ZonedDateTime.parse(header, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant();
    } catch (DateTimeParseException e) {
      return Instant.now();
    }
  }

  /** Opens an object, empty when there is none. The caller closes it. */
  public Optional<Content> open(String key) throws S3Exception {
    return S3Calls.present(
        () ->
            calls.call(
                "reading " + key,
                () -> {
                  GetObjectResponse response =
                      client.getObject(
                          GetObjectArgs.builder().bucket(settings.bucket()).object(key).build());
                  String length = response.headers().get("Content-Length");
                  return new Content(length == null ? -1 : Long.parseLong(length), response);
                }));
  }

  /**
   * Writes a file, in parts when it is large.
   *
   * @param metadata kept with the object; lower-case names
   */
  public void upload(String key, Path file, Map<String, String> metadata) throws IOException {
    calls.call(
        "storing " + key,
        () ->
            client.uploadObject(
                UploadObjectArgs.builder()
                    .bucket(settings.bucket())
                    .object(key)
                    .filename(file.toString(), PART_BYTES)
                    .userMetadata(metadata)
                    .contentType("application/octet-stream")
                    .build()));
  }

  /** Writes a few bytes. */
  public void write(String key, byte[] bytes) throws S3Exception {
    calls.call(
        "storing " + key,
        () ->
            client.putObject(
                PutObjectArgs.builder()
                    .bucket(settings.bucket())
                    .object(key)
                    .data(bytes, bytes.length)
                    .build()));
  }

  /**
   * Copies an object within the store.
   *
   * @param metadata kept with the copy
   * @return false when there is no such object, or none any more when it was copied
   */
  public boolean copy(String from, String to, Map<String, String> metadata) throws S3Exception {
    try {
      return copied(from, to, metadata);
    } catch (S3Exception e) {
      if (e.reason() == S3Exception.Reason.UNAVAILABLE && stat(to).isEmpty()) {
        // Removed while it was copied: a store may then answer without what an answer must have.
        return false;
      }
      throw e;
    }
  }

  private boolean copied(String from, String to, Map<String, String> metadata) throws S3Exception {
    return S3Calls.present(
            () ->
                calls.call(
                    "copying " + from,
                    () ->
                        client.copyObject(
                            CopyObjectArgs.builder()
                                .bucket(settings.bucket())
                                .object(to)
                                .source(
                                    SourceObject.builder()
                                        .bucket(settings.bucket())
                                        .object(from)
                                        .build())
                                .metadataDirective(Directive.REPLACE)
                                .userMetadata(metadata)
                                .build())))
        .isPresent();
  }

  /**
   * Makes an object young again when it is older than {@link #FRESH}, by copying it onto itself
   * within the store.
   *
   * @return false when it is gone
   */
  public boolean freshen(ObjectInfo known) throws S3Exception {
    return known.age().compareTo(FRESH) < 0 || copy(known.key(), known.key(), known.metadata());
  }

  /** Removes an object; nothing happens when there is none. */
  public void delete(String key) throws S3Exception {
    calls.call(
        "removing " + key,
        () -> {
          client.removeObject(
              RemoveObjectArgs.builder().bucket(settings.bucket()).object(key).build());
          return true;
        });
  }

  /** Takes an object of a listing; false ends the listing. */
  @FunctionalInterface
  public interface Visitor {
    /** Looks at an object. */
    boolean visit(ObjectInfo object) throws IOException;
  }

  /** Lists the objects whose keys begin with a prefix. */
  public void list(String prefix, Visitor visitor) throws IOException {
    Instant now = Instant.now();
    Iterable<Result<Item>> items =
        client.listObjects(
            ListObjectsArgs.builder()
                .bucket(settings.bucket())
                .prefix(prefix)
                .recursive(true)
                .build());
    for (Result<Item> result : items) {
      Item item = calls.call("listing " + prefix, result::get);
      if (!item.isDir()
          && !visitor.visit(
              new ObjectInfo(
                  item.objectName(),
                  item.size(),
                  item.lastModified().toInstant(),
                  now,
                  Map.of()))) {
        return;
      }
    }
  }

  /** Uploads in parts that were begun and not ended, at most a thousand. */
  public List<UnfinishedUpload> unfinishedUploads() throws S3Exception {
    ListMultipartUploadsResult found =
        calls
            .call(
                "listing unfinished uploads",
                () ->
                    S3Calls.joined(
                        parts.listMultipartUploads(
                            ListMultipartUploadsArgs.builder()
                                .bucket(settings.bucket())
                                .prefix("")
                                .maxUploads(PAGE)
                                .build())))
            .result();
    List<UnfinishedUpload> uploads = new ArrayList<>();
    for (ListMultipartUploadsResult.Upload upload : found.uploads()) {
      uploads.add(
          new UnfinishedUpload(
              upload.objectName(), upload.uploadId(), upload.initiated().toInstant()));
    }
    return uploads;
  }

  /** Ends an upload in parts and frees the room of its parts. */
  public void abort(UnfinishedUpload upload) throws S3Exception {
    calls.call(
        "aborting an upload of " + upload.key(),
        () ->
            S3Calls.joined(
                parts.abortMultipartUpload(
                    AbortMultipartUploadArgs.builder()
                        .bucket(settings.bucket())
                        .object(upload.key())
                        .uploadId(upload.uploadId())
                        .build())));
  }

  /** Whether old versions of objects are kept, so that removing one frees nothing. */
  public boolean versioned() throws S3Exception {
    VersioningConfiguration found =
        calls.call(
            "asking for versioning",
            () ->
                client.getBucketVersioning(
                    GetBucketVersioningArgs.builder().bucket(settings.bucket()).build()));
    return found != null && found.status() == VersioningConfiguration.Status.ENABLED;
  }

  /** Names of the store's own rules that remove objects after a time. */
  public List<String> expiryRules() throws S3Exception {
    LifecycleConfiguration found;
    try {
      found =
          calls.call(
              "asking for lifecycle rules",
              () ->
                  client.getBucketLifecycle(
                      GetBucketLifecycleArgs.builder().bucket(settings.bucket()).build()));
    } catch (S3Exception e) {
      if (e.reason() == Reason.MISSING) {
        return List.of();
      }
      throw e;
    }
    List<String> rules = new ArrayList<>();
    if (found != null && found.rules() != null) {
      for (LifecycleConfiguration.Rule rule : found.rules()) {
        if (rule.status() == Status.ENABLED && rule.expiration() != null) {
          rules.add(rule.id() == null ? "(unnamed)" : rule.id());
        }
      }
    }
    return rules;
  }

  @Override
  public void close() {
    http.dispatcher().executorService().shutdown();
    http.connectionPool().evictAll();
  }

  @Override
  public String toString() {
    return "S3Bucket[" + settings.endpoint() + ", bucket " + settings.bucket() + "]";
  }
}

package dev.fewstep.store;

import static java.util.Objects.requireNonNull;

import dev.fewstep.store.S3Exception.Reason;
import io.minio.errors.ErrorResponseException;
import io.minio.errors.MinioException;
import io.minio.errors.ServerException;
import java.io.IOException;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** Makes calls of the client and tells what their errors mean. */
final class S3Calls {
  private static final Set<String> MISSING =
      Set.of("NoSuchKey", "NoSuchObject", "NoSuchUpload", "ResourceNotFound");

  private static final String NO_BUCKET = "NoSuchBucket";

  private final S3Settings settings;

  S3Calls(S3Settings settings) {
    this.settings = requireNonNull(settings, "settings");
  }

  /** A call of the client. */
  @FunctionalInterface
  interface Call<T> {
    T run() throws MinioException, S3Exception;
  }

  interface Ask<T> {
    T run() throws S3Exception;
  }

  static <T> Optional<T> present(Ask<T> ask) throws S3Exception {
    try {
      return Optional.of(ask.run());
    } catch (S3Exception e) {
      if (e.reason() == Reason.MISSING && !e.getMessage().contains(NO_BUCKET)) {
        return Optional.empty();
      }
      throw e;
    }
  }

  <T> T call(String what, Call<T> call) throws S3Exception {
    try {
      return call.run();
    } catch (MinioException e) {
      throw explain(what, e);
    } catch (IllegalStateException e) {
      // This is how the client reports that no connection could be made.
      if (!(e.getCause() instanceof IOException)) {
        throw e;
      }
      throw explain(what, e);
    }
  }

  static <T> T joined(CompletableFuture<T> future) throws MinioException {
    try {
      return future.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof MinioException known) {
        throw known;
      }
      throw new IllegalStateException(e.getCause());
    }
  }

  private S3Exception explain(String what, Exception e) {
    String where = settings.endpoint() + " failed " + what + ": ";
    if (e instanceof ErrorResponseException response) {
      String code = response.errorResponse().code();
      int status = response.response() == null ? 0 : response.response().code();
      if (NO_BUCKET.equals(code)) {
        return new S3Exception(
            Reason.MISSING,
            where + "there is no bucket " + settings.bucket() + " (" + code + ")",
            e);
      }
      if (status == 501 || "NotImplemented".equals(code)) {
        return new S3Exception(Reason.UNSUPPORTED, where + "not offered", e);
      }
      if (MISSING.contains(code) || status == 404) {
        return new S3Exception(Reason.MISSING, where + "there is no such object", e);
      }
      if (status == 401 || status == 403) {
        return new S3Exception(
            Reason.DENIED, where + "access was denied (" + code + "): check the keys", e);
      }
      return new S3Exception(Reason.UNAVAILABLE, where + code + " (HTTP " + status + ")", e);
    }
    if (e instanceof ServerException server) {
      return new S3Exception(
          server.statusCode() == 501 ? Reason.UNSUPPORTED : Reason.UNAVAILABLE,
          where + "HTTP " + server.statusCode(),
          e);
    }
    Throwable root = e;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return new S3Exception(
        Reason.UNAVAILABLE, where + root.getClass().getSimpleName() + " " + root.getMessage(), e);
  }
}

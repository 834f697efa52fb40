package dev.fewstep.orchestrator.api;

import static java.util.Objects.requireNonNull;

import dev.fewstep.schemas.Digests;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.file.AsyncFile;
import io.vertx.core.file.OpenOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.streams.WriteStream;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;

/**
 * Receives request bodies into temporary files, as fast as the disk takes them, computing their
 * digest on the way.
 */
final class Uploads {
  private final Vertx vertx;
  private final Path directory;
  private final long maxBytes;

  /**
   * Uploads into a directory that exists.
   *
   * @param maxBytes largest body
   */
  Uploads(Vertx vertx, Path directory, long maxBytes) {
    this.vertx = requireNonNull(vertx, "vertx");
    this.directory = requireNonNull(directory, "directory");
    this.maxBytes = maxBytes;
  }

  /** A whole body. The receiver deletes the file. */
  record Received(Path file, long bytes, String sha256) {}

  /** Receives a body; the request must be paused. The file is gone when this fails. */
  Future<Received> receive(HttpServerRequest request) {
    String file = directory.resolve("upload-" + java.util.UUID.randomUUID() + ".part").toString();
    OpenOptions options = new OpenOptions().setCreateNew(true).setWrite(true).setPerms("rw-------");
    return vertx
        .fileSystem()
        .open(file, options)
        .compose(
            open -> {
              Digesting target = new Digesting(open, maxBytes);
              return request
                  .pipeTo(target)
                  .map(done -> new Received(Path.of(file), target.bytes, target.hex()))
                  .recover(
                      failure ->
                          open.close()
                              .otherwiseEmpty()
                              .eventually(() -> vertx.fileSystem().delete(file))
                              .transform(gone -> Future.failedFuture(explained(target, failure))));
            });
  }

  private Throwable explained(Digesting target, Throwable failure) {
    return target.bytes > maxBytes
        ? ApiException.of(413, "The file is larger than " + maxBytes + " bytes.")
        : failure;
  }

  /** A file that is digested as it is written. */
  private static final class Digesting implements WriteStream<Buffer> {
    private final AsyncFile file;
    private final long maxBytes;
    private final MessageDigest digest = Digests.sha256();
    private long bytes;

    Digesting(AsyncFile file, long maxBytes) {
      this.file = file;
      this.maxBytes = maxBytes;
    }

    String hex() {
      return HexFormat.of().formatHex(digest.digest());
    }

    @Override
    public Future<Void> write(Buffer data) {
      bytes += data.length();
      if (bytes > maxBytes) {
        Promise<Void> refused = Promise.promise();
        refused.fail("too large");
        return refused.future();
      }
      digest.update(data.getBytes());
      return file.write(data);
    }

    @Override
    public Future<Void> end() {
      return file.end();
    }

    @Override
    public boolean writeQueueFull() {
      return file.writeQueueFull();
    }

    @Override
    public Digesting setWriteQueueMaxSize(int maxSize) {
      file.setWriteQueueMaxSize(maxSize);
      return this;
    }

    @Override
    public Digesting exceptionHandler(Handler<Throwable> handler) {
      file.exceptionHandler(handler);
      return this;
    }

    @Override
    public Digesting drainHandler(Handler<Void> handler) {
      file.drainHandler(handler);
      return this;
    }
  }
}

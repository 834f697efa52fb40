package dev.fewstep.orchestrator.api;

import static java.util.Objects.requireNonNull;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The body of a response as a stream that waits until the client has taken what was written. Its
 * headers must be set before. For a thread that may block.
 */
final class ResponseStream extends OutputStream {
  private static final int CHUNK = 64 << 10;
  private static final long PATIENCE_SECONDS = 60;

  private final HttpServerResponse response;
  private Buffer waiting = Buffer.buffer(CHUNK);

  ResponseStream(HttpServerResponse response) {
    this.response = requireNonNull(response, "response");
  }

  @Override
  public void write(int one) throws IOException {
    waiting.appendByte((byte) one);
    sendIfFull();
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    waiting.appendBytes(bytes, offset, length);
    sendIfFull();
  }

  private void sendIfFull() throws IOException {
    if (waiting.length() >= CHUNK) {
      send();
    }
  }

  private void send() throws IOException {
    if (response.closed()) {
      throw new IOException("the client is gone");
    }
    Buffer full = waiting;
    waiting = Buffer.buffer(CHUNK);
    try {
      response
          .write(full)
          .toCompletionStage()
          .toCompletableFuture()
          .get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw (IOException) new InterruptedIOException("stopped").initCause(e);
    } catch (ExecutionException | TimeoutException e) {
      throw new IOException("the client does not take its answer", e);
    }
  }

  @Override
  public void close() throws IOException {
    if (waiting.length() > 0) {
      send();
    }
    var unused = response.end();
  }
}

package dev.fewstep.embedded;

import java.io.IOException;
import java.net.BindException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import org.gaul.s3proxy.S3Proxy;
import org.gaul.s3proxy.auth.AuthenticationType;
import org.gaul.s3proxy.nio2blob.FilesystemNio2BlobStore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An S3 store on the loopback interface whose objects are files in one directory. Requests must
 * carry an AWS signature of version 4; object tags, versioning and policies are not offered. A key
 * that is also the folder of another key cannot be stored.
 */
public final class EmbeddedS3 implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(EmbeddedS3.class);
  private static final String SERVICE = "the S3 store";
  private static final int THREADS = 32;
  private static final Duration STOP_TIMEOUT = Duration.ofSeconds(1);

  private final S3Proxy proxy;
  private final URI endpoint;
  private final AtomicBoolean closed = new AtomicBoolean();

  private EmbeddedS3(S3Proxy proxy, URI endpoint) {
    this.proxy = proxy;
    this.endpoint = endpoint;
  }

  /**
   * Starts the store; it answers when this returns.
   *
   * @param directory where the objects are kept; made if absent
   * @param port 1 to 65535, or 0 for a free one
   * @param credentials what clients must sign with
   * @throws EmbeddedException if the port is taken or the directory cannot be used
   */
  public static EmbeddedS3 start(Path directory, int port, S3Credentials credentials) {
    Objects.requireNonNull(credentials, "credentials");
    LoopbackPorts.requireValid("S3", port);
    Path absolute = directory.toAbsolutePath().normalize();
    try {
      Files.createDirectories(absolute);
    } catch (IOException e) {
      throw EmbeddedException.withReason(
          "The directory " + absolute + " for the S3 store could not be made", e);
    }
    if (port != 0) {
      LoopbackPorts.requireFree(SERVICE, port);
    }
    S3Proxy proxy =
        S3Proxy.builder()
            .blobStore(new FilesystemNio2BlobStore(absolute.toString()))
            .endpoint(URI.create("http://" + LoopbackPorts.HOST + ":" + port))
            .awsAuthentication(
                AuthenticationType.AWS_V4, credentials.accessKey(), credentials.secretKey())
            .jettyMaxThreads(THREADS)
            .stopTimeout(STOP_TIMEOUT.toMillis())
            .build();
    try {
      proxy.start();
    } catch (Exception e) {
      stopAfterFailure(proxy, e);
      if (port != 0 && hasCause(e, BindException.class)) {
        throw LoopbackPorts.taken(SERVICE, port, e);
      }
      throw EmbeddedException.withReason("The S3 store in " + absolute + " could not start", e);
    }
    return new EmbeddedS3(
        proxy, URI.create("http://" + LoopbackPorts.HOST + ":" + proxy.getPort()));
  }

  /** {@code http://127.0.0.1:<port>}, for path-style clients. */
  public URI endpoint() {
    return endpoint;
  }

  /** Port it listens on. */
  public int port() {
    return endpoint.getPort();
  }

  /** Stops the store, waiting up to a second for requests under way. A second call does nothing. */
  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    try {
      proxy.stop();
    } catch (Exception e) {
      LOG.warn("The S3 store at {} did not stop cleanly", endpoint, e);
    }
  }

  @Override
  public String toString() {
    return "EmbeddedS3[" + endpoint + "]";
  }

  private static void stopAfterFailure(S3Proxy proxy, Exception failure) {
    try {
      proxy.stop();
    } catch (Exception e) {
      failure.addSuppressed(e);
    }
  }

  private static boolean hasCause(Throwable error, Class<? extends Throwable> type) {
    for (Throwable t = error; t != null; t = t.getCause()) {
      if (type.isInstance(t)) {
        return true;
      }
    }
    return false;
  }
}

package dev.fewstep.embedded;

import java.net.URI;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A Kafka broker and an S3 store on one data directory, which belongs to this process until {@link
 * #close()} or the process's end. A later start on the same directory finds topics, objects,
 * credentials and, where they are still free, ports as they were, also after a crash.
 *
 * <p>Threads of both services keep the JVM alive: whoever starts a stack closes it.
 */
public final class EmbeddedStack implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(EmbeddedStack.class);

  private final DirectoryLock lock;
  private final S3Credentials credentials;
  private final EmbeddedKafka kafka;
  private final EmbeddedS3 s3;
  private final AtomicBoolean closed = new AtomicBoolean();

  private EmbeddedStack(
      DirectoryLock lock, S3Credentials credentials, EmbeddedKafka kafka, EmbeddedS3 s3) {
    this.lock = lock;
    this.credentials = credentials;
    this.kafka = kafka;
    this.s3 = s3;
  }

  /**
   * Starts both services, side by side; they take clients when this returns.
   *
   * @param dataDirectory made if absent
   * @throws EmbeddedException if another process uses the directory, a port asked for is taken, or
   *     the directory cannot be used; nothing is left running then
   */
  public static EmbeddedStack start(Path dataDirectory, EmbeddedOptions options) {
    Objects.requireNonNull(options, "options");
    DataDirectory directory = DataDirectory.open(dataDirectory);
    DirectoryLock lock = DirectoryLock.acquire(directory.root());
    boolean started = false;
    try {
      EmbeddedStack stack = start(directory, lock, options);
      started = true;
      return stack;
    } finally {
      if (!started) {
        lock.close();
      }
    }
  }

  private static EmbeddedStack start(
      DataDirectory directory, DirectoryLock lock, EmbeddedOptions options) {
    S3Credentials credentials = directory.credentials();
    EmbeddedOptions ports = choosePorts(options, directory.recordedPorts());
    Executor ownThread = task -> new Thread(task, "fewstep-embedded-s3-start").start();
    CompletableFuture<EmbeddedS3> startingS3 =
        CompletableFuture.supplyAsync(
            () -> EmbeddedS3.start(directory.s3(), ports.s3Port(), credentials), ownThread);
    EmbeddedKafka kafka = null;
    EmbeddedS3 s3 = null;
    boolean started = false;
    try {
      kafka = EmbeddedKafka.start(directory.kafka(), ports.kafkaPort());
      s3 = await(startingS3);
      directory.recordPorts(kafka.port(), s3.port());
      started = true;
      LOG.info(
          "Kafka at {} and S3 at {} keep their data in {}",
          kafka.bootstrapServers(),
          s3.endpoint(),
          directory.root());
      return new EmbeddedStack(lock, credentials, kafka, s3);
    } finally {
      if (!started) {
        startingS3.handle((late, error) -> late).thenAccept(EmbeddedStack::closeIfStarted).join();
        closeIfStarted(kafka);
      }
    }
  }

  /** {@code host:port} of the broker. */
  public String bootstrapServers() {
    return kafka.bootstrapServers();
  }

  /** Address of the S3 store, for path-style clients. */
  public URI s3Endpoint() {
    return s3.endpoint();
  }

  /** Access key of the S3 store; the same at every start on this directory. */
  public String s3AccessKey() {
    return credentials.accessKey();
  }

  /** Secret key of the S3 store; the same at every start on this directory. Not to be logged. */
  public String s3SecretKey() {
    return credentials.secretKey();
  }

  /** Stops both services, then gives the directory free. A second call does nothing. */
  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    try {
      s3.close();
      kafka.close();
    } finally {
      lock.close();
    }
  }

  @Override
  public String toString() {
    return "EmbeddedStack[" + kafka.bootstrapServers() + ", " + s3.endpoint() + "]";
  }

  /**
   * A port asked for is taken as it is; else the recorded one if free; else 0. A recorded port
   * never collides with the other service's.
   */
  static EmbeddedOptions choosePorts(EmbeddedOptions asked, Optional<EmbeddedOptions> recorded) {
    if (asked.kafkaPort() != 0) {
      LoopbackPorts.requireFree("Kafka", asked.kafkaPort());
    }
    if (asked.s3Port() != 0) {
      LoopbackPorts.requireFree("the S3 store", asked.s3Port());
    }
    int kafkaPort = asked.kafkaPort();
    int s3Port = asked.s3Port();
    if (recorded.isPresent()) {
      int kafkaBefore = recorded.get().kafkaPort();
      int s3Before = recorded.get().s3Port();
      if (kafkaPort == 0 && kafkaBefore != s3Port && LoopbackPorts.isFree(kafkaBefore)) {
        kafkaPort = kafkaBefore;
      }
      if (s3Port == 0 && s3Before != kafkaPort && LoopbackPorts.isFree(s3Before)) {
        s3Port = s3Before;
      }
    }
    return new EmbeddedOptions(kafkaPort, s3Port);
  }

  private static EmbeddedS3 await(CompletableFuture<EmbeddedS3> startingS3) {
    try {
      return startingS3.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof EmbeddedException embedded) {
        throw embedded;
      }
      throw new EmbeddedException("The S3 store could not start.", e.getCause());
    }
  }

  private static void closeIfStarted(AutoCloseable service) {
    if (service == null) {
      return;
    }
    try {
      service.close();
    } catch (Exception e) {
      LOG.warn("{} did not stop cleanly after a failed start", service, e);
    }
  }
}

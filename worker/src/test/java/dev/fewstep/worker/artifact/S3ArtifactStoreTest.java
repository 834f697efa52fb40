package dev.fewstep.worker.artifact;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import dev.fewstep.embedded.EmbeddedS3;
import dev.fewstep.embedded.S3Credentials;
import dev.fewstep.schemas.Artifact;
import dev.fewstep.schemas.ArtifactKind;
import dev.fewstep.schemas.Digests;
import dev.fewstep.store.S3Bucket;
import dev.fewstep.store.S3Settings;
import io.minio.MinioClient;
import io.minio.PutObjectArgs;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class S3ArtifactStoreTest extends ArtifactStoreContract {
  @TempDir static Path data;
  private static EmbeddedS3 server;
  private static S3ArtifactStore store;

  private static S3Settings settings(URI endpoint, String secret) {
    return new S3Settings(endpoint, "us-east-1", "fewstep", "test-access-key", secret);
  }

  @BeforeAll
  static void start() throws IOException {
    server = EmbeddedS3.start(data, 0, new S3Credentials("test-access-key", "test-secret-key"));
    store = new S3ArtifactStore(settings(server.endpoint(), "test-secret-key"));
    store.makeBucket();
    store.makeBucket();
  }

  @AfterAll
  static void stop() {
    store.close();
    server.close();
  }

  @Override
  ArtifactStore store() {
    return store;
  }

  @Override
  @SuppressWarnings("try") // the client's close() declares Exception
  void overwrite(String objectKey, byte[] content) throws IOException {
    S3Settings settings = settings(server.endpoint(), "test-secret-key");
    try (MinioClient client =
        MinioClient.builder()
            .endpoint(settings.endpoint().toString())
            .region(settings.region())
            .credentials(settings.accessKey(), settings.secretKey())
            .build()) {
      client.putObject(
          PutObjectArgs.builder()
              .bucket(settings.bucket())
              .object(objectKey)
              .data(content, content.length)
              .build());
    } catch (Exception e) {
      throw new IOException(e);
    }
  }

  @Test
  void whatIsThereAlreadyIsMadeYoungInsteadOfSentAgain() throws IOException {
    Path file = Files.writeString(Files.createTempFile(data, "young", ".bin"), "made twice");
    Artifact first =
        store.put(ArtifactKind.CHECKPOINT, "checkpoint-4.safetensors", file, Map.of("task", "t"));
    Path object = data.resolve("fewstep").resolve(first.objectKey());
    Instant then = Instant.now().minus(Duration.ofHours(30));
    Files.setLastModifiedTime(object, FileTime.from(then));

    store.put(ArtifactKind.CHECKPOINT, "checkpoint-4.safetensors", file, Map.of("task", "u"));

    assertThat(Files.getLastModifiedTime(object).toInstant())
        .isAfter(then.plus(Duration.ofHours(29)));
    try (S3Bucket bucket = new S3Bucket(settings(server.endpoint(), "test-secret-key"))) {
      assertThat(bucket.stat(first.objectKey()).orElseThrow().metadata())
          .as("whoever stored it first is remembered: nothing was sent again")
          .containsEntry("task", "t");
    }
  }

  @Test
  void saysThatAccessWasDenied() {
    try (S3ArtifactStore wrong = new S3ArtifactStore(settings(server.endpoint(), "wrong-secret"))) {
      assertThatThrownBy(wrong::makeBucket)
          .isInstanceOfSatisfying(
              StoreException.class,
              e -> assertThat(e.reason()).isEqualTo(StoreException.Reason.DENIED))
          .hasMessageNotContaining("wrong-secret");
    }
  }

  @Test
  void givesUpOnAServerThatIsNotThere() throws IOException {
    int port;
    try (ServerSocket socket = new ServerSocket(0)) {
      port = socket.getLocalPort();
    }
    URI nobody = URI.create("http://127.0.0.1:" + port);
    try (S3ArtifactStore absent = new S3ArtifactStore(settings(nobody, "test-secret-key"))) {
      assertThatThrownBy(() -> absent.size("sha256/aa/x"))
          .isInstanceOfSatisfying(
              StoreException.class,
              e -> assertThat(e.reason()).isEqualTo(StoreException.Reason.UNAVAILABLE))
          .hasMessageContaining(nobody.toString());
    }
  }

  /** A store whose first answers are damaged on the way. */
  private static HttpServer damaging(byte[] content, int damaged, AtomicInteger asked)
      throws IOException {
    HttpServer answers =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    answers.createContext(
        "/",
        exchange -> {
          byte[] body = content.clone();
          if (asked.incrementAndGet() <= damaged) {
            body[body.length / 2] ^= 4;
          }
          exchange.getResponseHeaders().add("ETag", "\"0\"");
          exchange.sendResponseHeaders(200, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    answers.start();
    return answers;
  }

  @Test
  void whatIsDamagedOnTheWayIsFetchedAgain() throws IOException {
    byte[] content = "weights that matter".getBytes(StandardCharsets.UTF_8);
    Artifact artifact =
        new Artifact(ArtifactKind.WEIGHTS, "weights", content.length, Digests.sha256Hex(content));
    AtomicInteger asked = new AtomicInteger();
    HttpServer answers = damaging(content, 1, asked);
    URI there = URI.create("http://127.0.0.1:" + answers.getAddress().getPort());
    Path target = data.resolve("fetched-twice");
    try (S3ArtifactStore bad = new S3ArtifactStore(settings(there, "test-secret-key"))) {
      bad.get(artifact, target);
    } finally {
      answers.stop(0);
    }
    assertThat(target).hasBinaryContent(content);
    assertThat(asked).hasValue(2);
  }

  @Test
  void whatIsDamagedInTheStoreIsNotTaken() throws IOException {
    byte[] content = "weights that matter".getBytes(StandardCharsets.UTF_8);
    Artifact artifact =
        new Artifact(ArtifactKind.WEIGHTS, "weights", content.length, Digests.sha256Hex(content));
    AtomicInteger asked = new AtomicInteger();
    HttpServer answers = damaging(content, Integer.MAX_VALUE, asked);
    URI there = URI.create("http://127.0.0.1:" + answers.getAddress().getPort());
    Path target = data.resolve("never-there");
    try (S3ArtifactStore bad = new S3ArtifactStore(settings(there, "test-secret-key"))) {
      assertThatThrownBy(() -> bad.get(artifact, target))
          .isInstanceOfSatisfying(
              StoreException.class,
              e -> assertThat(e.reason()).isEqualTo(StoreException.Reason.CORRUPT));
    } finally {
      answers.stop(0);
    }
    assertThat(target).doesNotExist();
    assertThat(asked.get()).isGreaterThan(1);
  }

  @Test
  void hidesItsKeys() {
    S3Settings settings = settings(URI.create("http://127.0.0.1:1"), "a-secret-key");
    assertThat(settings.toString()).doesNotContain("a-secret-key").doesNotContain("access");
    assertThat(new S3ArtifactStore(settings).toString()).doesNotContain("a-secret-key");
  }
}

package dev.fewstep.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import dev.fewstep.embedded.EmbeddedS3;
import dev.fewstep.embedded.S3Credentials;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
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

class S3BucketTest extends S3BucketContract {
  @TempDir static Path directory;
  private static EmbeddedS3 server;
  private static S3Bucket bucket;

  @BeforeAll
  static void start() throws IOException {
    server = EmbeddedS3.start(directory.resolve("s3"), 0, new S3Credentials(ACCESS, SECRET));
    bucket =
        new S3Bucket(new S3Settings(server.endpoint(), "us-east-1", "fewstep", ACCESS, SECRET));
    assertThat(bucket.make()).isTrue();
    assertThat(bucket.make()).as("made once").isFalse();
  }

  @AfterAll
  static void stop() {
    bucket.close();
    server.close();
  }

  @Override
  URI endpoint() {
    return server.endpoint();
  }

  @Override
  S3Bucket bucket() {
    return bucket;
  }

  private static Path file(String text) throws IOException {
    return Files.writeString(Files.createTempFile(directory, "file", ".bin"), text);
  }

  /** Makes an object as old as if it had been written then. */
  private static void age(String key, Duration age) throws IOException {
    Files.setLastModifiedTime(
        directory.resolve("s3").resolve("fewstep").resolve(key),
        FileTime.from(Instant.now().minus(age)));
  }

  @Test
  void an_old_object_gets_young_again_with_its_bytes_and_what_was_told_of_it() throws IOException {
    bucket.upload("sha256/aa/one", file("content"), Map.of("task", "abc", "name", "x.bin"));
    age("sha256/aa/one", Duration.ofHours(30));
    ObjectInfo old = bucket.stat("sha256/aa/one").orElseThrow();
    assertThat(old.age()).isBetween(Duration.ofHours(29), Duration.ofHours(31));
    assertThat(old.metadata()).containsEntry("task", "abc").containsEntry("name", "x.bin");

    assertThat(bucket.freshen(old)).isTrue();

    ObjectInfo young = bucket.stat("sha256/aa/one").orElseThrow();
    assertThat(young.age()).isLessThan(Duration.ofMinutes(5));
    assertThat(young.metadata()).isEqualTo(old.metadata());
    try (S3Bucket.Content content = bucket.open("sha256/aa/one").orElseThrow()) {
      assertThat(content.stream().readAllBytes()).asString().isEqualTo("content");
    }
  }

  @Test
  void a_young_object_is_left_as_it_is_and_one_that_is_gone_cannot_be_freshened()
      throws IOException {
    bucket.upload("sha256/ab/two", file("two"), Map.of());
    age("sha256/ab/two", Duration.ofMinutes(2));
    ObjectInfo known = bucket.stat("sha256/ab/two").orElseThrow();
    assertThat(bucket.freshen(known)).isTrue();
    assertThat(bucket.stat("sha256/ab/two").orElseThrow().lastModified())
        .isEqualTo(known.lastModified());
    age("sha256/ab/two", Duration.ofHours(2));
    ObjectInfo old = bucket.stat("sha256/ab/two").orElseThrow();
    bucket.delete("sha256/ab/two");
    assertThat(bucket.freshen(old)).isFalse();
    assertThat(bucket.stat("sha256/ab/two")).isEmpty();
    bucket.delete("sha256/ab/two");
  }

  @Test
  void what_a_store_does_not_offer_is_told_apart_from_a_failure() throws IOException {
    assertThat(bucket.versioned()).isFalse();
    assertThatThrownBy(bucket::expiryRules)
        .isInstanceOfSatisfying(
            S3Exception.class,
            e -> assertThat(e.reason()).isEqualTo(S3Exception.Reason.UNSUPPORTED));
  }

  @Test
  void a_request_that_the_server_could_not_answer_is_asked_again() throws IOException {
    AtomicInteger asked = new AtomicInteger();
    HttpServer moody =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    moody.createContext(
        "/",
        exchange -> {
          int status = asked.incrementAndGet() < 3 ? 500 : 404;
          exchange.sendResponseHeaders(status, -1);
          exchange.close();
        });
    moody.start();
    URI address = URI.create("http://127.0.0.1:" + moody.getAddress().getPort());
    try (S3Bucket other =
        new S3Bucket(new S3Settings(address, "us-east-1", "fewstep", ACCESS, SECRET))) {
      assertThat(other.stat("sha256/aa/one")).isEmpty();
      assertThat(asked).hasValue(3);
    } finally {
      moody.stop(0);
    }
  }

  @Test
  void settings_refuse_what_cannot_be_an_address_and_hide_the_keys() {
    assertThatThrownBy(
            () -> new S3Settings(URI.create("ftp://x"), "us-east-1", "b", ACCESS, SECRET))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("http://HOST:PORT");
    assertThatThrownBy(
            () -> new S3Settings(URI.create("http://u:p@x"), "us-east-1", "b", ACCESS, SECRET))
        .hasMessageContaining("must not carry credentials");
    assertThat(settings(SECRET).toString()).doesNotContain(ACCESS, SECRET);
  }
}

package dev.fewstep.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.minio.CreateMultipartUploadArgs;
import io.minio.MinioAsyncClient;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What every store must do for {@link S3Bucket}, run against each server that there is. */
abstract class S3BucketContract {
  static final String ACCESS = "access-key-of-a-test";
  static final String SECRET = "secret-key-of-a-test-secret-key-of-a-test";

  @TempDir private Path files;

  /** Where the server of this run listens. */
  abstract URI endpoint();

  /** The bucket {@code fewstep} of that server, which is there. */
  abstract S3Bucket bucket();

  final S3Settings settings(String secret) {
    return new S3Settings(endpoint(), "us-east-1", "fewstep", ACCESS, secret);
  }

  private Path content(String text) throws IOException {
    return Files.writeString(Files.createTempFile(files, "file", ".bin"), text);
  }

  private static byte[] digest(InputStream stream) throws IOException, NoSuchAlgorithmException {
    MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
    try (DigestInputStream in = new DigestInputStream(stream, sha256)) {
      in.transferTo(OutputStream.nullOutputStream());
    }
    return sha256.digest();
  }

  @Test
  void bytes_and_what_was_told_of_them_come_back_and_a_removed_object_is_gone() throws IOException {
    bucket().upload("sha256/ba/one", content("content"), Map.of("task", "abc", "name", "x.bin"));
    ObjectInfo info = bucket().stat("sha256/ba/one").orElseThrow();
    assertThat(info.metadata()).containsEntry("task", "abc").containsEntry("name", "x.bin");
    try (S3Bucket.Content found = bucket().open("sha256/ba/one").orElseThrow()) {
      assertThat(found.bytes()).isEqualTo(7);
      assertThat(found.stream().readAllBytes()).asString().isEqualTo("content");
    }
    assertThat(bucket().copy("sha256/ba/one", "damaged/one", info.metadata())).isTrue();
    bucket().delete("sha256/ba/one");
    bucket().delete("sha256/ba/one");
    assertThat(bucket().stat("sha256/ba/one")).isEmpty();
    assertThat(bucket().open("sha256/ba/one")).isEmpty();
    assertThat(bucket().stat("damaged/one").orElseThrow().metadata()).isEqualTo(info.metadata());
    assertThat(bucket().copy("sha256/ba/one", "damaged/two", Map.of())).isFalse();
  }

  @Test
  void a_file_of_several_parts_comes_back_byte_for_byte() throws Exception {
    Path large = files.resolve("large.bin");
    try (RandomAccessFile file = new RandomAccessFile(large.toFile(), "rw")) {
      for (long at = 0; at < 40L << 20; at += 1 << 20) {
        file.seek(at);
        file.writeLong(at ^ 0x5bd1e995L);
      }
      file.setLength((40L << 20) + 7);
    }
    bucket().upload("sha256/bb/large", large, Map.of());
    assertThat(bucket().stat("sha256/bb/large").orElseThrow().bytes()).isEqualTo((40L << 20) + 7);
    byte[] sent = digest(Files.newInputStream(large));
    try (S3Bucket.Content found = bucket().open("sha256/bb/large").orElseThrow()) {
      assertThat(digest(found.stream())).isEqualTo(sent);
    }
  }

  @Test
  void an_object_that_is_said_to_be_old_is_written_anew_in_its_place() throws IOException {
    bucket().upload("sha256/bc/old", content("old"), Map.of("task", "abc"));
    ObjectInfo known = bucket().stat("sha256/bc/old").orElseThrow();
    ObjectInfo old =
        new ObjectInfo(
            known.key(),
            known.bytes(),
            known.askedAt().minus(S3Bucket.FRESH),
            known.askedAt(),
            known.metadata());
    assertThat(bucket().freshen(old)).isTrue();
    ObjectInfo young = bucket().stat("sha256/bc/old").orElseThrow();
    assertThat(young.lastModified()).isAfterOrEqualTo(known.lastModified());
    assertThat(young.metadata()).isEqualTo(known.metadata());
    try (S3Bucket.Content found = bucket().open("sha256/bc/old").orElseThrow()) {
      assertThat(found.stream().readAllBytes()).asString().isEqualTo("old");
    }
    bucket().delete("sha256/bc/old");
    assertThat(bucket().freshen(old)).isFalse();
    assertThat(bucket().stat("sha256/bc/old")).isEmpty();
  }

  @Test
  void uploads_that_were_begun_are_found_and_ended() throws Exception {
    try (MinioAsyncClient client =
        MinioAsyncClient.builder()
            .endpoint(endpoint().toString())
            .region("us-east-1")
            .credentials(ACCESS, SECRET)
            .build()) {
      client
          .createMultipartUpload(
              CreateMultipartUploadArgs.builder().bucket("fewstep").object("sha256/ac/x").build())
          .join();
    }
    List<UnfinishedUpload> found = bucket().unfinishedUploads();
    assertThat(found).extracting(UnfinishedUpload::key).containsExactly("sha256/ac/x");
    bucket().abort(found.get(0));
    assertThat(bucket().unfinishedUploads()).isEmpty();
  }

  @Test
  void a_listing_ends_when_its_visitor_has_enough() throws IOException {
    for (String name : List.of("a", "b", "c")) {
      bucket().write("listed/" + name, new byte[] {1});
    }
    List<String> keys = new ArrayList<>();
    bucket().list("listed/", object -> keys.add(object.key()));
    assertThat(keys).containsExactlyInAnyOrder("listed/a", "listed/b", "listed/c");
    List<String> two = new ArrayList<>();
    bucket().list("listed/", object -> two.add(object.key()) && two.size() < 2);
    assertThat(two).hasSize(2);
  }

  @Test
  void wrong_keys_and_a_missing_bucket_are_named() {
    try (S3Bucket denied = new S3Bucket(settings("wrong" + SECRET.substring(5)))) {
      assertThatThrownBy(() -> denied.open("sha256/aa/one"))
          .isInstanceOfSatisfying(
              S3Exception.class, e -> assertThat(e.reason()).isEqualTo(S3Exception.Reason.DENIED))
          .hasMessageContaining("check the keys")
          .hasMessageNotContaining(SECRET.substring(5));
    }
    try (S3Bucket other =
        new S3Bucket(new S3Settings(endpoint(), "us-east-1", "nowhere", ACCESS, SECRET))) {
      assertThatThrownBy(() -> other.open("sha256/aa/one"))
          .hasMessageContaining("there is no bucket nowhere");
    }
  }
}

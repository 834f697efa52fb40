package dev.fewstep.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.minio.MinioAsyncClient;
import io.minio.SetBucketLifecycleArgs;
import io.minio.SetBucketVersioningArgs;
import io.minio.messages.Filter;
import io.minio.messages.LifecycleConfiguration;
import io.minio.messages.Status;
import io.minio.messages.VersioningConfiguration;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.ZonedDateTime;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The contract against a real MinIO server: the program named by the system property {@code
 * fewstep.minio} or the variable {@code FEWSTEP_MINIO}, else {@code minio} on the {@code PATH}
 * (deploy/minio/build.sh makes it). Without one it is skipped with a line, or fails when {@code
 * -Dfewstep.require} names {@code minio}.
 */
class MinioBucketTest extends S3BucketContract {
  @TempDir static Path directory;
  private static URI endpoint;
  private static Process server;
  private static S3Bucket bucket;

  private static Optional<Path> program() {
    String named = System.getProperty("fewstep.minio", System.getenv("FEWSTEP_MINIO"));
    if (named != null) {
      return Optional.of(Path.of(named)).filter(Files::isExecutable);
    }
    return Arrays.stream(System.getenv("PATH").split(":"))
        .map(folder -> Path.of(folder, "minio"))
        .filter(Files::isExecutable)
        .findFirst();
  }

  @BeforeAll
  static void start() throws Exception {
    Optional<Path> program = program();
    String absent = "part 'minio' is absent: no program in FEWSTEP_MINIO or on the PATH";
    if (program.isEmpty()) {
      if (Arrays.asList(System.getProperty("fewstep.require", "").split("\\s*,\\s*"))
          .contains("minio")) {
        throw new AssertionError(absent);
      }
      System.err.println("SKIPPED, " + absent + " (-Dfewstep.require=minio makes this an error)");
    }
    assumeTrue(program.isPresent(), "minio is there");
    int port;
    try (ServerSocket free = new ServerSocket(0)) {
      port = free.getLocalPort();
    }
    endpoint = URI.create("http://127.0.0.1:" + port);
    ProcessBuilder builder =
        new ProcessBuilder(
                program.orElseThrow().toString(),
                "server",
                "--quiet",
                "--address",
                "127.0.0.1:" + port,
                directory.resolve("minio").toString())
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("minio.log").toFile());
    builder.environment().put("MINIO_ROOT_USER", ACCESS);
    builder.environment().put("MINIO_ROOT_PASSWORD", SECRET);
    builder.environment().put("MINIO_BROWSER", "off");
    server = builder.start();
    bucket = new S3Bucket(new S3Settings(endpoint, "us-east-1", "fewstep", ACCESS, SECRET));
    assertThat(madeWhenReady()).isTrue();
    assertThat(bucket.make()).as("made once").isFalse();
  }

  private static boolean madeWhenReady() throws IOException, InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(120);
    while (true) {
      try {
        return bucket.make();
      } catch (S3Exception e) {
        if (!server.isAlive() || System.nanoTime() > end) {
          throw new AssertionError(Files.readString(directory.resolve("minio.log")), e);
        }
        Thread.sleep(100);
      }
    }
  }

  @AfterAll
  static void stop() throws InterruptedException {
    if (bucket != null) {
      bucket.close();
    }
    if (server != null) {
      server.destroy();
      assertThat(server.waitFor(60, TimeUnit.SECONDS)).isTrue();
    }
  }

  @Test
  void versions_and_rules_that_remove_objects_are_found() throws Exception {
    assertThat(bucket.versioned()).isFalse();
    assertThat(bucket.expiryRules()).isEmpty();
    try (S3Bucket kept =
            new S3Bucket(new S3Settings(endpoint, "us-east-1", "versions", ACCESS, SECRET));
        MinioAsyncClient client =
            MinioAsyncClient.builder()
                .endpoint(endpoint.toString())
                .region("us-east-1")
                .credentials(ACCESS, SECRET)
                .build()) {
      assertThat(kept.make()).isTrue();
      client
          .setBucketVersioning(
              SetBucketVersioningArgs.builder()
                  .bucket("versions")
                  .config(
                      new VersioningConfiguration(
                          VersioningConfiguration.Status.ENABLED, null, null, null))
                  .build())
          .join();
      client
          .setBucketLifecycle(
              SetBucketLifecycleArgs.builder()
                  .bucket("versions")
                  .config(
                      new LifecycleConfiguration(
                          List.of(
                              new LifecycleConfiguration.Rule(
                                  Status.ENABLED,
                                  null,
                                  new LifecycleConfiguration.Expiration(
                                      (ZonedDateTime) null, 30, null, null),
                                  new Filter(""),
                                  "monthly",
                                  null,
                                  null,
                                  null))))
                  .build())
          .join();
      assertThat(kept.versioned()).isTrue();
      assertThat(kept.expiryRules()).containsExactly("monthly");
    }
  }

  @Override
  URI endpoint() {
    return endpoint;
  }

  @Override
  S3Bucket bucket() {
    return bucket;
  }
}

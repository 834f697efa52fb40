package dev.fewstep.bench;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.fewstep.embedded.EmbeddedS3;
import dev.fewstep.embedded.S3Credentials;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StoreBenchTest {
  private static final S3Credentials KEYS =
      new S3Credentials("access-key-of-a-test", "secret-key-of-a-test-secret-key-of-a-test");

  @TempDir Path folder;

  /**
   * The small form of {@code deploy/bench/store.sh}, whose file is of 5 GiB. The client holds one
   * part of 16 MiB at a time, in a buffer that doubles.
   */
  @Test
  void a_file_passes_through_a_heap_that_is_a_quarter_of_it() throws Exception {
    try (EmbeddedS3 server = EmbeddedS3.start(folder.resolve("s3"), 0, KEYS)) {
      ProcessBuilder builder =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-Xmx64m",
                  "-XX:+UseSerialGC",
                  "-XX:TieredStopAtLevel=1",
                  "-cp",
                  System.getProperty("java.class.path"),
                  StoreBench.class.getName(),
                  "move",
                  folder.toString(),
                  server.endpoint().toString(),
                  "256")
              .redirectErrorStream(true);
      builder.environment().put("AWS_ACCESS_KEY_ID", KEYS.accessKey());
      builder.environment().put("AWS_SECRET_ACCESS_KEY", KEYS.secretKey());
      Process process = builder.start();
      String output = new String(process.getInputStream().readAllBytes(), UTF_8);
      assertThat(process.waitFor()).as(output).isZero();
      List<String> row = List.of(output.strip().lines().toList().get(1).strip().split("\\s+"));
      assertThat(row).hasSize(7).first().isEqualTo("256");
      double before = Double.parseDouble(row.get(3));
      assertThat(Double.parseDouble(row.get(4))).as(output).isLessThan(before + 4);
      assertThat(Double.parseDouble(row.get(5))).as(output).isLessThan(before + 4);
      assertThat(folder.resolve("large.bin")).doesNotExist();
    }
  }
}

package dev.fewstep.orchestrator.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CompressionTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "gzip",
        "gzip, deflate, br",
        "br;q=1.0, GZIP;q=0.5",
        "x-gzip",
        "*",
        "identity, *;q=0.1"
      })
  void gzip_is_used_where_it_is_taken(String accepted) {
    assertThat(Compression.taken(accepted)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "br", "gzip;q=0", "gzip;q=0.000, *", "identity", "*;q=0", "gzipped", ";", ","})
  void and_nowhere_else(String accepted) {
    assertThat(Compression.taken(accepted)).isFalse();
  }

  @Test
  void what_is_compressed_is_smaller_and_comes_back() throws IOException {
    byte[] body = "one line of many\n".repeat(1_000).getBytes(StandardCharsets.UTF_8);
    for (byte[] made : new byte[][] {Compression.quick(body), Compression.small(body)}) {
      assertThat(made.length).isLessThan(body.length / 20);
      try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(made))) {
        assertThat(in.readAllBytes()).isEqualTo(body);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "../app.js",
        "a/../app.js",
        ".hidden.js",
        "a/.git/x.js",
        "/app.js",
        "a//b.js",
        "views",
        "a.exe",
        "a%2fb.js",
        "a\\b.js",
        ""
      })
  void only_plain_names_of_known_types_are_files(String name) {
    assertThat(PageFile.named(name)).isFalse();
  }

  @Test
  void only_files_with_their_version_in_the_name_are_kept_for_long() {
    byte[] text = "text".repeat(100).getBytes(StandardCharsets.UTF_8);
    for (String name :
        new String[] {
          "vendor/preact-11.2.0.mjs",
          "vendor/preact-signals-core-1.14.5.mjs",
          "vendor/uplot-1.6.32.iife.min.js",
          "vendor/echarts-6.1.0-2.mjs",
          "vendor/uplot-1.6.32.css"
        }) {
      assertThat(PageFile.named(name)).isTrue();
      assertThat(PageFile.of(name, text).caching()).as(name).contains("immutable");
    }
    for (String name :
        new String[] {"vendor/SHA256SUMS", "vendor/README.md", "app.js", "index.html"}) {
      assertThat(PageFile.named(name)).isTrue();
      assertThat(PageFile.of(name, text).caching()).as(name).isEqualTo("no-cache");
    }
  }
}

package dev.fewstep.cli.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.fewstep.schemas.Digests;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DownloadTest {
  private static final int SIZE = 300_000;

  @TempDir Path folder;
  private final byte[] content = new byte[SIZE];
  private final List<String> ranges = new ArrayList<>();
  private HttpServer server;
  private String tag = "\"one\"";
  private int breaks;

  @BeforeEach
  void serve() throws IOException {
    for (int i = 0; i < SIZE; i++) {
      content[i] = (byte) (i * 31 + i / 1000);
    }
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/file", this::file);
    server.createContext(
        "/page",
        exchange -> {
          exchange.getResponseHeaders().add("Content-Type", "text/html; charset=utf-8");
          exchange.sendResponseHeaders(200, 2);
          exchange.getResponseBody().write(new byte[2]);
          exchange.close();
        });
    redirect("/moved", "/file");
    redirect("/round", "/round");
    redirect("/local", "file:///etc/passwd");
    server.start();
  }

  @AfterEach
  void stop() {
    server.stop(0);
  }

  private void redirect(String path, String to) {
    server.createContext(
        path,
        exchange -> {
          exchange.getResponseHeaders().add("Location", to);
          exchange.sendResponseHeaders(302, -1);
          exchange.close();
        });
  }

  /** Breaks off in the middle as often as {@link #breaks} says. */
  private void file(HttpExchange exchange) throws IOException {
    String range = exchange.getRequestHeaders().getFirst("Range");
    boolean same = tag.equals(exchange.getRequestHeaders().getFirst("If-Range"));
    ranges.add(String.valueOf(range));
    int start = range != null && same ? Integer.parseInt(range.replaceAll("\\D", "")) : 0;
    exchange.getResponseHeaders().add("ETag", tag);
    if (start > 0) {
      exchange
          .getResponseHeaders()
          .add("Content-Range", "bytes " + start + "-" + (SIZE - 1) + "/" + SIZE);
    }
    exchange.sendResponseHeaders(start > 0 ? 206 : 200, SIZE - start);
    OutputStream body = exchange.getResponseBody();
    if (breaks-- > 0) {
      body.write(content, start, 100_000);
      body.flush();
      exchange.close();
      return;
    }
    body.write(content, start, SIZE - start);
    exchange.close();
  }

  private URI uri(String path) {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + path);
  }

  private Download.Sums fetch(String path, Download.Expected expected) throws IOException {
    return new Download(1 << 20, Duration.ofSeconds(10), (done, total) -> {})
        .fetch(uri(path), folder.resolve("target"), expected);
  }

  private static Download.Expected sha256(String digest) {
    return new Download.Expected(Optional.empty(), Optional.of(digest));
  }

  @Test
  void aFileComesWithItsDigestsOverARedirect() throws IOException {
    String digest = Digests.sha256Hex(content);
    assertThat(fetch("/moved", sha256(digest)).sha256()).isEqualTo(digest);
    assertThat(folder.resolve("target")).hasBinaryContent(content);
    assertThat(folder.toFile().list()).containsExactly("target");
    fetch("/moved", sha256(digest));
    assertThat(ranges).as("what is there is not downloaded again").hasSize(1);
  }

  @Test
  void aBrokenDownloadGoesOnWhereItBroke() throws IOException {
    breaks = 2;
    assertThat(fetch("/file", Download.Expected.nothing()).sha256())
        .isEqualTo(Digests.sha256Hex(content));
    assertThat(ranges).hasSizeGreaterThan(1).first().isEqualTo("null");
    assertThat(ranges.get(ranges.size() - 1)).startsWith("bytes=");
  }

  @Test
  void aFileThatChangedMeanwhileIsStartedAnew() throws IOException {
    Files.write(folder.resolve("target.part"), new byte[1000]);
    Files.writeString(folder.resolve("target.part.tag"), "\"other\"");
    assertThat(fetch("/file", Download.Expected.nothing()).sha256())
        .isEqualTo(Digests.sha256Hex(content));
    assertThat(ranges).containsExactly("bytes=1000-");
  }

  @Test
  void anotherFileThanExpectedIsNotKept() {
    assertThatThrownBy(() -> fetch("/file", sha256("0".repeat(64))))
        .hasMessageContaining("is not the file expected: its SHA-256 is ");
    assertThatThrownBy(
            () ->
                fetch(
                    "/file", new Download.Expected(Optional.of("0".repeat(32)), Optional.empty())))
        .hasMessageContaining("its MD5 is ");
    assertThat(folder.toFile().list()).isEmpty();
  }

  @Test
  void whatMustNotBeFollowedOrKeptIsRefused() {
    assertThatThrownBy(() -> fetch("/round", Download.Expected.nothing()))
        .hasMessageContaining("redirects more than 5 times");
    assertThatThrownBy(() -> fetch("/local", Download.Expected.nothing()))
        .hasMessageContaining("only http and https");
    assertThatThrownBy(() -> fetch("/page", Download.Expected.nothing()))
        .hasMessageContaining("a web page, not a file");
    assertThatThrownBy(() -> fetch("/missing", Download.Expected.nothing()))
        .hasMessageContaining("answered with status 404");
    Download small = new Download(1000, Duration.ofSeconds(10), (done, total) -> {});
    assertThatThrownBy(
            () -> small.fetch(uri("/file"), folder.resolve("t"), Download.Expected.nothing()))
        .hasMessageContaining("is larger than 1000 bytes");
    for (String address : List.of("file:///etc/passwd", "ftp://host/x", "http://u:p@host/x", "x")) {
      assertThatThrownBy(
              () ->
                  small.fetch(
                      URI.create(address), folder.resolve("t"), Download.Expected.nothing()))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageNotContaining("u:p");
    }
  }
}

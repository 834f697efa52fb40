package dev.fewstep.cli.weights;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Downloads a file over http or https. What arrived before an interruption is kept in {@code
 * TARGET.part} and continued where the server can; the file appears under its name once its size
 * and digests are right.
 */
public final class Download {
  private static final int MAX_REDIRECTS = 5;
  private static final int ATTEMPTS = 5;
  private static final int OK = 200;
  private static final int PARTIAL = 206;
  private static final int UNSATISFIABLE = 416;
  private static final int SERVER_ERROR = 500;

  /**
   * What a file is known to be.
   *
   * @param md5 lower-case hex
   * @param sha256 lower-case hex of the digest or of its beginning
   */
  public record Expected(Optional<String> md5, Optional<String> sha256) {
    /** Nothing is known. */
    public static Expected nothing() {
      return new Expected(Optional.empty(), Optional.empty());
    }
  }

  /** The digests of a file, in lower-case hex. */
  public record Sums(String md5, String sha256, long bytes) {}

  /** Watches a download. */
  public interface Progress {
    /**
     * Tells how far it is.
     *
     * @param done bytes on the disk
     * @param total bytes of the whole file, -1 when the server does not say
     */
    void at(long done, long total);
  }

  private final HttpClient http;
  private final long maxBytes;
  private final Duration patience;
  private final Progress progress;

  /**
   * Prepares downloads.
   *
   * @param maxBytes larger files are refused
   * @param patience how long a server may send nothing
   */
  public Download(long maxBytes, Duration patience, Progress progress) {
    this.http =
        HttpClient.newBuilder()
            .connectTimeout(patience)
            .followRedirects(HttpClient.Redirect.NEVER)
            .build();
    this.maxBytes = maxBytes;
    this.patience = patience;
    this.progress = progress;
  }

  /** What a server answered, after redirects. */
  private record Answer(HttpResponse<InputStream> response, URI uri) {}

  /**
   * Downloads, unless the target is there already with the digests expected.
   *
   * @throws IllegalArgumentException when the address is not http or https or carries credentials
   * @throws IOException when the server refuses, the file is too large, or is not the one expected
   */
  public Sums fetch(URI uri, Path target, Expected expected) throws IOException {
    check(uri);
    if (Files.isRegularFile(target)) {
      Sums sums = sums(target);
      if (mismatch(sums, expected).isEmpty()) {
        return sums;
      }
    }
    Files.createDirectories(target.toAbsolutePath().getParent());
    Path part = target.resolveSibling(target.getFileName() + ".part");
    Path tag = target.resolveSibling(target.getFileName() + ".part.tag");
    IOException last = null;
    boolean complete = false;
    for (int attempt = 0; attempt < ATTEMPTS && !complete; attempt++) {
      try {
        complete = attempt(uri, part, tag);
      } catch (Refused e) {
        throw e;
      } catch (IOException e) {
        last = e;
      }
    }
    if (!complete) {
      throw new IOException(
          "the download of %s broke off %d times, the last time with: %s; what arrived is kept, run it again"
              .formatted(uri, ATTEMPTS, last == null ? "no answer" : last.getMessage()),
          last);
    }
    Sums sums = sums(part);
    Optional<String> mismatch = mismatch(sums, expected);
    Files.deleteIfExists(tag);
    if (mismatch.isPresent()) {
      Files.deleteIfExists(part);
      throw new Refused("what " + uri + " sent is not the file expected: " + mismatch.get());
    }
    Files.move(part, target, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    return sums;
  }

  /** A refusal that another attempt would not change. */
  private static final class Refused extends IOException {
    private static final long serialVersionUID = 1;

    Refused(String message) {
      super(message);
    }
  }

  private static void check(URI uri) {
    String scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
    if (!scheme.equals("http") && !scheme.equals("https")) {
      throw new IllegalArgumentException(
          "only http and https addresses are downloaded, not " + uri);
    }
    if (uri.getHost() == null) {
      throw new IllegalArgumentException("the address has no host: " + uri);
    }
    if (uri.getUserInfo() != null) {
      throw new IllegalArgumentException(
          "the address of a download must not carry a user name or password");
    }
  }

  /** One try; false when what is there must be thrown away first. */
  private boolean attempt(URI uri, Path part, Path tag) throws IOException {
    String validator = Files.exists(tag) ? Files.readString(tag).strip() : "";
    long have = Files.exists(part) && !validator.isEmpty() ? Files.size(part) : 0;
    Answer answer = ask(uri, have, validator);
    HttpResponse<InputStream> response = answer.response();
    try (InputStream body = response.body()) {
      int status = response.statusCode();
      if (status == UNSATISFIABLE) {
        Files.deleteIfExists(part);
        Files.deleteIfExists(tag);
        return false;
      }
      if (status >= SERVER_ERROR) {
        throw new IOException("status " + status);
      }
      if (status != OK && status != PARTIAL) {
        throw new Refused(answer.uri() + " answered with status " + status);
      }
      String type = response.headers().firstValue("Content-Type").orElse("");
      if (type.startsWith("text/html")) {
        throw new Refused(
            answer.uri()
                + " answered with a web page, not a file: open it in a browser, download the file by"
                + " hand and import that");
      }
      boolean append = status == PARTIAL && begins(response, have);
      if (status == PARTIAL && !append) {
        throw new Refused(answer.uri() + " sent another part of the file than was asked for");
      }
      long start = append ? have : 0;
      long length = response.headers().firstValueAsLong("Content-Length").orElse(-1);
      long total = length < 0 ? -1 : start + length;
      if (total > maxBytes) {
        throw new Refused(tooLarge(answer.uri()));
      }
      Files.writeString(tag, validator(response));
      long end = copy(body, part, append, start, total, answer.uri());
      if (total >= 0 && end != total) {
        throw new IOException("the connection ended after %d of %d bytes".formatted(end, total));
      }
      return true;
    }
  }

  private String tooLarge(URI uri) {
    return "%s is larger than %d bytes (allow more with --max-size)".formatted(uri, maxBytes);
  }

  private static boolean begins(HttpResponse<?> response, long have) {
    return response
        .headers()
        .firstValue("Content-Range")
        .map(range -> range.startsWith("bytes " + have + "-"))
        .orElse(false);
  }

  /** A strong validator: without one, a part must not be continued. */
  private static String validator(HttpResponse<?> response) {
    String tag = response.headers().firstValue("ETag").orElse("");
    return tag.startsWith("\"") ? tag : response.headers().firstValue("Last-Modified").orElse("");
  }

  private Answer ask(URI uri, long have, String validator) throws IOException {
    URI at = uri;
    for (int redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
      HttpRequest.Builder request = HttpRequest.newBuilder(at).timeout(patience).GET();
      if (have > 0) {
        request.header("Range", "bytes=" + have + "-").header("If-Range", validator);
      }
      HttpResponse<InputStream> response;
      try {
        response = http.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("interrupted", e);
      }
      Optional<String> location = response.headers().firstValue("Location");
      boolean redirected =
          switch (response.statusCode()) {
            case 301, 302, 303, 307, 308 -> true;
            default -> false;
          };
      if (!redirected || location.isEmpty()) {
        return new Answer(response, at);
      }
      response.body().close();
      at = redirect(at, location.get());
    }
    throw new Refused(uri + " redirects more than " + MAX_REDIRECTS + " times");
  }

  private static URI redirect(URI from, String location) throws IOException {
    try {
      URI to = from.resolve(location);
      check(to);
      if ("https".equalsIgnoreCase(from.getScheme()) && !"https".equalsIgnoreCase(to.getScheme())) {
        throw new Refused(from + " redirects from https to " + to + ", which is not followed");
      }
      return to;
    } catch (IllegalArgumentException e) {
      throw new Refused(from + " redirects to where it must not: " + e.getMessage());
    }
  }

  private long copy(InputStream body, Path part, boolean append, long start, long total, URI uri)
      throws IOException {
    AtomicLong lastNews = new AtomicLong(System.nanoTime());
    ScheduledExecutorService watch =
        Executors.newSingleThreadScheduledExecutor(
            task -> {
              Thread thread = new Thread(task, "download-watch");
              thread.setDaemon(true);
              return thread;
            });
    ScheduledFuture<?> watching =
        watch.scheduleWithFixedDelay(
            () -> {
              if (System.nanoTime() - lastNews.get() > patience.toNanos()) {
                closeQuietly(body);
              }
            },
            1,
            1,
            TimeUnit.SECONDS);
    long at = start;
    try (OutputStream out =
        Files.newOutputStream(
            part,
            StandardOpenOption.CREATE,
            StandardOpenOption.WRITE,
            append ? StandardOpenOption.APPEND : StandardOpenOption.TRUNCATE_EXISTING)) {
      byte[] chunk = new byte[1 << 16];
      for (int read = body.read(chunk); read >= 0; read = body.read(chunk)) {
        at += read;
        if (at > maxBytes) {
          throw new Refused(tooLarge(uri));
        }
        out.write(chunk, 0, read);
        lastNews.set(System.nanoTime());
        progress.at(at, total);
      }
      return at;
    } finally {
      watching.cancel(true);
      watch.shutdownNow();
    }
  }

  private static void closeQuietly(InputStream body) {
    try {
      body.close();
    } catch (IOException e) {
      // The reader sees that the stream is closed; that closing failed adds nothing.
    }
  }

  /** Empty when a file is the one expected, else what differs. */
  public static Optional<String> mismatch(Sums sums, Expected expected) {
    if (expected.md5().isPresent() && !expected.md5().get().equals(sums.md5())) {
      return Optional.of("its MD5 is " + sums.md5() + ", expected " + expected.md5().get());
    }
    if (expected.sha256().isPresent() && !sums.sha256().startsWith(expected.sha256().get())) {
      return Optional.of(
          "its SHA-256 is " + sums.sha256() + ", expected " + expected.sha256().get());
    }
    return Optional.empty();
  }

  /** The digests of a file. */
  public static Sums sums(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      MessageDigest md5 = MessageDigest.getInstance("MD5");
      MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
      byte[] chunk = new byte[1 << 16];
      long bytes = 0;
      for (int read = in.read(chunk); read >= 0; read = in.read(chunk)) {
        md5.update(chunk, 0, read);
        sha256.update(chunk, 0, read);
        bytes += read;
      }
      HexFormat hex = HexFormat.of();
      return new Sums(hex.formatHex(md5.digest()), hex.formatHex(sha256.digest()), bytes);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has MD5 and SHA-256", e);
    }
  }
}

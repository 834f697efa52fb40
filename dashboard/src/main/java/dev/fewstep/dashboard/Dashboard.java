package dev.fewstep.dashboard;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Where the page lies on the class path, and the policy that it is served under. */
public final class Dashboard {
  /** Class path folder that holds {@code index.html}; without leading or trailing slash. */
  public static final String WEBROOT = "webroot";

  private static final Pattern INLINE =
      Pattern.compile("<script type=\"importmap\">(.*?)</script>", Pattern.DOTALL);

  private Dashboard() {}

  /**
   * Value of the Content-Security-Policy header: only this server's own files, and the one inline
   * script there is, the import map, by its hash.
   */
  public static String contentSecurityPolicy() {
    Matcher matcher = INLINE.matcher(text("index.html"));
    if (!matcher.find()) {
      throw new IllegalStateException("index.html has no import map");
    }
    return "default-src 'self'; script-src 'self' 'sha256-"
        + Base64.getEncoder().encodeToString(sha256(matcher.group(1)))
        + "'; img-src 'self' data:; object-src 'none'; base-uri 'self'; form-action 'none';"
        + " frame-ancestors 'none'";
  }

  /**
   * Text of a file of the page.
   *
   * @throws IllegalArgumentException when there is none of that name
   */
  public static String text(String name) {
    return new String(
        file(name).orElseThrow(() -> new IllegalArgumentException("the page has no file " + name)),
        StandardCharsets.UTF_8);
  }

  /** Bytes of a file of the page; empty when there is none of that name. */
  public static Optional<byte[]> file(String name) {
    try (InputStream stream = Dashboard.class.getResourceAsStream("/" + WEBROOT + "/" + name)) {
      return stream == null ? Optional.empty() : Optional.of(stream.readAllBytes());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static byte[] sha256(String text) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}

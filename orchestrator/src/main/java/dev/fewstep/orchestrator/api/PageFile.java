package dev.fewstep.orchestrator.api;

import static java.util.Objects.requireNonNull;

import dev.fewstep.schemas.Digests;
import io.vertx.core.buffer.Buffer;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A file of the page, plain and compressed.
 *
 * @param type value of Content-Type
 * @param caching value of Cache-Control
 * @param plain as it is
 * @param compressed by gzip; empty when that makes it no smaller
 * @param digest of its bytes
 */
record PageFile(
    String type, String caching, Buffer plain, Optional<Buffer> compressed, String digest) {
  private static final int TAG = 20;

  /** No hidden files, no way up, nothing to decode. */
  private static final Pattern NAME =
      Pattern.compile("(?:[A-Za-z0-9_][A-Za-z0-9._-]*/)*[A-Za-z0-9_][A-Za-z0-9._-]*");

  /** Vendored with its version in the name: what lies under the name never changes. */
  private static final Pattern VERSIONED =
      Pattern.compile("vendor/[a-z0-9-]+-\\d+\\.\\d+\\.\\d+(?:-\\d+)?\\.[A-Za-z.]+");

  private static final Map<String, String> TYPES =
      Map.of(
          "html", "text/html;charset=UTF-8",
          "js", "text/javascript;charset=UTF-8",
          "mjs", "text/javascript;charset=UTF-8",
          "css", "text/css;charset=UTF-8",
          "svg", "image/svg+xml;charset=UTF-8",
          "json", "application/json",
          "md", "text/plain;charset=UTF-8",
          "LICENSE", "text/plain;charset=UTF-8",
          "SHA256SUMS", "text/plain;charset=UTF-8");

  PageFile {
    requireNonNull(type, "type");
    requireNonNull(caching, "caching");
    requireNonNull(plain, "plain");
    requireNonNull(compressed, "compressed");
    requireNonNull(digest, "digest");
  }

  /** Whether a file of the page may have a name. */
  static boolean named(String name) {
    return NAME.matcher(name).matches() && TYPES.containsKey(ending(name));
  }

  private static String ending(String name) {
    String file = name.substring(name.lastIndexOf('/') + 1);
    return file.substring(file.lastIndexOf('.') + 1);
  }

  /**
   * Of bytes.
   *
   * @param name as {@link #named} allows it
   */
  static PageFile of(String name, byte[] bytes) {
    byte[] small = Compression.small(bytes);
    return new PageFile(
        TYPES.get(ending(name)),
        VERSIONED.matcher(name).matches() ? "public, max-age=31536000, immutable" : "no-cache",
        Buffer.buffer(bytes),
        small.length < bytes.length ? Optional.of(Buffer.buffer(small)) : Optional.empty(),
        Digests.sha256Hex(bytes));
  }

  /** Entity tag of one of the two forms: strong, so each has its own. */
  String tag(boolean gzip) {
    return '"' + digest.substring(0, TAG) + (gzip ? "-gzip" : "") + '"';
  }
}

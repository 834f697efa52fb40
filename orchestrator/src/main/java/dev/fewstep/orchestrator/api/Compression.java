package dev.fewstep.orchestrator.api;

import io.vertx.ext.web.RoutingContext;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.Locale;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;

/**
 * Makes whole bodies smaller for clients that ask for it, before they are sent: the same over every
 * version of HTTP, and streams of events and downloads are left alone.
 */
final class Compression {
  /** Bodies below this many bytes fit a packet anyway. */
  static final int LEAST_BYTES = 1_400;

  private Compression() {}

  /** Whether the client of a request takes gzip. */
  static boolean taken(RoutingContext context) {
    return taken(String.join(",", context.request().headers().getAll("Accept-Encoding")));
  }

  /** Whether a value of Accept-Encoding allows gzip; a weight of 0 forbids it (RFC 9110). */
  static boolean taken(String accepted) {
    boolean any = false;
    for (String one : accepted.toLowerCase(Locale.ROOT).split(",")) {
      String[] parts = one.split(";", -1);
      String name = parts[0].strip();
      if (name.equals("gzip") || name.equals("x-gzip")) {
        return weighs(parts);
      }
      any |= name.equals("*") && weighs(parts);
    }
    return any;
  }

  private static boolean weighs(String[] parts) {
    for (int i = 1; i < parts.length; i++) {
      String part = parts[i].strip();
      if (part.startsWith("q=")) {
        return !part.substring(2).strip().matches("0(\\.0*)?");
      }
    }
    return true;
  }

  /** Quickly, for an answer that is made for one request. */
  static byte[] quick(byte[] body) {
    return gzip(body, Deflater.BEST_SPEED);
  }

  /** As small as it gets, for what is kept. */
  static byte[] small(byte[] body) {
    return gzip(body, Deflater.BEST_COMPRESSION);
  }

  private static byte[] gzip(byte[] body, int level) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(body.length / 3 + 64);
    try (OutputStream out = new Levelled(bytes, level)) {
      out.write(body);
    } catch (IOException e) {
      throw new UncheckedIOException("memory refused to be written", e);
    }
    return bytes.toByteArray();
  }

  private static final class Levelled extends GZIPOutputStream {
    Levelled(OutputStream out, int level) throws IOException {
      super(out, 8_192);
      def.setLevel(level);
    }
  }
}

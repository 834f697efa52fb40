package dev.fewstep.schemas;

import static java.util.Objects.requireNonNull;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** SHA-256 digests in lower-case hex. */
public final class Digests {
  private static final int HEX_LENGTH = 64;

  private Digests() {}

  /** Returns a fresh SHA-256. */
  public static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  /** Hex SHA-256 of a text's UTF-8 bytes. */
  public static String sha256Hex(String text) {
    return sha256Hex(text.getBytes(StandardCharsets.UTF_8));
  }

  /** Hex SHA-256 of bytes. */
  public static String sha256Hex(byte[] bytes) {
    return HexFormat.of().formatHex(sha256().digest(bytes));
  }

  /**
   * Returns {@code value} when it is 64 lower-case hex digits.
   *
   * @throws IllegalArgumentException otherwise, naming {@code what}
   */
  public static String requireSha256(String value, String what) {
    requireNonNull(value, what);
    if (!isSha256(value)) {
      throw new IllegalArgumentException(
          what + " must be 64 lower-case hexadecimal digits, not '" + value + "'");
    }
    return value;
  }

  private static boolean isSha256(String value) {
    if (value.length() != HEX_LENGTH) {
      return false;
    }
    for (int i = 0; i < HEX_LENGTH; i++) {
      char digit = value.charAt(i);
      if ((digit < '0' || digit > '9') && (digit < 'a' || digit > 'f')) {
        return false;
      }
    }
    return true;
  }
}

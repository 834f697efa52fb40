package dev.fewstep.orchestrator.access;

import static dev.fewstep.schemas.spec.Checks.require;
import static java.util.Objects.requireNonNull;

import dev.fewstep.schemas.state.TokenRecord;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;

/**
 * The text of a token, {@code fst_<id>_<256 random bits in base64url>}. The prefix lets scanners
 * for leaked secrets find it. The text is never printed but once, to who asked for it.
 *
 * <p>Its SHA-256 is what is kept. Slow salted hashes protect what people choose and others guess;
 * 256 random bits cannot be guessed at any speed, and every request is checked.
 */
public final class TokenText {
  private static final String PREFIX = "fst_";
  private static final int ID = 12;
  private static final int RANDOM_BYTES = 32;
  private static final Pattern FORM = Pattern.compile(PREFIX + "[0-9a-f]{12}_[A-Za-z0-9_-]{43}");

  private final String text;

  private TokenText(String text) {
    this.text = text;
  }

  /** The id of the token that a command makes; the same however often it is asked for. */
  public static String id(UUID commandId) {
    return digest("token " + commandId).substring(0, ID);
  }

  /** A new token. */
  public static TokenText make(String id, SecureRandom random) {
    require(TokenRecord.ID.matcher(id).matches(), "'%s' is no token's id", id);
    byte[] bytes = new byte[RANDOM_BYTES];
    random.nextBytes(bytes);
    return new TokenText(
        PREFIX + id + "_" + Base64.getUrlEncoder().withoutPadding().encodeToString(bytes));
  }

  /** A token that somebody shows; empty when it has not the form of one. */
  public static Optional<TokenText> read(String text) {
    requireNonNull(text, "text");
    return FORM.matcher(text).matches() ? Optional.of(new TokenText(text)) : Optional.empty();
  }

  /** What people know it by. */
  public String id() {
    return text.substring(PREFIX.length(), PREFIX.length() + ID);
  }

  /** What is kept of it. */
  public String sha256() {
    return digest(text);
  }

  /** The secret itself, for the one who asked for it. */
  public String reveal() {
    return text;
  }

  /** SHA-256 of a text, in hex. */
  static String digest(String text) {
    try {
      return HexFormat.of()
          .formatHex(
              MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  /** Whether two digests are equal; takes as long wherever they differ. */
  static boolean same(String digest, String other) {
    return MessageDigest.isEqual(
        digest.getBytes(StandardCharsets.US_ASCII), other.getBytes(StandardCharsets.US_ASCII));
  }

  @Override
  public String toString() {
    return PREFIX + id() + "_********";
  }
}

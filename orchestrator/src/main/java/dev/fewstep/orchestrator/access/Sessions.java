package dev.fewstep.orchestrator.access;

import static java.util.Objects.requireNonNull;

import java.nio.charset.StandardCharsets;
import java.security.InvalidKeyException;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * What a browser keeps instead of a token: which token was shown and until when that holds, sealed
 * so that every replica reads it and nobody makes one. It is worth less than the token: it expires
 * sooner, ends with the token, and is nothing to show in a header.
 */
public final class Sessions {
  /** How long a browser stays signed in. */
  public static final Duration LONGEST = Duration.ofHours(12);

  private static final String OPERATOR = "operator";
  private static final Pattern FORM =
      Pattern.compile(
          "(" + OPERATOR + "|[0-9a-f]{12})\\.(\\d{1,12})\\.[0-9a-f]{32}\\.([0-9a-f]{64})");

  private final SecretKeySpec key;
  private final SecureRandom random = new SecureRandom();

  /**
   * Sealed with a secret.
   *
   * @param secret the same on every replica; whoever learns it makes sessions
   */
  public Sessions(String secret) {
    key = new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), "HmacSHA256");
  }

  /**
   * A session that was opened.
   *
   * @param tokenId the token that was shown; empty for the operator's own
   * @param until from when on it is worth nothing
   */
  public record Session(Optional<String> tokenId, Instant until) {
    public Session {
      requireNonNull(tokenId, "tokenId");
      requireNonNull(until, "until");
    }
  }

  /** The text of a new session. */
  public String open(Session session) {
    byte[] nonce = new byte[16];
    random.nextBytes(nonce);
    String sealed =
        session.tokenId().orElse(OPERATOR)
            + "."
            + session.until().getEpochSecond()
            + "."
            + HexFormat.of().formatHex(nonce);
    return sealed + "." + seal("session " + sealed);
  }

  /** The session that a text is, if it was made here and still holds. */
  public Optional<Session> read(String text, Instant now) {
    Matcher form = FORM.matcher(text);
    if (!form.matches()) {
      return Optional.empty();
    }
    String sealed = text.substring(0, text.length() - form.group(3).length() - 1);
    if (!TokenText.same(seal("session " + sealed), form.group(3))) {
      return Optional.empty();
    }
    Instant until = Instant.ofEpochSecond(Long.parseLong(form.group(2)));
    String holder = form.group(1);
    return Optional.of(
            new Session(holder.equals(OPERATOR) ? Optional.empty() : Optional.of(holder), until))
        .filter(session -> now.isBefore(session.until()));
  }

  /** What a page of this server knows of its session, and a page of another does not. */
  public String proof(String text) {
    return seal("csrf " + text);
  }

  /** Whether that is a session's proof. */
  public boolean proves(String proof, String text) {
    return TokenText.same(proof(text), proof);
  }

  private String seal(String text) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(key);
      return HexFormat.of().formatHex(mac.doFinal(text.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException | InvalidKeyException e) {
      throw new IllegalStateException("every Java has HmacSHA256", e);
    }
  }
}

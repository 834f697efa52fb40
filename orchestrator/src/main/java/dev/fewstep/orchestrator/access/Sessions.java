package dev.fewstep.orchestrator.access;

import static dev.fewstep.schemas.spec.Checks.require;
import static java.util.Objects.requireNonNull;

import dev.fewstep.schemas.AccessRole;
import dev.fewstep.schemas.Json;
import java.nio.charset.StandardCharsets;
import java.security.InvalidKeyException;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Collections;
import java.util.HexFormat;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
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
  private static final String PERSON = "person-";
  private static final Pattern FORM =
      Pattern.compile(
          "("
              + OPERATOR
              + "|[0-9a-f]{12}|"
              + PERSON
              + "[A-Za-z0-9_-]{1,2700})\\.(\\d{1,12})\\.[0-9a-f]{32}\\.([0-9a-f]{64})");

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

  /** Who showed what a session was given for. */
  public sealed interface Holder {
    /** The holder that a caller is. */
    static Holder of(Caller caller) {
      if (caller.tokenId().isPresent()) {
        return new Token(caller.tokenId().get());
      }
      return caller.equals(Caller.operator()) ? new Operator() : Person.of(caller);
    }
  }

  /** Who has the operator's own token. */
  public record Operator() implements Holder {}

  /** Who has one of the server's tokens; it is asked for at every request. */
  public record Token(String id) implements Holder {
    public Token {
      requireNonNull(id, "id");
    }
  }

  /**
   * Whom an identity provider vouched for. No token of theirs is kept, so the session itself says
   * what they may do.
   */
  public record Person(String name, AccessRole role, Set<String> projects) implements Holder {
    public Person {
      requireNonNull(name, "name");
      requireNonNull(role, "role");
      projects = Collections.unmodifiableSortedSet(new TreeSet<>(projects));
    }

    static Person of(Caller caller) {
      return new Person(caller.name(), caller.role(), caller.projects());
    }

    Caller caller() {
      return new Caller(name, Optional.empty(), true, role, projects, Instant.MAX);
    }
  }

  /**
   * A session that was opened.
   *
   * @param holder whose it is
   * @param until from when on it is worth nothing
   */
  public record Session(Holder holder, Instant until) {
    public Session {
      requireNonNull(holder, "holder");
      requireNonNull(until, "until");
    }
  }

  /**
   * The text of a new session.
   *
   * @throws IllegalArgumentException when its holder has more projects than a cookie can name
   */
  public String open(Session session) {
    byte[] nonce = new byte[16];
    random.nextBytes(nonce);
    String sealed =
        text(session.holder())
            + "."
            + session.until().getEpochSecond()
            + "."
            + HexFormat.of().formatHex(nonce);
    String text = sealed + "." + seal("session " + sealed);
    require(FORM.matcher(text).matches(), "a session cannot name so many projects");
    return text;
  }

  private static String text(Holder holder) {
    if (holder instanceof Token token) {
      return token.id();
    }
    return holder instanceof Person person
        ? PERSON + Base64.getUrlEncoder().withoutPadding().encodeToString(Json.toBytes(person))
        : OPERATOR;
  }

  private static Holder holder(String text) {
    if (text.startsWith(PERSON)) {
      return Json.fromBytes(
          Base64.getUrlDecoder().decode(text.substring(PERSON.length())), Person.class);
    }
    return text.equals(OPERATOR) ? new Operator() : new Token(text);
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
    return Optional.of(new Session(holder(form.group(1)), until))
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

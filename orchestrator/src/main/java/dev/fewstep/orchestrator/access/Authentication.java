package dev.fewstep.orchestrator.access;

import static java.util.Objects.requireNonNull;

import dev.fewstep.schemas.state.TokenRecord;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Function;

/** Finds out who asks. What is wrong with a token is never told: only that it lets nobody in. */
public final class Authentication {
  private static final String SCHEME = "Bearer ";

  private final AccessSettings settings;
  private final Optional<Sessions> sessions;

  /** By those settings. */
  public Authentication(AccessSettings settings) {
    this.settings = requireNonNull(settings, "settings");
    this.sessions = settings.adminDigest().map(Sessions::new);
  }

  /**
   * Who asks.
   *
   * @param authorization the request's header of that name
   * @param tokens finds a token by its id
   * @param now the time by which tokens expire
   * @return empty when the request is to be refused
   */
  public Optional<Caller> caller(
      Optional<String> authorization, Function<String, Optional<TokenRecord>> tokens, Instant now) {
    if (settings.adminDigest().isEmpty()) {
      return Optional.of(Caller.anybody());
    }
    return authorization
        .filter(header -> header.regionMatches(true, 0, SCHEME, 0, SCHEME.length()))
        .map(header -> header.substring(SCHEME.length()).strip())
        .flatMap(shown -> holder(shown, settings.adminDigest().get(), tokens, now));
  }

  private static Optional<Caller> holder(
      String shown,
      String adminDigest,
      Function<String, Optional<TokenRecord>> tokens,
      Instant now) {
    if (TokenText.same(TokenText.digest(shown), adminDigest)) {
      return Optional.of(Caller.operator());
    }
    return TokenText.read(shown)
        .flatMap(
            text ->
                tokens
                    .apply(text.id())
                    .filter(token -> TokenText.same(text.sha256(), token.sha256()))
                    .filter(token -> token.valid(now))
                    .map(Caller::holder));
  }

  /**
   * Who asks from a browser that was signed in.
   *
   * @param session what the browser shows
   * @param tokens finds a token by its id
   * @param now the time by which sessions and tokens expire
   * @return empty when the request is to be refused
   */
  public Optional<Caller> signedIn(
      String session, Function<String, Optional<TokenRecord>> tokens, Instant now) {
    return sessions()
        .flatMap(all -> all.read(session, now))
        .flatMap(
            read ->
                (read.tokenId().isEmpty()
                        ? Optional.of(Caller.operator())
                        : tokens
                            .apply(read.tokenId().get())
                            .filter(token -> token.valid(now))
                            .map(Caller::holder))
                    .map(caller -> caller.atMost(read.until())));
  }

  /** What is given to a browser to show from now on, and until when it holds. */
  public Sessions.Session session(Caller caller, Instant now) {
    Instant longest = now.plus(Sessions.LONGEST);
    return new Sessions.Session(
        caller.tokenId(), caller.until().isBefore(longest) ? caller.until() : longest);
  }

  /** Those of this server; empty where everybody is let in. */
  public Optional<Sessions> sessions() {
    return sessions;
  }

  /**
   * Whether who was let in before would be let in again, for what stays open.
   *
   * @param caller as found out then
   */
  public boolean still(Caller caller, Function<String, Optional<TokenRecord>> tokens, Instant now) {
    return now.isBefore(caller.until())
        && (caller.tokenId().isEmpty()
            || tokens.apply(caller.tokenId().get()).map(token -> token.valid(now)).orElse(false));
  }
}

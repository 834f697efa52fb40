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
  private final Optional<IdentityProvider> provider;

  /** By those settings. */
  public Authentication(AccessSettings settings) {
    this.settings = requireNonNull(settings, "settings");
    this.sessions = settings.adminDigest().map(Sessions::new);
    this.provider = settings.oidc().map(IdentityProvider::new);
  }

  /**
   * Whether finding out who asks may block: then the provider is asked, or its signature checked.
   */
  public boolean mayBlock(Optional<String> authorization) {
    return provider.isPresent()
        && shown(authorization).filter(IdentityProvider::looksRight).isPresent();
  }

  /** The token of a header of the scheme Bearer. */
  static Optional<String> shown(Optional<String> authorization) {
    return authorization
        .filter(header -> header.regionMatches(true, 0, SCHEME, 0, SCHEME.length()))
        .map(header -> header.substring(SCHEME.length()).strip());
  }

  /**
   * Who asks. Blocks where {@link #mayBlock} says so.
   *
   * @param authorization the request's header of that name
   * @param tokens finds a token by its id
   * @param now the time by which tokens expire
   * @return empty when the request is to be refused
   * @throws ProviderUnavailableException when only the identity provider could tell, and does not
   */
  public Optional<Caller> caller(
      Optional<String> authorization, Function<String, Optional<TokenRecord>> tokens, Instant now) {
    if (settings.adminDigest().isEmpty()) {
      return Optional.of(Caller.anybody());
    }
    return shown(authorization)
        .flatMap(shown -> holder(shown, settings.adminDigest().get(), tokens, now))
        .filter(caller -> now.isBefore(caller.until()));
  }

  private Optional<Caller> holder(
      String shown,
      String adminDigest,
      Function<String, Optional<TokenRecord>> tokens,
      Instant now) {
    if (TokenText.same(TokenText.digest(shown), adminDigest)) {
      return Optional.of(Caller.operator());
    }
    Optional<TokenText> own = TokenText.read(shown);
    if (own.isEmpty()) {
      return provider.flatMap(asked -> asked.caller(shown));
    }
    return own.flatMap(
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
            read -> holder(read.holder(), tokens, now).map(caller -> caller.atMost(read.until())));
  }

  private static Optional<Caller> holder(
      Sessions.Holder holder, Function<String, Optional<TokenRecord>> tokens, Instant now) {
    if (holder instanceof Sessions.Token token) {
      return tokens.apply(token.id()).filter(known -> known.valid(now)).map(Caller::holder);
    }
    if (holder instanceof Sessions.Person person) {
      return Optional.of(person.caller());
    }
    return Optional.of(Caller.operator());
  }

  /** What is given to a browser to show from now on, and until when it holds. */
  public Sessions.Session session(Caller caller, Instant now) {
    Instant longest = now.plus(Sessions.LONGEST);
    return new Sessions.Session(
        Sessions.Holder.of(caller), caller.until().isBefore(longest) ? caller.until() : longest);
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

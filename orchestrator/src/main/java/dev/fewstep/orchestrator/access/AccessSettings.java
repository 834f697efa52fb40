package dev.fewstep.orchestrator.access;

import static dev.fewstep.schemas.spec.Checks.require;
import static java.util.Objects.requireNonNull;

import java.util.Optional;

/**
 * How the API is protected.
 *
 * @param adminDigest SHA-256 of the operator's own token, with which the first others are made;
 *     when there is one, every request must show a token, and it seals what browsers are given to
 *     show. A secret too: it is nowhere but here. Empty to let everybody in
 * @param insecure whether everybody is let in off loopback too, knowingly
 * @param oidc an identity provider whose tokens are taken too
 * @param metricsDigest SHA-256 of the token that {@code /metrics} asks for; empty to ask for none
 * @param limits how much callers may ask for
 */
public record AccessSettings(
    Optional<String> adminDigest,
    boolean insecure,
    Optional<OidcSettings> oidc,
    Optional<String> metricsDigest,
    Limits limits) {
  private static final int LEAST_CHARACTERS = 32;

  public AccessSettings {
    requireNonNull(adminDigest, "adminDigest");
    require(
        adminDigest.isEmpty() || !insecure,
        "an admin token and --insecure contradict each other: leave one out");
    requireNonNull(oidc, "oidc");
    requireNonNull(metricsDigest, "metricsDigest");
    requireNonNull(limits, "limits");
    require(
        oidc.isEmpty() || adminDigest.isPresent(),
        "an identity provider is of no use to a server that asks nobody who they are: set an admin"
            + " token too");
  }

  /** Everybody who reaches the server is let in; a server takes this on loopback only. */
  public static AccessSettings open() {
    return of(Optional.empty(), false);
  }

  /**
   * Requests must show tokens.
   *
   * @param adminToken the operator's own; at least 32 characters without white space
   */
  public static AccessSettings required(String adminToken) {
    return of(Optional.of(digest("admin", adminToken)), false);
  }

  private static AccessSettings of(Optional<String> adminDigest, boolean insecure) {
    return new AccessSettings(
        adminDigest, insecure, Optional.empty(), Optional.empty(), Limits.usual());
  }

  private static String digest(String which, String token) {
    boolean fits =
        token.length() >= LEAST_CHARACTERS && token.chars().noneMatch(c -> c <= ' ' || c > '~');
    require(
        fits,
        "the %s token must be at least %s characters without white space: make one with"
            + " 'openssl rand -hex 32'",
        which,
        LEAST_CHARACTERS);
    return TokenText.digest(token);
  }

  /** Everybody is let in, wherever the server listens. */
  public static AccessSettings unprotected() {
    return of(Optional.empty(), true);
  }

  /** The same with an identity provider. */
  public AccessSettings withOidc(Optional<OidcSettings> value) {
    return new AccessSettings(adminDigest, insecure, value, metricsDigest, limits);
  }

  /**
   * The same, of which {@code /metrics} asks for a token.
   *
   * @param token at least 32 characters without white space; empty to ask for none
   */
  public AccessSettings withMetricsToken(Optional<String> token) {
    return new AccessSettings(
        adminDigest, insecure, oidc, token.map(text -> digest("metrics", text)), limits);
  }

  /** The same with other limits. */
  public AccessSettings withLimits(Limits value) {
    return new AccessSettings(adminDigest, insecure, oidc, metricsDigest, value);
  }

  /**
   * Whether who shows that may read the meters.
   *
   * @param authorization the request's header of that name
   */
  public boolean showsMetrics(Optional<String> authorization) {
    return metricsDigest.isEmpty()
        || Authentication.shown(authorization)
            .filter(shown -> TokenText.same(TokenText.digest(shown), metricsDigest.get()))
            .isPresent();
  }

  /** Whether requests must show tokens. */
  public boolean enforced() {
    return adminDigest.isPresent();
  }

  /** Without the digest. */
  @Override
  public String toString() {
    return enforced() ? "tokens required" : insecure ? "insecure" : "open";
  }
}

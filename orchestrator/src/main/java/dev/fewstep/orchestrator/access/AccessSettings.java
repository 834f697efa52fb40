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
 */
public record AccessSettings(
    Optional<String> adminDigest, boolean insecure, Optional<OidcSettings> oidc) {
  private static final int LEAST_CHARACTERS = 32;

  public AccessSettings {
    requireNonNull(adminDigest, "adminDigest");
    require(
        adminDigest.isEmpty() || !insecure,
        "an admin token and --insecure contradict each other: leave one out");
    requireNonNull(oidc, "oidc");
    require(
        oidc.isEmpty() || adminDigest.isPresent(),
        "an identity provider is of no use to a server that asks nobody who they are: set an admin"
            + " token too");
  }

  /** Everybody who reaches the server is let in; a server takes this on loopback only. */
  public static AccessSettings open() {
    return new AccessSettings(Optional.empty(), false, Optional.empty());
  }

  /**
   * Requests must show tokens.
   *
   * @param adminToken the operator's own; at least 32 characters without white space
   */
  public static AccessSettings required(String adminToken) {
    boolean fits =
        adminToken.length() >= LEAST_CHARACTERS
            && adminToken.chars().noneMatch(c -> c <= ' ' || c > '~');
    require(
        fits,
        "the admin token must be at least %s characters without white space: make one with"
            + " 'openssl rand -hex 32'",
        LEAST_CHARACTERS);
    return new AccessSettings(Optional.of(TokenText.digest(adminToken)), false, Optional.empty());
  }

  /** Everybody is let in, wherever the server listens. */
  public static AccessSettings unprotected() {
    return new AccessSettings(Optional.empty(), true, Optional.empty());
  }

  /** The same with an identity provider. */
  public AccessSettings withOidc(Optional<OidcSettings> value) {
    return new AccessSettings(adminDigest, insecure, value);
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

package dev.fewstep.orchestrator.access;

import static dev.fewstep.schemas.spec.Checks.require;
import static java.util.Objects.requireNonNull;

import java.net.URI;
import java.util.List;
import java.util.Set;

/**
 * The identity provider whose bearer tokens are taken beside fewstep's own.
 *
 * @param issuer exactly what its tokens say in {@code iss}; its keys are found from there, by
 *     OpenID Connect Discovery 1.0. {@code https}, or {@code http} on loopback
 * @param audience what a token must be for, in {@code aud}: who takes every token of an issuer
 *     takes those that were given to other programs
 * @param claim where a token lists its holder's groups; dots lead into objects, such as {@code
 *     realm_access.roles}
 * @param grants what the groups may do; who is in none of them is not let in
 */
public record OidcSettings(URI issuer, String audience, String claim, List<Grant> grants) {
  private static final Set<String> LOOPBACK = Set.of("localhost", "127.0.0.1", "[::1]");

  public OidcSettings {
    requireNonNull(issuer, "issuer");
    boolean safe =
        "https".equals(issuer.getScheme())
            || ("http".equals(issuer.getScheme()) && LOOPBACK.contains(issuer.getHost()));
    require(
        safe && issuer.getHost() != null && issuer.getUserInfo() == null,
        "the issuer must be an address that begins with https://, without a password, not '%s'",
        issuer.getUserInfo() == null ? issuer : "(one with a password)");
    require(
        issuer.getQuery() == null && issuer.getFragment() == null,
        "the issuer must have neither query nor fragment: '%s'",
        issuer);
    require(!audience.isBlank(), "an audience must be named that tokens are for");
    require(!claim.isBlank(), "a claim must be named that lists groups");
    grants = List.copyOf(grants);
    require(!grants.isEmpty(), "at least one group must be granted a role");
  }
}

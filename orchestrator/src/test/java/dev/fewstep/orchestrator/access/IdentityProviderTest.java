package dev.fewstep.orchestrator.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.PlainJWT;
import dev.fewstep.orchestrator.LocalIssuer;
import dev.fewstep.schemas.AccessRole;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class IdentityProviderTest {
  private static final String GRANTS = "masters=admin, vision=submitter:alpha|beta, all=viewer";
  private static final Duration SOON = Duration.ofMillis(100);

  private LocalIssuer issuer;
  private IdentityProvider provider;

  @BeforeEach
  void start() throws Exception {
    issuer = new LocalIssuer();
    provider = new IdentityProvider(issuer.settings(GRANTS), SOON);
  }

  @AfterEach
  void stop() {
    issuer.close();
  }

  private String with(UnaryOperator<JWTClaimsSet.Builder> change) throws JOSEException {
    return issuer.token(change);
  }

  @Test
  void aTokenSaysWhoItsHolderIsAndWhatThatPersonMay() throws Exception {
    Caller caller = provider.caller(issuer.token("vision", "elsewhere")).orElseThrow();

    assertThat(caller.name()).isEqualTo("oidc:ann (248289761001)");
    assertThat(caller.known()).isTrue();
    assertThat(caller.tokenId()).isEmpty();
    assertThat(caller.role()).isEqualTo(AccessRole.SUBMITTER);
    assertThat(caller.projects()).containsExactlyInAnyOrder("alpha", "beta");
    assertThat(caller.until())
        .isBetween(Instant.now(), Instant.now().plus(LocalIssuer.LIFE).plusSeconds(1));
  }

  @Test
  void everyAlgorithmOfAPrivateKeyIsTaken() throws Exception {
    for (JWSAlgorithm algorithm :
        List.of(JWSAlgorithm.RS256, JWSAlgorithm.RS512, JWSAlgorithm.PS256, JWSAlgorithm.ES256)) {
      for (String type : List.of("JWT", "at+jwt")) {
        String token =
            issuer.signed(algorithm, new JOSEObjectType(type), issuer.claims("masters").build());
        assertThat(provider.caller(token)).as(algorithm + " " + type).isPresent();
      }
    }
  }

  @Test
  void whatCannotBeTrustedIsRefused() throws Exception {
    Map<String, String> bad = new LinkedHashMap<>();
    bad.put("signed by another key", issuer.foreign("masters"));
    bad.put("not signed", new PlainJWT(issuer.claims("masters").build()).serialize());
    bad.put(
        "signed with the public key for a secret",
        LocalIssuer.sign(
            new MACSigner(issuer.key().toPublicJWK().toRSAKey().toPublicKey().getEncoded()),
            JWSAlgorithm.HS256,
            JOSEObjectType.JWT,
            issuer.key().getKeyID(),
            issuer.claims("masters").build()));
    String good = issuer.token("masters");
    bad.put("changed", good.substring(0, good.lastIndexOf('.') + 1) + "A".repeat(342));
    bad.put("without a signature", good.substring(0, good.lastIndexOf('.') + 1));
    bad.put("expired", with(c -> c.expirationTime(ago(120))));
    bad.put("without an end", with(c -> c.expirationTime(null)));
    bad.put("not valid yet", with(c -> c.notBeforeTime(ago(-600))));
    bad.put("for another program", with(c -> c.audience("another")));
    bad.put("for nobody", with(c -> c.audience((String) null)));
    bad.put("of another issuer", with(c -> c.issuer("https://another.example")));
    bad.put(
        "of an issuer of which ours is the beginning",
        with(c -> c.issuer(issuer.address() + "/x")));
    bad.put("of no issuer", with(c -> c.issuer(null)));
    bad.put("of nobody", with(c -> c.subject(null)));
    bad.put("of who is in no group", with(c -> c.claim("groups", List.of())));
    bad.put("without groups", with(c -> c.claim("groups", null)));
    bad.put("of groups that are no list of texts", with(c -> c.claim("groups", List.of(1, 2))));
    bad.put(
        "of a group whose name has ours in it", with(c -> c.claim("groups", List.of("masters2"))));
    bad.put(
        "of another type",
        issuer.signed(
            JWSAlgorithm.RS256,
            new JOSEObjectType("logout+jwt"),
            issuer.claims("masters").build()));
    bad.put("too long", with(c -> c.claim("more", "x".repeat(20_000))));
    bad.put("no token", "eyJ.a.b");
    bad.put("nothing", "");
    bad.forEach((what, token) -> assertThat(provider.caller(token)).as(what).isEmpty());
    assertThat(provider.caller(good)).as("the good one").isPresent();
  }

  private static Date ago(long seconds) {
    return Date.from(Instant.now().minusSeconds(seconds));
  }

  @Test
  void keysAreKeptAndAnUnknownOneIsAskedFor() throws Exception {
    assertThat(provider.caller(issuer.token("masters"))).isPresent();
    assertThat(provider.caller(issuer.token("all"))).isPresent();
    assertThat(issuer.fetched()).isEqualTo(1);

    String old = issuer.token("masters");
    issuer.rotate();
    Thread.sleep(2 * SOON.toMillis());

    assertThat(provider.caller(issuer.token("masters"))).isPresent();
    assertThat(issuer.fetched()).isEqualTo(2);
    assertThat(provider.caller(old)).as("signed by a key that was withdrawn").isEmpty();
  }

  @Test
  void tokensThatNameUnknownKeysDoNotKeepTheProviderBusy() throws Exception {
    IdentityProvider patient =
        new IdentityProvider(issuer.settings(GRANTS), Duration.ofMinutes(10));
    assertThat(patient.caller(issuer.token("masters"))).isPresent();
    issuer.rotate();
    String unknown = issuer.token("masters");
    issuer.rotate();
    for (int i = 0; i < 50; i++) {
      try {
        assertThat(patient.caller(unknown)).isEmpty();
      } catch (ProviderUnavailableException e) {
        assertThat(e).hasMessageContaining("does not tell its keys");
      }
    }
    assertThat(issuer.fetched()).isLessThanOrEqualTo(3);
  }

  @Test
  void whileTheProviderIsAwayTheKeysAtHandGoOn() throws Exception {
    String token = issuer.token("masters");
    assertThat(provider.caller(token)).isPresent();
    issuer.away(true);
    assertThat(provider.caller(token)).isPresent();
  }

  @Test
  void withoutKeysNothingIsKnownUntilTheProviderAnswers() throws Exception {
    String token = issuer.token("masters");
    issuer.away(true);
    assertThatThrownBy(() -> provider.caller(token))
        .isInstanceOf(ProviderUnavailableException.class);
    issuer.away(false);
    issuer.configure(
        "{\"issuer\": \"https://another.example\", \"jwks_uri\": \""
            + issuer.address()
            + "/keys\"}");
    Thread.sleep(2 * SOON.toMillis());
    assertThatThrownBy(() -> provider.caller(token))
        .as("a configuration of another issuer")
        .isInstanceOf(ProviderUnavailableException.class);
    issuer.configure("x".repeat(300_000));
    Thread.sleep(2 * SOON.toMillis());
    assertThatThrownBy(() -> provider.caller(token))
        .as("a configuration without end")
        .isInstanceOf(ProviderUnavailableException.class);
    issuer.configure(
        "{\"issuer\": \"" + issuer.address() + "\", \"jwks_uri\": \"http://idp.example/keys\"}");
    Thread.sleep(2 * SOON.toMillis());
    assertThatThrownBy(() -> provider.caller(token))
        .as("keys in clear text at another host")
        .isInstanceOf(ProviderUnavailableException.class);
    issuer.configureAsUsual();
    issuer.redirects(true);
    Thread.sleep(2 * SOON.toMillis());
    assertThatThrownBy(() -> provider.caller(token))
        .as("a configuration that lies elsewhere")
        .isInstanceOf(ProviderUnavailableException.class);
    issuer.redirects(false);
    Thread.sleep(2 * SOON.toMillis());
    assertThat(provider.caller(token)).isPresent();
  }

  @Test
  void groupsAreFoundWhereProvidersPutThem() {
    Map<String, Object> claims =
        Map.of(
            "realm_access",
            Map.of("roles", List.of("a", "b")),
            "scope",
            "c d",
            "https://example.org/groups",
            List.of("e"),
            "one",
            "lab admins");
    assertThat(IdentityProvider.groups(claims, "realm_access.roles")).containsExactly("a", "b");
    assertThat(IdentityProvider.groups(claims, "scope")).containsExactly("c", "d");
    assertThat(IdentityProvider.groups(claims, "https://example.org/groups")).containsExactly("e");
    assertThat(IdentityProvider.groups(claims, "one")).containsExactly("lab admins");
    assertThat(IdentityProvider.groups(claims, "one.more")).isEmpty();
    assertThat(IdentityProvider.groups(claims, "realm_access")).isEmpty();
  }

  @Test
  void theHighestRoleCountsInItsOwnProjectsOnly() {
    List<Grant> grants =
        Grant.parse("a=viewer, b=submitter:x|y, c=submitter:z, d=submitter, e=admin:x");

    assertThat(Grant.of(Set.of("q"), grants)).isEmpty();
    Grant both = Grant.of(Set.of("a", "b", "c"), grants).orElseThrow();
    assertThat(both.role()).isEqualTo(AccessRole.SUBMITTER);
    assertThat(both.projects()).containsExactlyInAnyOrder("x", "y", "z");
    assertThat(Grant.of(Set.of("b", "d"), grants).orElseThrow().projects()).isEmpty();
    Grant highest = Grant.of(Set.of("d", "e"), grants).orElseThrow();
    assertThat(highest.role()).isEqualTo(AccessRole.ADMIN);
    assertThat(highest.projects()).containsExactly("x");
  }

  @Test
  void wrongSettingsAreRefusedWithWhatIsExpected() {
    for (String grants : List.of("a", "=admin", "a=owner", "a=viewer:", "a=viewer:x||y")) {
      assertThatThrownBy(() -> Grant.parse(grants))
          .as(grants)
          .isInstanceOf(IllegalArgumentException.class);
    }
    assertThatThrownBy(() -> Grant.parse("a=owner"))
        .hasMessageContaining("viewer")
        .hasMessageContaining("owner");
    List<Grant> some = Grant.parse("a=viewer");
    for (String issuer :
        List.of(
            "http://idp.example",
            "https://me:pass@idp.example",
            "https://idp.example?x=1",
            "ftp://a")) {
      assertThatThrownBy(() -> new OidcSettings(URI.create(issuer), "fewstep", "groups", some))
          .as(issuer)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageNotContaining("pass@");
    }
    URI good = URI.create("https://idp.example/realms/one");
    assertThat(new OidcSettings(good, "fewstep", "groups", some).issuer()).isEqualTo(good);
    assertThatThrownBy(() -> new OidcSettings(good, " ", "groups", some))
        .hasMessageContaining("audience");
    assertThatThrownBy(() -> new OidcSettings(good, "fewstep", "groups", List.of()))
        .hasMessageContaining("group");
    assertThatThrownBy(
            () ->
                AccessSettings.open()
                    .withOidc(Optional.of(new OidcSettings(good, "fewstep", "groups", some))))
        .hasMessageContaining("admin token");
  }
}

package dev.fewstep.orchestrator.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fewstep.orchestrator.api.HttpSettings;
import dev.fewstep.schemas.AccessRole;
import dev.fewstep.schemas.state.TokenRecord;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Who is let in, and as whom. */
class AuthenticationTest {
  private static final Instant NOW = Instant.parse("2026-01-02T03:04:05Z");
  private static final String ADMIN = "0123456789abcdef0123456789abcdef";
  private static final Authentication REQUIRED = new Authentication(AccessSettings.required(ADMIN));

  private final Map<String, TokenRecord> tokens = new HashMap<>();
  private final TokenText text = TokenText.make("0123456789ab", new SecureRandom());

  private TokenRecord record(AccessRole role, Set<String> projects) {
    return new TokenRecord(
        text.id(),
        "ann",
        text.sha256(),
        role,
        projects,
        "operator",
        NOW.minusSeconds(60),
        NOW.plusSeconds(60),
        Optional.empty());
  }

  private Optional<Caller> asks(String header, Instant now) {
    return REQUIRED.caller(Optional.of(header), id -> Optional.ofNullable(tokens.get(id)), now);
  }

  @Test
  void everybodyIsLetInWhereNothingIsRequired() {
    Caller caller =
        new Authentication(AccessSettings.open())
            .caller(Optional.empty(), id -> Optional.empty(), NOW)
            .orElseThrow();
    assertThat(caller.known()).isFalse();
    assertThat(caller.may(AccessRole.ADMIN)).isTrue();
  }

  @Test
  void onlyTheExactTokenIsLetInUntilItExpiresOrIsRevoked() {
    TokenRecord token = record(AccessRole.SUBMITTER, Set.of("alpha"));
    tokens.put(token.id(), token);
    Caller caller = asks("Bearer " + text.reveal(), NOW).orElseThrow();
    assertThat(caller.name()).isEqualTo("ann");
    assertThat(caller.sees("alpha")).isTrue();
    assertThat(caller.sees("beta")).isFalse();
    assertThat(caller.may(AccessRole.SUBMITTER)).isTrue();
    assertThat(caller.may(AccessRole.ADMIN)).isFalse();

    assertThat(asks("bearer " + text.reveal(), NOW)).isPresent();
    assertThat(asks("Basic " + text.reveal(), NOW)).isEmpty();
    assertThat(asks(text.reveal(), NOW)).isEmpty();
    assertThat(asks("Bearer", NOW)).isEmpty();
    assertThat(asks("Bearer " + text.reveal() + "A", NOW)).isEmpty();
    assertThat(asks("Bearer " + text.sha256(), NOW)).isEmpty();
    assertThat(asks("Bearer " + TokenText.make(text.id(), new SecureRandom()).reveal(), NOW))
        .isEmpty();
    assertThat(asks("Bearer " + text.reveal(), token.expiresAt().minusNanos(1))).isPresent();
    assertThat(asks("Bearer " + text.reveal(), token.expiresAt())).isEmpty();
    assertThat(REQUIRED.still(caller, id -> Optional.of(token), NOW)).isTrue();
    assertThat(REQUIRED.still(caller, id -> Optional.of(token), token.expiresAt())).isFalse();
    tokens.put(token.id(), token.revoked(NOW));
    assertThat(asks("Bearer " + text.reveal(), NOW)).isEmpty();
    assertThat(REQUIRED.still(caller, id -> Optional.of(token.revoked(NOW)), NOW)).isFalse();
  }

  @Test
  void theOperatorsTokenIsAnAdmins() {
    assertThat(asks("Bearer " + ADMIN, NOW).orElseThrow().role()).isEqualTo(AccessRole.ADMIN);
    assertThat(asks("Bearer " + ADMIN.substring(1), NOW)).isEmpty();
    assertThat(REQUIRED.caller(Optional.empty(), id -> Optional.empty(), NOW)).isEmpty();
  }

  @Test
  void aTokenIsRandomAndNeverPrinted() {
    Set<String> made = new HashSet<>();
    SecureRandom random = new SecureRandom();
    for (int i = 0; i < 200; i++) {
      made.add(TokenText.make("0123456789ab", random).reveal());
    }
    assertThat(made).hasSize(200);
    String secret = text.reveal().substring(text.reveal().length() - 43);
    assertThat(text.toString()).contains(text.id()).doesNotContain(secret);
    assertThat(AccessSettings.required(ADMIN).toString())
        .doesNotContain(ADMIN)
        .doesNotContain(TokenText.digest(ADMIN));
    UUID command = UUID.randomUUID();
    assertThat(TokenText.id(command)).isEqualTo(TokenText.id(command)).hasSize(12);
  }

  @Test
  void offLoopbackAServerIsProtectedOrDoesNotStart() {
    for (String host : new String[] {"0.0.0.0", "::", "192.0.2.1"}) {
      assertThatThrownBy(() -> HttpSettings.of(host, 0))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("FEWSTEP_ADMIN_TOKEN_FILE")
          .hasMessageContaining("--insecure");
      assertThat(HttpSettings.of(host, 0, AccessSettings.required(ADMIN)).host()).isEqualTo(host);
      assertThat(HttpSettings.of(host, 0, AccessSettings.unprotected()).host()).isEqualTo(host);
    }
    assertThat(HttpSettings.of("127.0.0.1", 0).access().enforced()).isFalse();
    assertThat(HttpSettings.of("localhost", 0).access().enforced()).isFalse();
    for (String weak : new String[] {"", "short", ADMIN.substring(1), ADMIN + " x"}) {
      assertThatThrownBy(() -> AccessSettings.required(weak))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("at least 32 characters");
    }
  }
}

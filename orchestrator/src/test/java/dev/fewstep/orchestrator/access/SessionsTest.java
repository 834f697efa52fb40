package dev.fewstep.orchestrator.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fewstep.orchestrator.access.Sessions.Operator;
import dev.fewstep.orchestrator.access.Sessions.Session;
import dev.fewstep.orchestrator.access.Sessions.Token;
import dev.fewstep.schemas.AccessRole;
import dev.fewstep.schemas.state.TokenRecord;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SessionsTest {
  private static final Instant NOW = Instant.parse("2026-11-23T12:00:00Z");
  private static final String ID = "0123456789ab";

  private static TokenRecord token(Instant expires) {
    return new TokenRecord(
        ID,
        "ann",
        "a".repeat(64),
        AccessRole.SUBMITTER,
        Set.of("alpha"),
        "operator",
        NOW,
        expires,
        Optional.empty());
  }

  @Test
  void aSessionIsReadUntilItExpiresByWhoeverHasTheSecret() {
    Session session = new Session(new Token(ID), NOW.plus(Duration.ofHours(1)));
    String text = new Sessions("one").open(session);
    assertThat(new Sessions("one").read(text, NOW)).contains(session);
    assertThat(new Sessions("another").read(text, NOW)).isEmpty();
    assertThat(new Sessions("one").read(text, session.until())).isEmpty();
    assertThat(new Sessions("one").open(session)).isNotEqualTo(text);
  }

  @Test
  void nothingOfASessionCanBeChanged() {
    Sessions sessions = new Sessions("one");
    String text = sessions.open(new Session(new Token(ID), NOW.plus(Duration.ofHours(1))));
    for (int i = 0; i < text.length(); i++) {
      char other = text.charAt(i) == '0' ? '1' : '0';
      String changed = text.substring(0, i) + other + text.substring(i + 1);
      assertThat(sessions.read(changed, NOW)).as(changed).isEmpty();
    }
    assertThat(sessions.read(text.replace(ID, "operator"), NOW)).isEmpty();
    assertThat(sessions.read(text + "0", NOW)).isEmpty();
    assertThat(sessions.read("", NOW)).isEmpty();
  }

  @Test
  void aProofIsOfOneSession() {
    Sessions sessions = new Sessions("one");
    String text = sessions.open(new Session(new Operator(), NOW.plus(Duration.ofHours(1))));
    String other = sessions.open(new Session(new Operator(), NOW.plus(Duration.ofHours(1))));
    assertThat(sessions.proves(sessions.proof(text), text)).isTrue();
    assertThat(sessions.proves(sessions.proof(text), other)).isFalse();
    assertThat(sessions.proves("", text)).isFalse();
    assertThat(text).doesNotContain(sessions.proof(text));
  }

  @Test
  void aSessionEndsWithItsTokenAndAfterTwelveHours() {
    Authentication authentication =
        new Authentication(AccessSettings.required("an-operators-own-token-of-the-test-0123"));
    Sessions sessions = authentication.sessions().orElseThrow();
    TokenRecord brief = token(NOW.plusSeconds(60));
    Session ofBrief = authentication.session(Caller.holder(brief), NOW);
    assertThat(ofBrief).isEqualTo(new Session(new Token(ID), NOW.plusSeconds(60)));
    TokenRecord token = token(NOW.plus(Duration.ofDays(30)));
    Session session = authentication.session(Caller.holder(token), NOW);
    assertThat(session.until()).isEqualTo(NOW.plus(Duration.ofHours(12)));

    String text = sessions.open(session);
    Caller caller =
        authentication.signedIn(text, id -> Optional.of(token), NOW.plusSeconds(1)).orElseThrow();
    assertThat(caller.name()).isEqualTo("ann");
    assertThat(caller.role()).isEqualTo(AccessRole.SUBMITTER);
    assertThat(caller.sees("alpha")).isTrue();
    assertThat(caller.sees("beta")).isFalse();
    assertThat(authentication.still(caller, id -> Optional.of(token), NOW)).isTrue();
    assertThat(authentication.still(caller, id -> Optional.of(token), session.until())).isFalse();
    TokenRecord revoked = token.revoked(NOW);
    assertThat(authentication.signedIn(text, id -> Optional.of(revoked), NOW)).isEmpty();
    assertThat(authentication.signedIn(text, id -> Optional.empty(), NOW)).isEmpty();
    // What a browser shows is nothing to show in a header.
    assertThat(authentication.caller(Optional.of("Bearer " + text), id -> Optional.of(token), NOW))
        .isEmpty();
  }

  @Test
  void aPersonIsWhoTheSessionSaysUntilItEnds() {
    Sessions sessions = new Sessions("one");
    Sessions.Person ann =
        new Sessions.Person("oidc:ann (7)", AccessRole.SUBMITTER, Set.of("alpha", "beta"));
    Session session = new Session(ann, NOW.plus(Duration.ofHours(1)));
    String text = sessions.open(session);

    assertThat(sessions.read(text, NOW)).contains(session);
    assertThat(sessions.read(text, session.until())).isEmpty();
    for (int i = 0; i < text.length(); i++) {
      char other = text.charAt(i) == '0' ? '1' : '0';
      String changed = text.substring(0, i) + other + text.substring(i + 1);
      assertThat(sessions.read(changed, NOW)).as(changed).isEmpty();
    }
    assertThat(Sessions.Holder.of(ann.caller())).isEqualTo(ann);
    assertThat(Sessions.Holder.of(Caller.operator())).isEqualTo(new Operator());
    Set<String> many =
        IntStream.range(0, 500).mapToObj(i -> "project-" + i).collect(Collectors.toSet());
    assertThatThrownBy(
            () ->
                sessions.open(
                    new Session(
                        new Sessions.Person("bob", AccessRole.VIEWER, many), session.until())))
        .isInstanceOf(IllegalArgumentException.class);
  }
}

package dev.fewstep.orchestrator.access;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.KeySourceException;
import com.nimbusds.jose.jwk.source.JWKSource;
import com.nimbusds.jose.jwk.source.JWKSourceBuilder;
import com.nimbusds.jose.proc.BadJOSEException;
import com.nimbusds.jose.proc.DefaultJOSEObjectTypeVerifier;
import com.nimbusds.jose.proc.JWSVerificationKeySelector;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jose.util.DefaultResourceRetriever;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.proc.DefaultJWTClaimsVerifier;
import com.nimbusds.jwt.proc.DefaultJWTProcessor;
import dev.fewstep.schemas.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.HttpURLConnection;
import java.net.MalformedURLException;
import java.net.URI;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.text.ParseException;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Bearer tokens of an OpenID provider: JSON Web Tokens (RFC 7519) signed by one of its published
 * keys, checked as RFC 8725 asks. The keys are fetched at the first token, kept, and fetched again
 * when a token names an unknown one, at most every half minute; when they cannot be fetched the
 * ones at hand go on for some hours. Calls block while keys are fetched. Safe for use by several
 * threads.
 */
public final class IdentityProvider {
  private static final Logger LOG = LoggerFactory.getLogger(IdentityProvider.class);
  private static final Pattern FORM =
      Pattern.compile("eyJ[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+");
  private static final int MAX_CHARACTERS = 16 << 10;
  private static final int MAX_NAME = 120;
  private static final Duration FETCH = Duration.ofSeconds(5);
  private static final int MAX_DOCUMENT_BYTES = 256 << 10;
  private static final Duration BETWEEN_FETCHES = Duration.ofSeconds(30);
  private static final Duration KEYS_LIVE = Duration.ofMinutes(15);
  private static final Duration OUTAGE = Duration.ofHours(4);
  private static final int CLOCK_SKEW_SECONDS = 60;
  private static final Duration BETWEEN_LINES = Duration.ofSeconds(10);

  /** Claims of OAuth 2.0 whose one text lists several, with blanks between (RFC 8693, 4.2). */
  private static final Set<String> BLANKS_SEPARATE = Set.of("scope", "scp");

  /** Signatures by a private key alone: what is signed by a shared secret proves nothing. */
  private static final Set<JWSAlgorithm> ALGORITHMS =
      Set.of(
          JWSAlgorithm.RS256,
          JWSAlgorithm.RS384,
          JWSAlgorithm.RS512,
          JWSAlgorithm.PS256,
          JWSAlgorithm.PS384,
          JWSAlgorithm.PS512,
          JWSAlgorithm.ES256,
          JWSAlgorithm.ES384,
          JWSAlgorithm.ES512);

  private final OidcSettings settings;
  private final Duration betweenFetches;
  private final DefaultResourceRetriever retriever = new Direct();
  private Optional<DefaultJWTProcessor<SecurityContext>> verifier = Optional.empty();
  private final AtomicLong toldAt = new AtomicLong();
  private long failedAt;
  private String failure = "";

  /** Fetches from the address that is named and from no other that it may point to. */
  private static final class Direct extends DefaultResourceRetriever {
    Direct() {
      super((int) FETCH.toMillis(), (int) FETCH.toMillis(), MAX_DOCUMENT_BYTES);
    }

    @Override
    protected HttpURLConnection openHTTPConnection(URL url) throws IOException {
      HttpURLConnection connection = super.openHTTPConnection(url);
      connection.setInstanceFollowRedirects(false);
      return connection;
    }
  }

  /** A provider of which nothing is asked yet. */
  public IdentityProvider(OidcSettings settings) {
    this(settings, BETWEEN_FETCHES);
  }

  IdentityProvider(OidcSettings settings, Duration betweenFetches) {
    this.settings = requireNonNull(settings, "settings");
    this.betweenFetches = requireNonNull(betweenFetches, "betweenFetches");
  }

  /** Whether a text may be a token of a provider: only then is one asked for. */
  static boolean looksRight(String text) {
    return text.length() <= MAX_CHARACTERS && FORM.matcher(text).matches();
  }

  /**
   * Whom a token is of.
   *
   * @return empty when the token is not to be trusted, or its holder is in no group that may
   *     anything
   * @throws ProviderUnavailableException when the keys to tell that cannot be had
   */
  Optional<Caller> caller(String token) {
    if (!looksRight(token)) {
      return Optional.empty();
    }
    try {
      return identity(verifier().process(token, null));
    } catch (KeySourceException e) {
      throw unavailable(e);
    } catch (BadJOSEException | JOSEException | ParseException e) {
      refused(e.getMessage());
      return Optional.empty();
    }
  }

  private Optional<Caller> identity(JWTClaimsSet claims) {
    Instant until = claims.getExpirationTime().toInstant();
    Optional<Grant> grant =
        Grant.of(groups(claims.getClaims(), settings.claim()), settings.grants());
    if (grant.isEmpty()) {
      refused("no group in '" + settings.claim() + "' is granted a role");
    }
    return grant.map(
        held ->
            new Caller(name(claims), Optional.empty(), true, held.role(), held.projects(), until));
  }

  /** Tells the operator why, who alone can mend a wrong grant; seldom enough for any log. */
  private void refused(String why) {
    long now = System.nanoTime();
    long last = toldAt.get();
    if ((last == 0 || now - last > BETWEEN_LINES.toNanos()) && toldAt.compareAndSet(last, now)) {
      LOG.warn("A token of {} is refused: {}", settings.issuer(), why);
    }
  }

  /** For people and the audit: what cannot be chosen by the holder is always part of it. */
  private static String name(JWTClaimsSet claims) {
    String subject = shortened(claims.getSubject());
    for (String claim : new String[] {"preferred_username", "email"}) {
      if (claims.getClaim(claim) instanceof String readable && !readable.isBlank()) {
        return "oidc:" + shortened(readable) + " (" + subject + ")";
      }
    }
    return "oidc:" + subject;
  }

  private static String shortened(String text) {
    return text.length() > MAX_NAME ? text.substring(0, MAX_NAME) + "…" : text;
  }

  /** The strings of a claim, which is a list of them or one; of a scope, several with blanks. */
  static Set<String> groups(Map<String, Object> claims, String path) {
    Object found = claims.get(path);
    if (found == null) {
      found = claims;
      for (String step : path.split("\\.")) {
        found = found instanceof Map<?, ?> map ? map.get(step) : null;
      }
    }
    Set<String> groups = new TreeSet<>();
    if (found instanceof Collection<?> list) {
      list.stream().filter(String.class::isInstance).map(String.class::cast).forEach(groups::add);
    } else if (found instanceof String text) {
      groups.addAll(
          BLANKS_SEPARATE.contains(path) ? List.of(text.strip().split("\\s+")) : List.of(text));
    }
    return groups;
  }

  private synchronized DefaultJWTProcessor<SecurityContext> verifier() {
    if (verifier.isEmpty()) {
      if (!failure.isEmpty() && System.nanoTime() - failedAt < betweenFetches.toNanos()) {
        throw new ProviderUnavailableException(failure, null);
      }
      try {
        verifier = Optional.of(verifier(discover()));
      } catch (IOException | UncheckedIOException | IllegalArgumentException e) {
        failedAt = System.nanoTime();
        ProviderUnavailableException told = unavailable(e);
        failure = told.getMessage();
        throw told;
      }
    }
    return verifier.get();
  }

  private ProviderUnavailableException unavailable(Exception e) {
    LOG.warn(
        "The identity provider {} does not tell its keys: {}", settings.issuer(), e.toString());
    return new ProviderUnavailableException("The identity provider does not tell its keys now.", e);
  }

  /** Where the keys are, as OpenID Connect Discovery 1.0, section 4 says. */
  private URL discover() throws IOException {
    String issuer = settings.issuer().toString();
    String base = issuer.endsWith("/") ? issuer.substring(0, issuer.length() - 1) : issuer;
    byte[] document =
        retriever
            .retrieveResource(url(URI.create(base + "/.well-known/openid-configuration")))
            .getContent()
            .getBytes(StandardCharsets.UTF_8);
    JsonNode found = Json.fromBytes(document, JsonNode.class);
    if (!found.path("issuer").asText().equals(issuer)) {
      throw new IOException(
          "its configuration is of '"
              + found.path("issuer").asText()
              + "', not of '"
              + issuer
              + "'");
    }
    URI keys = URI.create(found.path("jwks_uri").asText());
    // A provider on loopback may be without TLS, and its keys lie there too.
    boolean safe =
        "https".equals(keys.getScheme())
            || ("http".equals(settings.issuer().getScheme())
                && settings.issuer().getHost().equals(keys.getHost()));
    if (!safe) {
      throw new IOException("its keys are not at an https address: '" + keys + "'");
    }
    return url(keys);
  }

  private static URL url(URI uri) throws MalformedURLException {
    return uri.toURL();
  }

  private DefaultJWTProcessor<SecurityContext> verifier(URL keys) {
    JWKSource<SecurityContext> source =
        JWKSourceBuilder.create(keys, retriever)
            .cache(KEYS_LIVE.toMillis(), FETCH.multipliedBy(2).toMillis())
            .rateLimited(betweenFetches.toMillis())
            .refreshAheadCache(false)
            .outageTolerant(OUTAGE.toMillis())
            .retrying(true)
            .build();
    DefaultJWTProcessor<SecurityContext> processor = new DefaultJWTProcessor<>();
    processor.setJWSTypeVerifier(
        new DefaultJOSEObjectTypeVerifier<>(
            JOSEObjectType.JWT, new JOSEObjectType("at+jwt"), null));
    processor.setJWSKeySelector(new JWSVerificationKeySelector<>(ALGORITHMS, source));
    DefaultJWTClaimsVerifier<SecurityContext> claims =
        new DefaultJWTClaimsVerifier<>(
            Set.of(settings.audience()),
            new JWTClaimsSet.Builder().issuer(settings.issuer().toString()).build(),
            Set.of("sub", "exp"),
            null);
    claims.setMaxClockSkew(CLOCK_SKEW_SECONDS);
    processor.setJWTClaimsSetVerifier(claims);
    return processor;
  }
}

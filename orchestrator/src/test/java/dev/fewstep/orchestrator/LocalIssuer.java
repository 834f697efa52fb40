package dev.fewstep.orchestrator;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSSigner;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.fewstep.orchestrator.access.Grant;
import dev.fewstep.orchestrator.access.OidcSettings;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;

/** An OpenID provider: it publishes keys and signs tokens with them. */
public final class LocalIssuer implements AutoCloseable {
  /** How long its tokens live. */
  public static final Duration LIFE = Duration.ofHours(1);

  /** Whom they are for. */
  public static final String AUDIENCE = "fewstep";

  private final HttpServer server;
  private final AtomicInteger fetched = new AtomicInteger();
  private volatile RSAKey key;
  private volatile ECKey curve;
  private volatile String configuration;
  private volatile boolean away;
  private volatile boolean redirects;

  public LocalIssuer() throws IOException, JOSEException {
    rotate();
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    configuration = configuration(address());
    server.createContext("/", this::answer);
    server.start();
  }

  private String configuration(String issuer) {
    return "{\"issuer\": \"" + issuer + "\", \"jwks_uri\": \"" + address() + "/keys\"}";
  }

  private void answer(HttpExchange exchange) throws IOException {
    String path = exchange.getRequestURI().getPath();
    byte[] body;
    if (redirects && !path.startsWith("/moved")) {
      exchange.getResponseHeaders().set("Location", "/moved" + path);
      exchange.sendResponseHeaders(302, -1);
      exchange.close();
      return;
    }
    if (path.endsWith("/.well-known/openid-configuration")) {
      body = configuration.getBytes(StandardCharsets.UTF_8);
    } else {
      fetched.incrementAndGet();
      body = new JWKSet(List.<JWK>of(key, curve)).toString(true).getBytes(StandardCharsets.UTF_8);
    }
    exchange.sendResponseHeaders(away ? 503 : 200, body.length);
    exchange.getResponseBody().write(body);
    exchange.close();
  }

  /** What its tokens say in {@code iss}. */
  public String address() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  /** Settings of a server that takes its tokens. */
  public OidcSettings settings(String grants) {
    return new OidcSettings(URI.create(address()), AUDIENCE, "groups", Grant.parse(grants));
  }

  /** Signs with other keys from now on, and publishes those alone. */
  public void rotate() throws JOSEException {
    key = new RSAKeyGenerator(2048).keyID(UUID.randomUUID().toString()).generate();
    curve = new ECKeyGenerator(Curve.P_256).keyID(UUID.randomUUID().toString()).generate();
  }

  /** Answers 503, or answers again. */
  public void away(boolean value) {
    away = value;
  }

  /** Sends whoever asks to another address, or answers there. */
  public void redirects(boolean value) {
    redirects = value;
  }

  /** Says of itself that it is another, or says what is asked. */
  public void configure(String text) {
    configuration = text;
  }

  /** Says of itself what it says at first. */
  public void configureAsUsual() {
    configuration = configuration(address());
  }

  /** How often its keys were asked for. */
  public int fetched() {
    return fetched.get();
  }

  /** The key that it signs with. */
  public RSAKey key() {
    return key;
  }

  /** The other key that it signs with. */
  public ECKey curve() {
    return curve;
  }

  /** What it says of somebody in those groups. */
  public JWTClaimsSet.Builder claims(String... groups) {
    return new JWTClaimsSet.Builder()
        .issuer(address())
        .audience(AUDIENCE)
        .subject("248289761001")
        .claim("preferred_username", "ann")
        .claim("groups", List.of(groups))
        .issueTime(Date.from(Instant.now()))
        .expirationTime(Date.from(Instant.now().plus(LIFE)));
  }

  /** A token of somebody in those groups. */
  public String token(String... groups) throws JOSEException {
    return signed(JWSAlgorithm.RS256, JOSEObjectType.JWT, claims(groups).build());
  }

  /** A token of an administrator with something changed. */
  public String token(UnaryOperator<JWTClaimsSet.Builder> change) throws JOSEException {
    return signed(JWSAlgorithm.RS256, JOSEObjectType.JWT, change.apply(claims("masters")).build());
  }

  /** A token that names the published key and is signed by another. */
  public String foreign(String... groups) throws JOSEException {
    RSAKey other = new RSAKeyGenerator(2048).keyID(key.getKeyID()).generate();
    return sign(
        new RSASSASigner(other),
        JWSAlgorithm.RS256,
        JOSEObjectType.JWT,
        key.getKeyID(),
        claims(groups).build());
  }

  /** A token as given. */
  public String signed(JWSAlgorithm algorithm, JOSEObjectType type, JWTClaimsSet claims)
      throws JOSEException {
    boolean elliptic = JWSAlgorithm.Family.EC.contains(algorithm);
    return sign(
        elliptic ? new ECDSASigner(curve) : new RSASSASigner(key),
        algorithm,
        type,
        elliptic ? curve.getKeyID() : key.getKeyID(),
        claims);
  }

  /** A token of a signer. */
  public static String sign(
      JWSSigner signer,
      JWSAlgorithm algorithm,
      JOSEObjectType type,
      String keyId,
      JWTClaimsSet claims)
      throws JOSEException {
    SignedJWT token =
        new SignedJWT(new JWSHeader.Builder(algorithm).type(type).keyID(keyId).build(), claims);
    token.sign(signer);
    return token.serialize();
  }

  @Override
  public void close() {
    server.stop(0);
  }
}

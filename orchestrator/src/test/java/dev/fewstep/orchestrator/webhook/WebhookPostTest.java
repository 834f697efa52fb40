package dev.fewstep.orchestrator.webhook;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import dev.fewstep.schemas.state.DeliveryRecord;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WebhookPostTest {
  private static final String SECRET = "0123456789abcdef";
  private static final Instant AT = Instant.ofEpochSecond(1_700_000_000);

  private static DeliveryRecord delivery(String address) {
    return new DeliveryRecord(
        new UUID(1, 2),
        "nightly",
        address,
        "regressed",
        "{\"a\":\"ü\"}",
        AT,
        0,
        Optional.of(AT),
        Optional.empty(),
        Optional.empty());
  }

  private static WebhookSettings settings(boolean allowPrivate) {
    return new WebhookSettings(Set.of("hooks.example.org", "127.0.0.1"), SECRET, allowPrivate);
  }

  private record Seen(String path, Map<String, List<String>> headers, String body) {}

  private static List<Seen> served(int status, int times, String host) throws IOException {
    List<Seen> seen = new ArrayList<>();
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          String body = new String(exchange.getRequestBody().readAllBytes(), UTF_8);
          seen.add(
              new Seen(exchange.getRequestURI().toString(), exchange.getRequestHeaders(), body));
          exchange.getResponseHeaders().add("Location", "/elsewhere");
          exchange.sendResponseHeaders(status, -1);
          exchange.close();
        });
    server.start();
    try {
      String address = "http://" + host + ":" + server.getAddress().getPort() + "/in?x=1";
      WebhookPost post =
          new WebhookPost(settings(true), name -> InetAddress.getAllByName("127.0.0.1"));
      for (int i = 0; i < times; i++) {
        post.send(delivery(address), AT);
      }
    } finally {
      server.stop(0);
    }
    return seen;
  }

  @Test
  void isSignedAndNamesItsDelivery() throws IOException {
    Seen seen = served(204, 1, "hooks.example.org").get(0);
    assertThat(seen.path()).isEqualTo("/in?x=1");
    assertThat(seen.body()).isEqualTo("{\"a\":\"ü\"}");
    assertThat(seen.headers().get("Fewstep-delivery").get(0)).isEqualTo(new UUID(1, 2).toString());
    assertThat(seen.headers().get("Fewstep-event")).containsExactly("regressed");
    assertThat(seen.headers().get("Host").get(0)).startsWith("hooks.example.org:");
    assertThat(seen.headers().get("Fewstep-signature"))
        .containsExactly(WebhookPost.signature(SECRET, 1_700_000_000, seen.body().getBytes(UTF_8)));
  }

  /** Against another implementation's. */
  @Test
  void theSignatureIsHmacSha256OfTimeAndBody() {
    // printf '7.{}' | openssl dgst -sha256 -hmac 0123456789abcdef
    assertThat(WebhookPost.signature(SECRET, 7, "{}".getBytes(UTF_8)))
        .isEqualTo("t=7,v1=3cd0ad802237a2c96b7ee3b06705b7350cc8cf0ba4123033d13eda91ad9c4ec2");
  }

  @ParameterizedTest
  @ValueSource(ints = {301, 302, 307, 400, 404, 500, 503})
  void anyOtherAnswerIsAFailureAndRedirectsAreNotFollowed(int status) {
    assertThatThrownBy(() -> served(status, 1, "127.0.0.1"))
        .isInstanceOf(IOException.class)
        .hasMessage("it answered with " + status);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "127.0.0.1",
        "127.9.9.9",
        "10.1.2.3",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "169.254.169.254",
        "0.0.0.0",
        "0.1.2.3",
        "100.64.0.1",
        "192.0.0.8",
        "198.18.0.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "fe80::1",
        "fc00::1",
        "fd12::1",
        "ff02::1",
        "::ffff:10.0.0.1",
        "::ffff:127.0.0.1",
        "2002:7f00:1::",
        "2001:0:1::1",
        "64:ff9b::7f00:1"
      })
  void whatIsNotOfThePublicInternetIsNotReached(String address) throws IOException {
    InetAddress found = InetAddress.getByName(address);
    assertThat(Addresses.isPublic(found)).isFalse();
    InetAddress harmless = InetAddress.getByName("93.184.216.34");
    WebhookPost post =
        new WebhookPost(settings(false), name -> new InetAddress[] {harmless, found});
    assertThatThrownBy(() -> post.send(delivery("https://hooks.example.org/x"), AT))
        .as("also as one of several")
        .hasMessageContaining("not of the public internet");
  }

  @ParameterizedTest
  @ValueSource(strings = {"93.184.216.34", "172.32.0.1", "100.128.0.1", "2606:2800:220:1::1"})
  void whatIsOfThePublicInternetIs(String address) throws IOException {
    assertThat(Addresses.isPublic(InetAddress.getByName(address))).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "https://elsewhere.example.org/",
        "https://hooks.example.org.evil.org/",
        "ftp://hooks.example.org/",
        "file:///etc/passwd",
        "https://user@hooks.example.org/",
        "no url at all",
        "https:///x"
      })
  void onlyListedHostsAreReachedByHttp(String address) {
    WebhookPost post =
        new WebhookPost(
            settings(true),
            name -> {
              throw new AssertionError("it was looked up: " + name);
            });
    assertThatThrownBy(() -> post.send(delivery(address), AT)).isInstanceOf(IOException.class);
  }

  /**
   * The client of HTTP looks up names only; an address that stands there is judged all the same.
   */
  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.1", "169.254.169.254", "[::1]"})
  void anAddressInsteadOfANameIsJudgedToo(String host) {
    WebhookPost post = new WebhookPost(new WebhookSettings(Set.of(host), SECRET, false));
    assertThatThrownBy(() -> post.send(delivery("http://" + host + ":1/x"), AT))
        .hasMessageContaining("not of the public internet");
  }

  /** A name that was harmless when it was asked first. */
  @Test
  void theAddressThatIsConnectedToIsTheOneThatWasJudged() throws IOException {
    InetAddress harmless = InetAddress.getByName("93.184.216.34");
    InetAddress own = InetAddress.getLoopbackAddress();
    AtomicInteger asked = new AtomicInteger();
    WebhookPost post =
        new WebhookPost(
            settings(false),
            name -> new InetAddress[] {asked.getAndIncrement() == 0 ? harmless : own});
    assertThatThrownBy(() -> post.send(delivery("http://hooks.example.org:1/x"), AT))
        .hasMessageContaining("not of the public internet");
    assertThat(asked).hasValue(2);
  }

  @Test
  void theSecretIsNotShownAndNotShort() {
    assertThat(settings(false).toString()).doesNotContain(SECRET);
    assertThatThrownBy(() -> new WebhookSettings(Set.of("h"), "short", false))
        .hasMessageContaining("16 characters");
    assertThat(WebhookSettings.none().hosts()).isEmpty();
  }
}

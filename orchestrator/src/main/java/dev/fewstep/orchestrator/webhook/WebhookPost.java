package dev.fewstep.orchestrator.webhook;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import dev.fewstep.schemas.state.DeliveryRecord;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Proxy;
import java.net.URI;
import java.net.UnknownHostException;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import okhttp3.ConnectionPool;
import okhttp3.MediaType;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;

/**
 * One signed POST. Every address that the host has is judged in the very lookup whose answer is
 * connected to: a name that changes its mind in between leads nowhere else. Redirects and proxies
 * are not followed; of the answer only the status is read.
 *
 * <p>{@code Fewstep-Signature: t=<seconds>,v1=<hex>}: HMAC-SHA256 of {@code <seconds>.<body>} by
 * the secret. {@code Fewstep-Delivery} is the id, the same whenever it is sent again.
 */
public final class WebhookPost {
  private static final Duration LONGEST = Duration.ofSeconds(15);
  private static final MediaType JSON = MediaType.get("application/json");

  private final WebhookSettings settings;
  private final Lookup lookup;
  private final OkHttpClient client;

  /** Finds the addresses of a host. */
  @FunctionalInterface
  interface Lookup {
    InetAddress[] of(String host) throws UnknownHostException;
  }

  /** With the system's names. */
  public WebhookPost(WebhookSettings settings) {
    this(settings, InetAddress::getAllByName);
  }

  WebhookPost(WebhookSettings settings, Lookup lookup) {
    this.settings = requireNonNull(settings, "settings");
    this.lookup = requireNonNull(lookup, "lookup");
    this.client =
        new OkHttpClient.Builder()
            .dns(this::judged)
            .proxy(Proxy.NO_PROXY)
            .followRedirects(false)
            .followSslRedirects(false)
            .connectionPool(new ConnectionPool(0, 1, TimeUnit.SECONDS))
            .callTimeout(LONGEST)
            .build();
  }

  /**
   * Tells a webhook.
   *
   * @throws IOException when it may not be told, cannot be reached, or answers with anything but
   *     2xx
   */
  public void send(DeliveryRecord delivery, Instant now) throws IOException {
    URI address;
    try {
      address = settings.allowed(delivery.address());
    } catch (IllegalArgumentException e) {
      throw new IOException(e.getMessage(), e);
    }
    // The client asks for the addresses of names only: those that stand there are judged here.
    List<InetAddress> unused = judged(address.getHost());
    byte[] body = delivery.body().getBytes(UTF_8);
    Request request =
        new Request.Builder()
            .url(address.toString())
            .header("User-Agent", "fewstep")
            .header("Fewstep-Delivery", delivery.id().toString())
            .header("Fewstep-Event", delivery.event())
            .header("Fewstep-Signature", signature(settings.secret(), now.getEpochSecond(), body))
            .post(RequestBody.create(body, JSON))
            .build();
    try (Response response = client.newCall(request).execute()) {
      if (!response.isSuccessful()) {
        throw new IOException("it answered with " + response.code());
      }
    }
  }

  private List<InetAddress> judged(String host) throws UnknownHostException {
    InetAddress[] found = lookup.of(host);
    for (InetAddress each : found) {
      if (!settings.allowPrivate() && !Addresses.isPublic(each)) {
        throw new UnknownHostException(
            host + " is " + each.getHostAddress() + ", which is not of the public internet");
      }
    }
    return List.of(found);
  }

  static String signature(String secret, long seconds, byte[] body) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(secret.getBytes(UTF_8), "HmacSHA256"));
      mac.update((seconds + ".").getBytes(US_ASCII));
      return "t=" + seconds + ",v1=" + HexFormat.of().formatHex(mac.doFinal(body));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java has HmacSHA256", e);
    }
  }
}

package dev.fewstep.orchestrator.webhook;

import static java.util.Objects.requireNonNull;

import java.net.URI;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Which webhooks may be told, and how they know who tells them.
 *
 * @param hosts host names that may be told, without ports; none to tell nobody
 * @param secret key of the signatures; not shown
 * @param allowPrivate whether addresses of this machine and of private networks may be reached
 */
public record WebhookSettings(Set<String> hosts, String secret, boolean allowPrivate) {
  public WebhookSettings {
    hosts =
        hosts.stream()
            .map(host -> host.strip().toLowerCase(Locale.ROOT))
            .filter(host -> !host.isEmpty())
            .collect(Collectors.toUnmodifiableSet());
    requireNonNull(secret, "secret");
    if (!hosts.isEmpty() && secret.length() < 16) {
      throw new IllegalArgumentException(
          "webhooks need a secret of at least 16 characters to sign with");
    }
  }

  /** Nobody is told anything. */
  public static WebhookSettings none() {
    return new WebhookSettings(Set.of(), "", false);
  }

  /**
   * An address that may be told.
   *
   * @throws IllegalArgumentException when it is no http or https URL of a host that is listed
   */
  public URI allowed(String text) {
    URI address;
    try {
      address = URI.create(text);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("it is no URL", e);
    }
    String scheme = Optional.ofNullable(address.getScheme()).orElse("").toLowerCase(Locale.ROOT);
    if (address.getHost() == null || !(scheme.equals("https") || scheme.equals("http"))) {
      throw new IllegalArgumentException("it is no http or https URL with a host");
    }
    if (address.getRawUserInfo() != null) {
      throw new IllegalArgumentException("it carries a user");
    }
    if (!hosts.contains(address.getHost().toLowerCase(Locale.ROOT))) {
      throw new IllegalArgumentException(
          "the host "
              + address.getHost()
              + " is not among those of FEWSTEP_WEBHOOK_HOSTS on the server");
    }
    return address;
  }

  @Override
  public String toString() {
    return "WebhookSettings[hosts=" + hosts + ", allowPrivate=" + allowPrivate + "]";
  }
}

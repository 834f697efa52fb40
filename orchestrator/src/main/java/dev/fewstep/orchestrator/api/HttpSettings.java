package dev.fewstep.orchestrator.api;

import static dev.fewstep.schemas.spec.Checks.require;
import static java.util.Objects.requireNonNull;

import dev.fewstep.orchestrator.access.AccessSettings;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Where the API listens.
 *
 * @param host name or address of the interface; on a loopback address only loopback names are
 *     answered
 * @param port 1 to 65535, or 0 for a free one
 * @param maxUploadBytes largest imported file
 * @param access how it is protected; off loopback it must be, unless that is knowingly left out
 * @param tls what it speaks TLS with; empty for clear text
 */
public record HttpSettings(
    String host, int port, long maxUploadBytes, AccessSettings access, Optional<Tls> tls) {
  /**
   * A server's identity.
   *
   * @param certificate PEM file: its certificate, and the chain behind it
   * @param key PEM file: the private key
   */
  public record Tls(Path certificate, Path key) {
    public Tls {
      require(Files.isReadable(certificate), "the TLS certificate %s cannot be read", certificate);
      require(Files.isReadable(key), "the TLS key %s cannot be read", key);
    }
  }

  /** Largest imported file unless said otherwise: 64 GiB. */
  public static final long DEFAULT_MAX_UPLOAD = 64L << 30;

  public HttpSettings {
    requireNonNull(host, "host");
    require(!host.isBlank(), "the HTTP host is empty");
    require(port >= 0 && port <= 65_535, "the HTTP port must be 0 to 65535, not %s", port);
    require(maxUploadBytes > 0, "the largest upload must be positive, not %s", maxUploadBytes);
    requireNonNull(access, "access");
    requireNonNull(tls, "tls");
    require(
        access.enforced() || access.insecure() || isLoopback(host),
        "listening on %s lets others in: set FEWSTEP_ADMIN_TOKEN_FILE to a file with an admin token"
            + " (made by 'openssl rand -hex 32'), with which further tokens are made by 'fewstep"
            + " token create'; or say --insecure to let everybody do everything",
        host);
  }

  /** With the default bound on uploads, open: on loopback only. */
  public static HttpSettings of(String host, int port) {
    return new HttpSettings(
        host, port, DEFAULT_MAX_UPLOAD, AccessSettings.open(), Optional.empty());
  }

  /** The same with a protection. */
  public static HttpSettings of(String host, int port, AccessSettings access) {
    return new HttpSettings(host, port, DEFAULT_MAX_UPLOAD, access, Optional.empty());
  }

  /** The same over TLS. */
  public HttpSettings withTls(Optional<Tls> value) {
    return new HttpSettings(host, port, maxUploadBytes, access, value);
  }

  /** Whether only this machine reaches an address. */
  static boolean isLoopback(String host) {
    try {
      return InetAddress.getByName(host).isLoopbackAddress();
    } catch (UnknownHostException e) {
      return false;
    }
  }
}

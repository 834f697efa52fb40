package dev.fewstep.orchestrator.api;

import static dev.fewstep.schemas.spec.Checks.require;
import static java.util.Objects.requireNonNull;

/**
 * Where the API listens.
 *
 * @param host name or address of the interface; on a loopback address only loopback names are
 *     answered
 * @param port 1 to 65535, or 0 for a free one
 * @param maxUploadBytes largest imported file
 */
public record HttpSettings(String host, int port, long maxUploadBytes) {
  /** Largest imported file unless said otherwise: 64 GiB. */
  public static final long DEFAULT_MAX_UPLOAD = 64L << 30;

  public HttpSettings {
    requireNonNull(host, "host");
    require(!host.isBlank(), "the HTTP host is empty");
    require(port >= 0 && port <= 65_535, "the HTTP port must be 0 to 65535, not %s", port);
    require(maxUploadBytes > 0, "the largest upload must be positive, not %s", maxUploadBytes);
  }

  /** With the default bound on uploads. */
  public static HttpSettings of(String host, int port) {
    return new HttpSettings(host, port, DEFAULT_MAX_UPLOAD);
  }
}

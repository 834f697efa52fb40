package dev.fewstep.embedded;

import static java.util.Objects.requireNonNull;

import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * How an embedded broker's clients must prove who they are. The broker itself and its controller go
 * on speaking in clear text, on ports of their own.
 *
 * @param protocol {@code SSL}, {@code SASL_SSL} or {@code SASL_PLAINTEXT}
 * @param settings the broker's own settings for it: key stores, mechanisms, authorizer
 * @param scram accounts made with the broker's first start, such as {@code
 *     SCRAM-SHA-512=[name=ann,password=…]}
 */
public record ClientSecurity(String protocol, Map<String, String> settings, List<String> scram) {
  private static final Set<String> PROTOCOLS = Set.of("SSL", "SASL_SSL", "SASL_PLAINTEXT");

  public ClientSecurity {
    requireNonNull(protocol, "protocol");
    if (!PROTOCOLS.contains(protocol)) {
      throw new EmbeddedException("Clients prove who they are by one of " + PROTOCOLS + ".");
    }
    settings = Map.copyOf(settings);
    scram = List.copyOf(scram);
  }

  @Override
  public String toString() {
    return "ClientSecurity[" + protocol + "]";
  }
}

package dev.fewstep.orchestrator.access;

import static java.util.Objects.requireNonNull;

import java.time.Instant;
import java.util.Optional;

/**
 * What somebody asked for that may change something, and what became of it.
 *
 * @param at when it was answered
 * @param caller who asked, for people
 * @param tokenId the token that was shown; empty of the operator's own
 * @param operation id of the operation in the API's contract
 * @param target path that was asked for
 * @param status of the answer
 * @param commandId Idempotency-Key of the request; empty when it had none
 * @param from address that the request came from, a proxy's where there is one
 */
public record AuditEntry(
    Instant at,
    String caller,
    Optional<String> tokenId,
    String operation,
    String target,
    int status,
    Optional<String> commandId,
    String from) {
  public AuditEntry {
    requireNonNull(at, "at");
    requireNonNull(caller, "caller");
    tokenId = tokenId == null ? Optional.empty() : tokenId;
    requireNonNull(operation, "operation");
    requireNonNull(target, "target");
    commandId = commandId == null ? Optional.empty() : commandId;
    requireNonNull(from, "from");
  }
}

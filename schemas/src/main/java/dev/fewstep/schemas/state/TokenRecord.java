package dev.fewstep.schemas.state;

import static dev.fewstep.schemas.spec.Checks.require;
import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonIgnore;
import dev.fewstep.schemas.AccessRole;
import dev.fewstep.schemas.Digests;
import java.time.Instant;
import java.util.Collections;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * A token that lets its holder use the API. The token itself is nowhere: it holds 256 random bits,
 * so that its digest cannot be turned back by guessing and needs neither salt nor a slow hash.
 *
 * @param id what people know it by, 12 hex digits, no secret
 * @param name who holds it
 * @param sha256 digest of the token's text, 64 hex digits
 * @param role what it may do
 * @param projects where; empty for every project, as an admin's must be
 * @param createdBy who made it
 * @param createdAt record time
 * @param expiresAt from when on it is worth nothing
 * @param revokedAt record time of its revocation; empty while it is not revoked
 */
public record TokenRecord(
    String id,
    String name,
    String sha256,
    AccessRole role,
    Set<String> projects,
    String createdBy,
    Instant createdAt,
    Instant expiresAt,
    Optional<Instant> revokedAt)
    implements StateValue {
  /** The form of an id. */
  public static final Pattern ID = Pattern.compile("[0-9a-f]{12}");

  public TokenRecord {
    requireNonNull(id, "id");
    require(ID.matcher(id).matches(), "'%s' is no token's id: %s", id, ID.pattern());
    requireNonNull(name, "name");
    Digests.requireSha256(sha256, "sha256");
    requireNonNull(role, "role");
    projects =
        projects == null ? Set.of() : Collections.unmodifiableSortedSet(new TreeSet<>(projects));
    require(role != AccessRole.ADMIN || projects.isEmpty(), "an admin's token is of every project");
    requireNonNull(createdBy, "createdBy");
    requireNonNull(createdAt, "createdAt");
    requireNonNull(expiresAt, "expiresAt");
    revokedAt = revokedAt == null ? Optional.empty() : revokedAt;
  }

  /** Whether it is worth something at a time. */
  @JsonIgnore
  public boolean valid(Instant now) {
    return revokedAt.isEmpty() && now.isBefore(expiresAt);
  }

  /** Worth nothing from now on. */
  public TokenRecord revoked(Instant at) {
    return new TokenRecord(
        id, name, sha256, role, projects, createdBy, createdAt, expiresAt, Optional.of(at));
  }
}

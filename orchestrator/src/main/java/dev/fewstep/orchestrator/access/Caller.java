package dev.fewstep.orchestrator.access;

import static java.util.Objects.requireNonNull;

import dev.fewstep.schemas.AccessRole;
import dev.fewstep.schemas.state.TokenRecord;
import java.util.Optional;
import java.util.Set;

/**
 * Who asks.
 *
 * @param name who, for people
 * @param tokenId the token that was shown; empty of the operator's own and of nobody's
 * @param known whether it was found out who asks; else everybody may do everything
 * @param role what the caller may do
 * @param projects where; empty for every project
 */
public record Caller(
    String name, Optional<String> tokenId, boolean known, AccessRole role, Set<String> projects) {
  public Caller {
    requireNonNull(name, "name");
    requireNonNull(tokenId, "tokenId");
    requireNonNull(role, "role");
    projects = Set.copyOf(projects);
  }

  /** Anybody, where everybody is let in. */
  public static Caller anybody() {
    return new Caller("anonymous", Optional.empty(), false, AccessRole.ADMIN, Set.of());
  }

  /** The holder of the operator's own token. */
  static Caller operator() {
    return new Caller("operator", Optional.empty(), true, AccessRole.ADMIN, Set.of());
  }

  /** The holder of a token. */
  static Caller holder(TokenRecord token) {
    return new Caller(token.name(), Optional.of(token.id()), true, token.role(), token.projects());
  }

  /** Whether the caller may do what a role is required for. */
  public boolean may(AccessRole required) {
    return role.covers(required);
  }

  /** Whether nothing is hidden from the caller. */
  public boolean seesAll() {
    return projects.isEmpty();
  }

  /** Whether the caller sees what belongs to a project. */
  public boolean sees(String project) {
    return seesAll() || projects.contains(project);
  }
}

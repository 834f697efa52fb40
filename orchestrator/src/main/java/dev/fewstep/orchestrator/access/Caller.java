package dev.fewstep.orchestrator.access;

import static java.util.Objects.requireNonNull;

import dev.fewstep.schemas.AccessRole;
import dev.fewstep.schemas.state.TokenRecord;
import java.time.Instant;
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
 * @param until when that ends
 */
public record Caller(
    String name,
    Optional<String> tokenId,
    boolean known,
    AccessRole role,
    Set<String> projects,
    Instant until) {
  private static final String NOWHERE = "";

  public Caller {
    requireNonNull(name, "name");
    requireNonNull(tokenId, "tokenId");
    requireNonNull(role, "role");
    projects = Set.copyOf(projects);
    requireNonNull(until, "until");
  }

  /** Anybody, where everybody is let in. */
  public static Caller anybody() {
    return new Caller(
        "anonymous", Optional.empty(), false, AccessRole.ADMIN, Set.of(), Instant.MAX);
  }

  /** Somebody who has not said yet who it is: reads nothing of any project. */
  public static Caller stranger() {
    return new Caller(
        "anonymous", Optional.empty(), false, AccessRole.VIEWER, Set.of(NOWHERE), Instant.MAX);
  }

  /** The holder of the operator's own token. */
  static Caller operator() {
    return new Caller("operator", Optional.empty(), true, AccessRole.ADMIN, Set.of(), Instant.MAX);
  }

  /** The holder of a token. */
  static Caller holder(TokenRecord token) {
    return new Caller(
        token.name(),
        Optional.of(token.id()),
        true,
        token.role(),
        token.projects(),
        token.expiresAt());
  }

  /** The same, for no longer than that. */
  Caller atMost(Instant end) {
    return end.isBefore(until) ? new Caller(name, tokenId, known, role, projects, end) : this;
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

package dev.fewstep.orchestrator.experiment;

import dev.fewstep.schemas.AccessRole;
import dev.fewstep.schemas.message.Command;
import dev.fewstep.schemas.state.Problem;
import dev.fewstep.schemas.state.StateRecord;
import dev.fewstep.schemas.state.TokenRecord;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/** Who may use the API. The times are record times. */
final class TokenRules {
  /** How long a token may be worth something. */
  static final Duration LONGEST = Duration.ofDays(366);

  /** How long a token that is worth nothing any more is still shown. */
  static final Duration SHOWN = Duration.ofDays(90);

  private static final int MOST = 1000;
  private static final Duration CLOCKS = Duration.ofMinutes(5);
  private static final Pattern NAME = Pattern.compile("[\\p{L}\\p{N}][\\p{L}\\p{N}._@ -]{0,127}");
  private static final Pattern PROJECT = Pattern.compile("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?");

  private TokenRules() {}

  static void create(Draft draft, Command.CreateToken command) {
    List<Problem> problems = problems(draft, command);
    if (!problems.isEmpty()) {
      Outcomes.reject(draft, command, command.name(), problems.get(0).message(), problems);
      return;
    }
    forget(draft);
    if (draft.state().tokens().all().size() >= MOST) {
      Outcomes.reject(
          draft, command, command.name(), "there are " + MOST + " tokens already: revoke some");
      return;
    }
    draft.put(
        StateRecord.of(
            new TokenRecord(
                command.tokenId(),
                command.name(),
                command.sha256(),
                command.role(),
                command.projects(),
                command.createdBy(),
                draft.recordTime(),
                command.expiresAt(),
                Optional.empty())));
    Outcomes.accept(draft, command, command.tokenId());
  }

  private static List<Problem> problems(Draft draft, Command.CreateToken command) {
    List<Problem> problems = new ArrayList<>();
    Instant now = draft.recordTime();
    if (!TokenRecord.ID.matcher(command.tokenId()).matches()
        || draft.token(command.tokenId()).isPresent()) {
      problems.add(Problem.of("tokenId", "'" + command.tokenId() + "' cannot be a new token's id"));
    }
    if (!NAME.matcher(command.name()).matches()) {
      problems.add(problem("name", "'" + command.name() + "' is no holder's name", NAME.pattern()));
    }
    if (command.role() == AccessRole.ADMIN && !command.projects().isEmpty()) {
      problems.add(
          problem("projects", "an admin's token is of every project", "no projects, or a role"));
    }
    if (command.projects().size() > 100) {
      problems.add(problem("projects", "a token is of at most 100 projects", "at most 100"));
    }
    for (String project : command.projects()) {
      if (!PROJECT.matcher(project).matches()) {
        problems.add(problem("projects", "'" + project + "' is no project", PROJECT.pattern()));
      }
    }
    if (!command.expiresAt().isAfter(now)
        || command.expiresAt().isAfter(now.plus(LONGEST).plus(CLOCKS))) {
      String range = "within " + LONGEST.toDays() + " days from now";
      problems.add(
          problem(
              "expiresAt", "a token expires " + range + ", not at " + command.expiresAt(), range));
    }
    return problems;
  }

  private static Problem problem(String path, String message, String expected) {
    return new Problem(path, message, Optional.of(expected), Optional.empty());
  }

  /** Tokens that were worth nothing for long are dropped when another is made. */
  private static void forget(Draft draft) {
    Instant since = draft.recordTime().minus(SHOWN);
    draft.state().tokens().all().stream()
        .filter(token -> token.revokedAt().orElse(token.expiresAt()).isBefore(since))
        .map(TokenRecord::id)
        .toList()
        .forEach(id -> draft.put(StateRecord.noToken(id)));
  }

  /** To revoke what is revoked changes nothing. */
  static void revoke(Draft draft, Command.RevokeToken command) {
    Optional<TokenRecord> known = draft.token(command.tokenId());
    if (known.isEmpty()) {
      Outcomes.reject(draft, command, command.tokenId(), "there is no token " + command.tokenId());
      return;
    }
    if (known.get().revokedAt().isEmpty()) {
      draft.put(StateRecord.of(known.get().revoked(draft.recordTime())));
    }
    Outcomes.accept(draft, command, command.tokenId());
  }
}

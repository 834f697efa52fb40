package dev.fewstep.orchestrator.experiment;

import dev.fewstep.schemas.Artifact;
import dev.fewstep.schemas.Json;
import dev.fewstep.schemas.Lineage;
import dev.fewstep.schemas.message.Command;
import dev.fewstep.schemas.spec.SpecException;
import dev.fewstep.schemas.state.ExperimentRecord;
import dev.fewstep.schemas.state.Problem;
import dev.fewstep.schemas.state.StateRecord;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** New experiments: of their own, or made of another one. */
final class SubmissionRules {
  private static final int ID_DIGITS = 8;

  private SubmissionRules() {}

  /** The id of the experiment that a command submits. */
  static String experimentId(String name, UUID commandId) {
    return name + "-" + commandId.toString().substring(0, ID_DIGITS).toLowerCase(Locale.ROOT);
  }

  static void submit(Draft draft, Command.SubmitExperiment command) {
    if (command.lineage().isEmpty()) {
      admit(draft, command, Optional.empty());
      return;
    }
    Lineage lineage = command.lineage().get();
    Outcomes.about(
        draft,
        command,
        lineage.experimentId(),
        other -> {
          Optional<ExperimentRecord> twin = twin(draft, command, lineage);
          Optional<ExperimentRecord> successor =
              lineage.kind() == Lineage.Kind.REPLACES
                  ? successor(draft, other.id())
                  : Optional.empty();
          if (twin.isPresent()) {
            Outcomes.acceptTrials(draft, command, twin.get().id(), twin.get().trials());
          } else if (successor.isPresent()) {
            rejectReplaced(draft, command, other.id(), successor.get().id());
          } else {
            admit(draft, command, Optional.of(other));
          }
        });
  }

  /** An experiment that somebody made of the same other one in the same way, and that stands. */
  private static Optional<ExperimentRecord> twin(
      Draft draft, Command.SubmitExperiment command, Lineage lineage) {
    if (lineage.kind() == Lineage.Kind.CLONES) {
      return Optional.empty();
    }
    String wanted = Json.toText(command.experiment());
    return draft.state().experimentIdsOldestFirst().stream()
        .map(draft::experiment)
        .flatMap(Optional::stream)
        .filter(known -> known.lineage().equals(Optional.of(lineage)) && !known.withdrawn())
        .filter(known -> Json.toText(known.spec()).equals(wanted))
        .findFirst();
  }

  /** The experiment that at last replaced another, when it stands. */
  private static Optional<ExperimentRecord> successor(Draft draft, String id) {
    Optional<ExperimentRecord> last = Optional.empty();
    // A successor is younger than what it replaces: one pass finds the end of the chain.
    for (String known : draft.state().experimentIdsOldestFirst()) {
      Lineage replaces =
          new Lineage(Lineage.Kind.REPLACES, last.map(ExperimentRecord::id).orElse(id));
      Optional<ExperimentRecord> next =
          draft.experiment(known).filter(e -> e.lineage().equals(Optional.of(replaces)));
      last = next.isPresent() ? next : last;
    }
    return last.filter(found -> !found.withdrawn());
  }

  private static void rejectReplaced(
      Draft draft, Command.SubmitExperiment command, String id, String successor) {
    String reason = "experiment " + id + " was replaced by " + successor + " already";
    Outcomes.reject(
        draft,
        command,
        id,
        reason,
        List.of(
            new Problem(
                "experimentId",
                reason,
                Optional.of("the experiment that stands in its place"),
                Optional.of(successor))));
  }

  private static void admit(
      Draft draft, Command.SubmitExperiment command, Optional<ExperimentRecord> other) {
    String id = experimentId(command.experiment().metadata().name(), command.commandId());
    Prepared prepared = prepare(draft, id, command, other);
    if (prepared.made().isEmpty()) {
      Outcomes.reject(draft, command, id, prepared.reason(), prepared.problems());
      return;
    }
    ExperimentRecord made = prepared.made().get();
    draft.put(StateRecord.of(made));
    Outcomes.acceptTrials(draft, command, id, made.trials());
    draft.more();
  }

  /**
   * An experiment that may be put into the state, or why not.
   *
   * @param made the experiment
   * @param reason why there is none, one sentence without its full stop
   * @param problems what is wrong
   */
  record Prepared(Optional<ExperimentRecord> made, String reason, List<Problem> problems) {
    private static Prepared refused(String reason, List<Problem> problems) {
      return new Prepared(Optional.empty(), reason, problems);
    }

    /** The reason with the first problem. */
    String why() {
      return problems.isEmpty() ? reason : reason + ": " + problems.get(0).message();
    }
  }

  /** An experiment that came from no other. */
  static Prepared prepare(Draft draft, String id, Command.SubmitExperiment command) {
    return prepare(draft, id, command, Optional.empty());
  }

  private static Prepared prepare(
      Draft draft, String id, Command.SubmitExperiment command, Optional<ExperimentRecord> other) {
    if (draft.experiment(id).isPresent() || draft.state().archive().experiment(id).isPresent()) {
      return Prepared.refused("there is an experiment " + id + " already", List.of());
    }
    boolean extended = command.lineage().map(l -> l.kind() == Lineage.Kind.EXTENDS).orElse(false);
    Map<String, Artifact> inputs;
    if (extended) {
      // Its names mean what they meant to the experiment that it extends.
      inputs = other.orElseThrow().inputs();
    } else {
      InputNames.Resolved names = InputNames.resolve(command.experiment().spec(), draft.state());
      if (!names.problems().isEmpty()) {
        return Prepared.refused("it names inputs that are not there", names.problems());
      }
      inputs = names.inputs();
    }
    boolean shares = command.lineage().map(l -> l.kind() != Lineage.Kind.CLONES).orElse(false);
    Optional<String> salt = other.filter(o -> shares).map(ExperimentRecord::saltId);
    int trials;
    try {
      GridTrials source = GridTrials.of(command.experiment(), salt.orElse(id), inputs);
      trials = source.trials();
      source.plan(0);
      source.basePlan();
    } catch (SpecException e) {
      return Prepared.refused("its specification is wrong", problems(e));
    } catch (IllegalArgumentException e) {
      return Prepared.refused(
          "its specification is wrong", List.of(Problem.of("spec", e.getMessage())));
    }
    return new Prepared(
        Optional.of(
            ExperimentRecord.submitted(
                id,
                draft.state().lastSequence() + 1,
                command,
                draft.recordTime(),
                inputs,
                trials,
                salt)),
        "",
        List.of());
  }

  static List<Problem> problems(SpecException e) {
    return e.problems().stream()
        .map(
            problem ->
                new Problem(
                    problem.path(),
                    problem.message(),
                    problem.expected().isEmpty()
                        ? Optional.empty()
                        : Optional.of(String.join(", ", problem.expected())),
                    problem.nearest()))
        .toList();
  }
}

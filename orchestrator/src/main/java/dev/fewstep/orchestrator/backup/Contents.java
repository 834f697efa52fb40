package dev.fewstep.orchestrator.backup;

import static java.util.Objects.requireNonNull;

import dev.fewstep.orchestrator.experiment.OrchestratorState;
import dev.fewstep.orchestrator.experiment.Reachable;
import dev.fewstep.schemas.Artifact;
import dev.fewstep.schemas.Json;
import dev.fewstep.schemas.message.Command;
import dev.fewstep.schemas.message.InboxMessage;
import dev.fewstep.schemas.message.Report;
import dev.fewstep.schemas.state.StateCodec;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What a state and the inbox behind it refer to, and how much they are.
 *
 * @param state the fold
 * @param artifacts by digest
 */
record Contents(OrchestratorState state, Map<String, Artifact> artifacts) {
  Contents {
    requireNonNull(state, "state");
    requireNonNull(artifacts, "artifacts");
  }

  /**
   * Reads both.
   *
   * @throws StateCodec.NewerStateException when a newer release wrote it
   * @throws UncheckedIOException when a record cannot be read
   */
  static Contents of(Map<String, byte[]> records, List<byte[]> inbox) {
    StateCodec codec = new StateCodec();
    OrchestratorState state = new OrchestratorState();
    records.forEach((key, value) -> state.replay(codec.decode(key, Optional.of(value))));
    Map<String, Artifact> artifacts = new TreeMap<>();
    Reachable.visit(
        state, found -> artifacts.putIfAbsent(found.artifact().sha256(), found.artifact()));
    for (byte[] value : inbox) {
      message(value).ifPresent(message -> add(artifacts, message));
    }
    return new Contents(state, artifacts);
  }

  /** What the leader would read; it skips what is no message, and so does this. */
  private static Optional<InboxMessage> message(byte[] value) {
    try {
      return Optional.of(Json.fromBytes(value, InboxMessage.class));
    } catch (UncheckedIOException e) {
      return Optional.empty();
    }
  }

  private static void add(Map<String, Artifact> artifacts, InboxMessage message) {
    List<Artifact> named = List.of();
    if (message instanceof Report.Succeeded succeeded) {
      named = succeeded.artifacts();
    } else if (message instanceof Report.Checkpointed checkpointed) {
      named = List.of(checkpointed.checkpoint());
    } else if (message instanceof Command.RegisterInput register) {
      named = List.of(register.artifact());
    } else if (message instanceof Command.ArchiveExperiment archive) {
      named = List.of(archive.archive());
    }
    named.forEach(file -> artifacts.putIfAbsent(file.sha256(), file));
  }

  /** In words. */
  String summary() {
    return "%s experiments, %s archived, %s tasks, %s inputs"
        .formatted(
            state.experimentCount(),
            state.archive().count(),
            state.taskCount(),
            state.inputs().size());
  }
}

package dev.fewstep.orchestrator.transfer;

import static java.util.Objects.requireNonNull;

import dev.fewstep.orchestrator.archive.Archivist;
import dev.fewstep.orchestrator.artifact.ObjectStore;
import dev.fewstep.orchestrator.experiment.ArchiveContent;
import dev.fewstep.orchestrator.experiment.ImportedExperiment;
import dev.fewstep.orchestrator.log.CommandGateway;
import dev.fewstep.schemas.Artifact;
import dev.fewstep.schemas.Json;
import dev.fewstep.schemas.message.Command;
import dev.fewstep.schemas.state.ExperimentRecord;
import dev.fewstep.schemas.state.OutcomeRecord;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ExecutionException;

/**
 * Takes a package in: first its files into the store, where nothing refers to them yet, then one
 * command that makes the experiment appear. Results that are too many for one message go before it;
 * they are complete in themselves. What is interrupted is taken up by importing the same file
 * again. Safe for use by several threads; its calls block.
 */
public final class PackageImport {
  /** Results of one message in bytes; the inbox takes records of 4 MiB. */
  private static final int MESSAGE_BYTES = 1 << 20;

  private static final int PATIENCE = 6;

  private final ObjectStore store;
  private final Archivist archivist;
  private final CommandGateway gateway;
  private final Clock clock;

  /** Into that store and that inbox. */
  public PackageImport(
      ObjectStore store, Archivist archivist, CommandGateway gateway, Clock clock) {
    this.store = requireNonNull(store, "store");
    this.archivist = requireNonNull(archivist, "archivist");
    this.gateway = requireNonNull(gateway, "gateway");
    this.clock = requireNonNull(clock, "clock");
  }

  /** Looks at a file that is about to be named as an input. */
  @FunctionalInterface
  public interface InputCheck {
    /**
     * Looks.
     *
     * @throws IllegalArgumentException when it is none
     */
    void check(Artifact artifact, Path file) throws IOException;
  }

  /**
   * A request.
   *
   * @param commandId id of the command that is sent last
   * @param file the package
   * @param sha256 its digest
   * @param user who asks
   */
  public record Request(UUID commandId, Path file, String sha256, String user) {
    public Request {
      requireNonNull(commandId, "commandId");
      requireNonNull(file, "file");
      requireNonNull(sha256, "sha256");
      requireNonNull(user, "user");
    }
  }

  /**
   * What came of it.
   *
   * @param command what was sent last
   * @param outcome what became of it; empty when that was not decided in time
   * @param results results that serve equal tasks from now on, if none were there
   */
  public record Taken(
      Command.ImportExperiment command, Optional<OutcomeRecord> outcome, int results) {
    public Taken {
      requireNonNull(command, "command");
      requireNonNull(outcome, "outcome");
    }
  }

  /**
   * Takes a package in.
   *
   * @throws PackageException when it is none, or is not whole
   * @throws IOException when the store, the inbox or the disk does not take it
   */
  public Taken take(Request request, InputCheck inputs) throws IOException, InterruptedException {
    PackageReader reader = PackageReader.open(request.file());
    ImportedExperiment experiment = reader.experiment();
    Set<String> stored = store(reader, inputs);
    List<Command.ImportedResult> results =
        experiment.results(file -> stored.contains(file.sha256()));
    List<List<Command.ImportedResult>> parts = parts(results);
    Artifact archive = archivist.keep(experiment.content());
    for (int i = 0; i < parts.size() - 1; i++) {
      before(request, i, experiment.content().experimentId(), parts.get(i));
    }
    Map<String, Artifact> named = new HashMap<>(experiment.experiment().inputs());
    named.values().removeIf(input -> !stored.contains(input.sha256()));
    Command.ImportExperiment command =
        command(request, reader, archive, named, parts.get(parts.size() - 1));
    Optional<OutcomeRecord> outcome = send(command);
    if (outcome.map(OutcomeRecord::accepted).orElse(false)) {
      requireStored(command, results);
    }
    return new Taken(command, outcome, results.size());
  }

  private Command.ImportExperiment command(
      Request request,
      PackageReader reader,
      Artifact archive,
      Map<String, Artifact> inputs,
      List<Command.ImportedResult> results) {
    ImportedExperiment experiment = reader.experiment();
    ArchiveContent content = experiment.content();
    ExperimentRecord own = experiment.experiment();
    return new Command.ImportExperiment(
        request.commandId(),
        clock.instant(),
        request.user(),
        reader.manifest().origin(),
        reader.manifest().fewstepVersion(),
        reader.manifest().exportedAt(),
        request.sha256(),
        own.id(),
        own.spec().metadata().name(),
        own.spec().metadata().project(),
        own.spec().metadata().labels(),
        own.submittedBy(),
        own.submittedAt(),
        content.endedAt(),
        experiment.state(),
        own.trials(),
        experiment.tasks(),
        archive,
        content.fingerprint(),
        inputs,
        results);
  }

  /** Stores what is not there yet; the digests of all that the records name and the store has. */
  private Set<String> store(PackageReader reader, InputCheck check) throws IOException {
    Set<String> stored = new HashSet<>();
    Set<String> inputs = new HashSet<>();
    ImportedExperiment experiment = reader.experiment();
    experiment.experiment().inputs().values().forEach(input -> inputs.add(input.sha256()));
    Path part = Files.createTempFile("fewstep-import", ".part");
    try {
      reader.artifacts(
          (artifact, content) -> {
            boolean input = inputs.contains(artifact.sha256());
            if (input || !store.relyOn(artifact)) {
              Files.copy(content, part, StandardCopyOption.REPLACE_EXISTING);
              if (input) {
                checked(check, artifact, part);
              }
              store.put(artifact.kind(), artifact.name(), part, artifact.sha256());
            }
            stored.add(artifact.sha256());
          });
    } finally {
      Files.deleteIfExists(part);
    }
    List<Artifact> others = new ArrayList<>(experiment.experiment().inputs().values());
    for (Command.ImportedResult result : experiment.results(file -> true)) {
      others.addAll(result.artifacts());
    }
    Set<String> asked = new HashSet<>(stored);
    for (Artifact other : others) {
      if (asked.add(other.sha256()) && store.relyOn(other)) {
        stored.add(other.sha256());
      }
    }
    return stored;
  }

  private static void checked(InputCheck check, Artifact artifact, Path file) throws IOException {
    try {
      check.check(artifact, file);
    } catch (IllegalArgumentException e) {
      throw new PackageException("its input " + artifact.name() + ": " + e.getMessage(), e);
    }
  }

  /** Results by messages; one at least. */
  private static List<List<Command.ImportedResult>> parts(List<Command.ImportedResult> results) {
    List<List<Command.ImportedResult>> parts = new ArrayList<>();
    List<Command.ImportedResult> part = new ArrayList<>();
    int bytes = 0;
    for (Command.ImportedResult result : results) {
      int own = Json.toBytes(result).length;
      if (bytes + own > MESSAGE_BYTES && !part.isEmpty()) {
        parts.add(part);
        part = new ArrayList<>();
        bytes = 0;
      }
      part.add(result);
      bytes += own;
    }
    parts.add(part);
    return parts;
  }

  private void before(
      Request request, int number, String experimentId, List<Command.ImportedResult> results)
      throws IOException, InterruptedException {
    UUID id =
        UUID.nameUUIDFromBytes(
            (request.commandId() + " part " + number).getBytes(StandardCharsets.UTF_8));
    Command command = new Command.ImportResults(id, clock.instant(), experimentId, results);
    for (int i = 0; i < PATIENCE; i++) {
      if (send(command).isPresent()) {
        return;
      }
    }
    throw new IOException("no leader takes its results: import the same file again");
  }

  private Optional<OutcomeRecord> send(Command command) throws IOException, InterruptedException {
    try {
      return gateway.send(command).get();
    } catch (ExecutionException e) {
      throw new IOException("the inbox does not take it: " + e.getCause().getMessage(), e);
    }
  }

  /** From now on the state refers to them: a garbage collection of before may have been faster. */
  private void requireStored(Command.ImportExperiment command, List<Command.ImportedResult> results)
      throws IOException {
    Set<Artifact> needed = new HashSet<>(command.inputs().values());
    needed.add(command.archive());
    results.forEach(result -> needed.addAll(result.artifacts()));
    for (Artifact artifact : needed) {
      if (store.size(artifact.sha256()).isEmpty()) {
        throw new IOException(
            "a garbage collection removed "
                + artifact.objectKey()
                + " meanwhile: import the same file again");
      }
    }
  }
}

package dev.fewstep.orchestrator.api;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fewstep.orchestrator.access.Caller;
import dev.fewstep.orchestrator.artifact.ObjectStore;
import dev.fewstep.orchestrator.artifact.StoreUnavailableException;
import dev.fewstep.orchestrator.experiment.ArchiveContent;
import dev.fewstep.orchestrator.experiment.OrchestratorState;
import dev.fewstep.orchestrator.export.TableFormat;
import dev.fewstep.orchestrator.log.StateView;
import dev.fewstep.orchestrator.ops.OrchestratorMetrics;
import dev.fewstep.orchestrator.tensorboard.TaskRun;
import dev.fewstep.orchestrator.tensorboard.TensorBoardFolder;
import dev.fewstep.orchestrator.transfer.PackageContents;
import dev.fewstep.orchestrator.transfer.PackageException;
import dev.fewstep.orchestrator.transfer.PackageImport;
import dev.fewstep.orchestrator.transfer.PackageWriter;
import dev.fewstep.orchestrator.view.ResultTable;
import dev.fewstep.schemas.Artifact;
import dev.fewstep.schemas.Json;
import dev.fewstep.schemas.message.Command;
import dev.fewstep.schemas.state.ArchivedRecord;
import dev.fewstep.schemas.state.ExperimentRecord;
import dev.fewstep.schemas.state.InputRecord;
import dev.fewstep.schemas.state.OutcomeRecord;
import dev.fewstep.store.S3Bucket;
import io.vertx.core.Future;
import io.vertx.core.WorkerExecutor;
import io.vertx.ext.web.RoutingContext;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Clock;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Predicate;

/** Experiments as single files: out of this installation and into it. */
final class TransferRoutes {
  private final Replies replies;
  private final ArchiveRoutes archives;
  private final StateView state;
  private final ObjectStore store;
  private final PackageImport imports;
  private final Clock clock;
  private final Streaming streaming;

  /**
   * Where bodies go and come from.
   *
   * @param downloads answers that are made while they are sent
   * @param uploads bodies that are received into files
   * @param executor where imports work
   */
  record Streaming(ArtifactStreams downloads, Uploads uploads, WorkerExecutor executor) {
    Streaming {
      requireNonNull(downloads, "downloads");
      requireNonNull(uploads, "uploads");
      requireNonNull(executor, "executor");
    }
  }

  TransferRoutes(Replies replies, ArchiveRoutes archives, ApiParts parts, Streaming streaming) {
    this.replies = requireNonNull(replies, "replies");
    this.archives = requireNonNull(archives, "archives");
    this.state = parts.state();
    this.store = parts.store();
    this.clock = parts.clock();
    this.imports =
        new PackageImport(parts.store(), parts.archivist(), parts.gateway(), parts.clock());
    this.streaming = requireNonNull(streaming, "streaming");
  }

  void mount(Operations operations) {
    operations.on("exportExperiment", this::export);
    operations.on("importExperiment", this::take);
    operations.on("exportTensorBoard", this::tensorBoard);
    operations.on("exportResults", this::results);
  }

  private void results(RoutingContext context) {
    Optional<String> asked = Replies.query(context, "project");
    Caller caller = AccessGate.caller(context);
    Predicate<String> project = name -> caller.sees(name) && asked.map(name::equals).orElse(true);
    boolean archived = Replies.query(context, "archived").map(Boolean::parseBoolean).orElse(true);
    TableFormat format = TableFormat.named(Replies.query(context, "format").orElse(""));
    replies
        .value(context, fold -> experiments(fold, project, archived))
        .onSuccess(
            ids ->
                streaming
                    .downloads()
                    .send(
                        context,
                        format.mediaType(),
                        "results." + format.ending(),
                        () ->
                            out ->
                                format.write(
                                    ResultTable.columns(), new ResultRows(archives, ids), out)))
        .onFailure(context::fail);
  }

  /** Ids of the experiments of those projects, in the order of submission. */
  private static List<String> experiments(
      OrchestratorState fold, Predicate<String> project, boolean archived) {
    TreeMap<Long, String> ids = new TreeMap<>();
    for (ExperimentRecord experiment : fold.experiments(Optional.empty(), Integer.MAX_VALUE)) {
      if (project.test(experiment.spec().metadata().project())) {
        ids.put(experiment.sequence(), experiment.id());
      }
    }
    if (archived) {
      for (ArchivedRecord experiment : fold.archive().experiments()) {
        if (project.test(experiment.project())) {
          ids.put(experiment.sequence(), experiment.experimentId());
        }
      }
    }
    return List.copyOf(ids.values());
  }

  private void tensorBoard(RoutingContext context) {
    String id = context.pathParam("experimentId");
    replies
        .awaited(context)
        .onSuccess(
            reached ->
                streaming
                    .downloads()
                    .send(context, "application/x-tar", id + ".tensorboard.tar", () -> events(id)))
        .onFailure(context::fail);
  }

  private ArtifactStreams.Writing events(String id) {
    List<TaskRun> runs =
        archives.source(id).read(fold -> TaskRun.of(fold, ExperimentViews.require(fold, id)));
    return out -> new TensorBoardFolder(this::read).write(id, runs, out);
  }

  private Optional<byte[]> read(Artifact artifact) throws IOException {
    Optional<S3Bucket.Content> found = store.open(artifact.sha256());
    if (found.isEmpty()) {
      return Optional.empty();
    }
    try (S3Bucket.Content content = found.get()) {
      return Optional.of(content.stream().readAllBytes());
    }
  }

  private void export(RoutingContext context) {
    String id = context.pathParam("experimentId");
    String contents = Replies.query(context, "artifacts").orElse("all");
    PackageWriter.Choice choice =
        new PackageWriter.Choice(
            PackageContents.valueOf(contents.toUpperCase(Locale.ROOT)),
            Replies.query(context, "inputs").map(Boolean::parseBoolean).orElse(true),
            Replies.query(context, "origin")
                .or(() -> Optional.ofNullable(context.request().getHeader("Host")))
                .orElse("unknown"),
            OrchestratorMetrics.version(),
            clock.instant());
    replies
        .awaited(context)
        .onSuccess(
            reached ->
                streaming
                    .downloads()
                    .send(
                        context,
                        "application/x-tar",
                        id + ".fewstep.tar",
                        () -> written(id, choice)))
        .onFailure(context::fail);
  }

  private ArtifactStreams.Writing written(String id, PackageWriter.Choice choice)
      throws IOException {
    ArchiveContent content =
        archives
            .source(id)
            .read(
                fold -> {
                  ExperimentViews.require(fold, id);
                  return ArchiveContent.of(fold, id)
                      .orElseThrow(
                          () ->
                              ApiException.of(
                                  409,
                                  "Experiment "
                                      + id
                                      + " has not ended: it is "
                                      + fold.progress(id).orElseThrow().state()
                                      + "."));
                });
    PackageWriter writer = PackageWriter.prepare(content, choice, store);
    return out -> {
      try (writer) {
        writer.write(out);
      }
    };
  }

  private void take(RoutingContext context) {
    UUID commandId = Commands.id(context);
    String user = Commands.user(context);
    streaming
        .uploads()
        .receive(context.request())
        .compose(
            received ->
                streaming
                    .executor()
                    .executeBlocking(() -> taken(commandId, user, received), false)
                    .eventually(() -> discard(received)))
        .onSuccess(taken -> answer(context, taken))
        .onFailure(context::fail);
  }

  private PackageImport.Taken taken(UUID commandId, String user, Uploads.Received received)
      throws InterruptedException {
    try {
      return imports.take(
          new PackageImport.Request(commandId, received.file(), received.sha256(), user),
          (artifact, file) -> InputFormats.check(artifact.kind(), file));
    } catch (PackageException e) {
      throw ApiException.of(422, "The file cannot be imported: " + e.getMessage() + ".");
    } catch (StoreUnavailableException e) {
      throw ApiException.of(503, e.getMessage());
    } catch (IOException e) {
      throw ApiException.of(503, "The import did not come to its end: " + e.getMessage() + ".");
    }
  }

  private Future<Void> discard(Uploads.Received received) {
    return replies.blocking(
        () -> {
          Files.deleteIfExists(received.file());
          return null;
        });
  }

  private void answer(RoutingContext context, PackageImport.Taken taken) {
    Optional<OutcomeRecord> outcome = taken.outcome();
    if (outcome.isEmpty()) {
      UUID id = taken.command().commandId();
      context
          .response()
          .putHeader("Location", ApiContract.PREFIX + "/commands/" + id)
          .putHeader("Retry-After", "1");
      replies.send(
          context, 202, Json.messages().createObjectNode().put("commandId", id.toString()));
    } else if (outcome.get().accepted()) {
      Commands.located(context, outcome.get());
      replies.send(context, 201, state.read(fold -> view(fold, taken)));
    } else {
      context.fail(ApiException.of(outcome.get()));
    }
  }

  private static JsonNode view(OrchestratorState fold, PackageImport.Taken taken) {
    Command.ImportExperiment command = taken.command();
    ObjectNode view =
        Json.messages()
            .createObjectNode()
            .put("id", command.experimentId())
            .put("trials", command.trials())
            .put("state", command.state().name())
            .put("origin", command.origin())
            .put("results", taken.results());
    ObjectNode inputs = view.putObject("inputs");
    command
        .inputs()
        .forEach(
            (name, artifact) -> {
              String here =
                  fold.input(name)
                      .map(InputRecord::artifact)
                      .map(Artifact::sha256)
                      .filter(digest -> !digest.equals(artifact.sha256()))
                      .map(other -> "another")
                      .orElse("same");
              inputs.put(name, here);
            });
    return view;
  }
}

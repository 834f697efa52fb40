package dev.fewstep.worker.task;

import static dev.fewstep.schemas.spec.Checks.require;
import static java.util.Objects.requireNonNull;

import ai.djl.Device;
import dev.fewstep.schemas.Artifact;
import dev.fewstep.schemas.ArtifactKind;
import dev.fewstep.schemas.message.FailureCode;
import dev.fewstep.schemas.message.TaskMessage;
import dev.fewstep.schemas.task.SourceRef;
import dev.fewstep.schemas.task.TaskSpec;
import dev.fewstep.telemetry.TraceKeys;
import dev.fewstep.telemetry.Traceparent;
import dev.fewstep.telemetry.Traces;
import dev.fewstep.worker.artifact.ArtifactCache;
import dev.fewstep.worker.artifact.ArtifactCache.CachedFile;
import dev.fewstep.worker.artifact.ArtifactStore;
import dev.fewstep.worker.artifact.StoreException;
import dev.fewstep.worker.ops.WorkerMetrics;
import dev.fewstep.worker.task.program.OutputFile;
import dev.fewstep.worker.task.program.StopSignal;
import dev.fewstep.worker.task.program.TaskContext;
import dev.fewstep.worker.task.program.TaskFailure;
import dev.fewstep.worker.task.program.TaskListener;
import dev.fewstep.worker.task.program.TaskResult;
import dev.fewstep.worker.task.program.TaskStoppedException;
import dev.fewstep.worker.tensor.TorchEngine;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

/**
 * Runs one execution of an attempt on a thread of its own: fetches the inputs, computes, stores the
 * outputs. This is the one place where whatever goes wrong in a task is caught.
 */
public final class TaskRunner {
  private static final Logger LOG = LoggerFactory.getLogger(TaskRunner.class);

  private static final int PROBE_BYTES = 4 << 20;

  /** Computes a task of any kind. */
  @FunctionalInterface
  public interface Work {
    /** As {@code TaskProgram.run}. */
    TaskResult run(TaskSpec spec, TaskContext context) throws IOException, TaskStoppedException;
  }

  /**
   * Where a worker computes.
   *
   * @param device where tensors live
   * @param shards threads that share a training step
   * @param scratch directory for the files of running tasks; emptied at the start
   * @param provenance kept with every result
   */
  public record Place(Device device, int shards, Path scratch, Map<String, String> provenance) {
    public Place {
      requireNonNull(device, "device");
      require(shards >= 1, "shards must be at least 1, not %s", shards);
      requireNonNull(scratch, "scratch");
      provenance = Map.copyOf(provenance);
    }
  }

  private final ArtifactStore store;
  private final ArtifactCache cache;
  private final Place place;
  private final Work work;
  private final WorkerMetrics metrics;
  private final Traces traces;

  /**
   * A runner; what an earlier process left in the scratch directory is removed.
   *
   * @throws IOException when the scratch directory cannot be used
   */
  public TaskRunner(
      ArtifactStore store,
      ArtifactCache cache,
      Place place,
      Work work,
      WorkerMetrics metrics,
      Traces traces)
      throws IOException {
    this.store = requireNonNull(store, "store");
    this.cache = requireNonNull(cache, "cache");
    this.place = requireNonNull(place, "place");
    this.work = requireNonNull(work, "work");
    this.metrics = requireNonNull(metrics, "metrics");
    this.traces = requireNonNull(traces, "traces");
    deleteTree(place.scratch());
    Files.createDirectories(place.scratch());
  }

  /**
   * Runs an execution to its end; never throws. The JVM's exit waits for it to hand itself back.
   */
  public Outcome run(RunningTask task) {
    try (TorchEngine.Hold hold = TorchEngine.hold()) {
      LOG.debug("{} holds the engine ({})", task.executionId(), hold);
      return onOwnThread(task);
    }
  }

  /** Whether the disk takes a few megabytes; tried by writing them. */
  public boolean hasRoom() {
    Path probe = place.scratch().resolve("room");
    try {
      Files.createDirectories(place.scratch());
      Files.write(probe, new byte[PROBE_BYTES]);
      return true;
    } catch (IOException e) {
      LOG.warn("The disk has no room: {}", e.toString());
      return false;
    } finally {
      try {
        Files.deleteIfExists(probe);
      } catch (IOException e) {
        LOG.warn("{} is left behind", probe, e);
      }
    }
  }

  private Outcome onOwnThread(RunningTask task) {
    long begin = System.nanoTime();
    metrics.taskBegins(task.message());
    AtomicReference<Outcome> result = new AtomicReference<>();
    Thread thread =
        new Thread(
            Context.current().wrap(() -> result.set(guarded(task))),
            "fewstep-task-" + task.message().taskKey().substring(0, 8));
    thread.start();
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        // libtorch must not be torn down under a running task: hand it back, then leave.
        task.release();
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    Outcome outcome =
        Optional.ofNullable(result.get())
            .orElseGet(() -> new Outcome.Failure(FailureCode.INTERNAL, "The task's thread died."));
    metrics.taskEnds(
        task.message().kind(), outcome.word(), Duration.ofNanos(System.nanoTime() - begin));
    return outcome;
  }

  /** The boundary: every error of a task ends here. */
  @SuppressWarnings("CatchAndPrintStackTrace")
  private Outcome guarded(RunningTask task) {
    Path directory = place.scratch().resolve(task.executionId().toString());
    // Whatever the task's thread logs, in whatever library, says whose it is. The thread ends here.
    MDC.put("experiment", task.message().experimentId());
    MDC.put("task", task.message().taskKey());
    MDC.put("attempt", Integer.toString(task.message().attempt()));
    MDC.put("execution", task.executionId().toString());
    Traceparent.traceId(Context.current()).ifPresent(id -> MDC.put("trace_id", id));
    try {
      Files.createDirectories(directory);
      return attempt(task, directory);
    } catch (TaskStoppedException e) {
      boolean release = e.request() == StopSignal.Request.RELEASE;
      task.log(release ? "is handed back" : "is abandoned");
      return new Outcome.Stopped(release);
    } catch (Exception | Error e) {
      Outcome.Failure failure = Failures.explain(e);
      LOG.error("Task {} failed ({})", task.message().taskKey(), failure.code(), e);
      task.log("failed (" + failure.code() + "): " + failure.message());
      if (failure.code() == FailureCode.STORE_UNAVAILABLE) {
        metrics.storeFailed();
      }
      return failure;
    } finally {
      deleteTree(directory);
    }
  }

  private Outcome attempt(RunningTask task, Path directory)
      throws IOException, TaskStoppedException {
    TaskMessage message = task.message();
    TaskSpec spec = typedSpec(message);
    task.log("begins attempt " + message.attempt() + " for " + message.experimentId());
    List<CachedFile> open = new ArrayList<>();
    try {
      Map<SourceRef, Path> inputs = new HashMap<>();
      Optional<CachedFile> resumable =
          traced(
              "fetch inputs",
              () -> {
                for (SourceRef source : spec.sources()) {
                  CachedFile file = cache.open(artifactOf(message, source));
                  open.add(file);
                  inputs.put(source, file.path());
                }
                Optional<CachedFile> checkpoint = openCheckpoint(task);
                checkpoint.ifPresent(open::add);
                return checkpoint;
              });
      Path outputs = Files.createDirectories(directory.resolve("outputs"));
      TaskContext context =
          new TaskContext(
              inputs,
              outputs,
              resumable.map(CachedFile::path),
              place.device(),
              place.shards(),
              metered(task),
              task,
              (step, file) -> task.stored(step, upload(task, ArtifactKind.CHECKPOINT, file)));
      TaskResult result = traced("compute", () -> work.run(spec, context));
      List<Artifact> artifacts = traced("store outputs", () -> manifest(task, directory, result));
      return new Outcome.Success(artifacts, result.scores(), place.provenance());
    } finally {
      open.forEach(CachedFile::close);
    }
  }

  /** A part of a task. */
  @FunctionalInterface
  private interface Part<T> {
    T run() throws IOException, TaskStoppedException;
  }

  private <T> T traced(String name, Part<T> part) throws IOException, TaskStoppedException {
    Span span = traces.span(name, SpanKind.INTERNAL).startSpan();
    try (Scope scope = span.makeCurrent()) {
      requireNonNull(scope, "scope");
      return part.run();
    } catch (IOException | RuntimeException | Error e) {
      span.setAttribute(TraceKeys.ERROR_TYPE, e.getClass().getName()).setStatus(StatusCode.ERROR);
      throw e;
    } finally {
      span.end();
    }
  }

  /** A checkpoint that is gone costs steps, not the result: the task then starts over. */
  private Optional<CachedFile> openCheckpoint(RunningTask task) throws IOException {
    Optional<Artifact> checkpoint = task.message().checkpoint();
    if (checkpoint.isEmpty()) {
      return Optional.empty();
    }
    try {
      CachedFile file = cache.open(checkpoint.get());
      task.log("resumes from " + checkpoint.get().name());
      return Optional.of(file);
    } catch (StoreException e) {
      if (e.reason() != StoreException.Reason.MISSING
          && e.reason() != StoreException.Reason.CORRUPT) {
        throw e;
      }
      task.log("starts over, since its checkpoint cannot be had: " + e.getMessage());
      return Optional.empty();
    }
  }

  private List<Artifact> manifest(RunningTask task, Path directory, TaskResult result)
      throws IOException {
    List<Artifact> artifacts = new ArrayList<>();
    for (OutputFile file : result.files()) {
      artifacts.add(upload(task, file.kind(), file.name(), file.path()));
    }
    task.log("has stored " + artifacts.size() + " artifacts");
    Path log = Files.write(directory.resolve("log.txt"), task.taskLog().tail());
    artifacts.add(upload(task, ArtifactKind.LOG, "log.txt", log));
    return artifacts;
  }

  private Artifact upload(RunningTask task, ArtifactKind kind, Path file) throws IOException {
    return upload(task, kind, String.valueOf(file.getFileName()), file);
  }

  private Artifact upload(RunningTask task, ArtifactKind kind, String name, Path file)
      throws IOException {
    Artifact artifact =
        store.put(
            kind,
            name,
            file,
            Map.of("task", task.message().taskKey(), "kind", kind.name(), "name", name));
    metrics.uploaded(artifact.bytes());
    return artifact;
  }

  private static TaskSpec typedSpec(TaskMessage message) {
    try {
      return message.typedSpec();
    } catch (IllegalArgumentException e) {
      throw new TaskFailure(
          FailureCode.INVALID_SPEC, "The specification cannot be read: " + e.getMessage(), e);
    }
  }

  private static Artifact artifactOf(TaskMessage message, SourceRef source) {
    Artifact artifact = message.inputs().get(source.value());
    if (artifact == null) {
      throw new TaskFailure(
          FailureCode.BAD_INPUT,
          "The message names no artifact for the input " + source.value() + ".");
    }
    return artifact;
  }

  private TaskListener metered(RunningTask task) {
    return new TaskListener() {
      @Override
      public void progress(long step, long totalSteps) {
        task.progress(step, totalSteps);
        metrics.progress(step, totalSteps);
      }

      @Override
      public void point(String name, long step, double value) {
        task.point(name, step, value);
        metrics.point(name, value);
      }

      @Override
      public void trained(int images, Map<String, Double> seconds) {
        metrics.trained(images, seconds);
      }

      @Override
      public void log(String line) {
        task.log(line);
      }
    };
  }

  private static void deleteTree(Path root) {
    if (!Files.isDirectory(root)) {
      return;
    }
    try (Stream<Path> files = Files.walk(root)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      LOG.warn("The scratch directory {} could not be removed", root, e);
    }
  }
}

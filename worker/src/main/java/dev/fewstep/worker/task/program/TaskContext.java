package dev.fewstep.worker.task.program;

import static dev.fewstep.schemas.spec.Checks.require;
import static java.util.Objects.requireNonNull;

import ai.djl.Device;
import dev.fewstep.schemas.task.SourceRef;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * What surrounds the run of a task.
 *
 * @param inputs a local file for every source of the specification
 * @param directory an existing directory for the files that the task makes
 * @param checkpoint local file of the checkpoint to resume from
 * @param device where tensors live
 * @param shards threads that share a training step, at least 1; a result is bit-equal only between
 *     runs with the same number
 * @param listener hears progress, points of curves and log lines
 * @param stop asked between steps whether to go on
 * @param checkpoints takes checkpoints
 */
public record TaskContext(
    Map<SourceRef, Path> inputs,
    Path directory,
    Optional<Path> checkpoint,
    Device device,
    int shards,
    TaskListener listener,
    StopSignal stop,
    CheckpointSink checkpoints) {
  public TaskContext {
    inputs = Map.copyOf(inputs);
    requireNonNull(directory, "directory");
    requireNonNull(checkpoint, "checkpoint");
    requireNonNull(device, "device");
    require(shards >= 1, "shards must be at least 1, not %s", shards);
    requireNonNull(listener, "listener");
    requireNonNull(stop, "stop");
    requireNonNull(checkpoints, "checkpoints");
  }

  /**
   * The local file of a source.
   *
   * @throws IllegalArgumentException when the specification names a source that was not given
   */
  public Path input(SourceRef source) {
    Path path = inputs.get(source);
    if (path == null) {
      throw new IllegalArgumentException(
          "no file was given for the input " + source.value() + "; given are " + inputs.keySet());
    }
    return path;
  }

  /** Stops here when asked to, for programs without checkpoints. */
  public void stopIfAsked() throws TaskStoppedException {
    StopSignal.Request request = stop.request();
    if (request != StopSignal.Request.CONTINUE) {
      throw new TaskStoppedException(request);
    }
  }
}

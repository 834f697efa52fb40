package dev.fewstep.worker.task.program;

import java.io.IOException;
import java.nio.file.Path;

/** Takes resumable states of a running task. */
@FunctionalInterface
public interface CheckpointSink {
  /** A sink that keeps nothing. */
  CheckpointSink NONE = (step, file) -> {};

  /**
   * Takes a checkpoint; the file may be removed afterwards.
   *
   * @param step steps done
   * @param file a complete checkpoint file
   * @throws IOException when it cannot be kept; the task fails then
   */
  void accept(long step, Path file) throws IOException;
}

package dev.fewstep.worker.task.program;

import static java.util.Objects.requireNonNull;

import dev.fewstep.schemas.ArtifactKind;
import java.nio.file.Path;

/**
 * A file that a task made.
 *
 * @param kind what it is for
 * @param name its name in the manifest
 * @param path where it is
 */
public record OutputFile(ArtifactKind kind, String name, Path path) {
  public OutputFile {
    requireNonNull(kind, "kind");
    requireNonNull(name, "name");
    requireNonNull(path, "path");
  }
}

package dev.fewstep.worker.artifact;

import static java.util.Objects.requireNonNull;

import dev.fewstep.schemas.Artifact;
import dev.fewstep.schemas.ArtifactKind;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import java.util.OptionalLong;

/** A store in a directory of the local file system, for verbs that need no services. */
public final class DirectoryArtifactStore implements ArtifactStore {
  private final Path root;

  /**
   * A store in a directory, which is made when the first file is put.
   *
   * @param root the directory
   */
  public DirectoryArtifactStore(Path root) {
    this.root = requireNonNull(root, "root").toAbsolutePath().normalize();
  }

  @Override
  public OptionalLong size(String objectKey) throws StoreException {
    Path file = resolve(objectKey);
    try {
      return OptionalLong.of(Files.size(file));
    } catch (NoSuchFileException e) {
      return OptionalLong.empty();
    } catch (IOException e) {
      throw new StoreException(
          StoreException.Reason.UNAVAILABLE, "the stored file " + file + " cannot be read", e);
    }
  }

  @Override
  public Artifact put(ArtifactKind kind, String name, Path file, Map<String, String> about)
      throws IOException {
    Artifact artifact = new Artifact(kind, name, Files.size(file), VerifiedFiles.digest(file));
    if (!holds(artifact)) {
      Path target = resolve(artifact.objectKey());
      Files.createDirectories(requireNonNull(target.getParent()));
      try (InputStream in = Files.newInputStream(file)) {
        VerifiedFiles.write(in, artifact, target);
      }
    }
    return artifact;
  }

  @Override
  public void get(Artifact artifact, Path target) throws IOException {
    Path file = resolve(artifact.objectKey());
    try (InputStream in = Files.newInputStream(file)) {
      VerifiedFiles.write(in, artifact, target);
    } catch (NoSuchFileException e) {
      if (file.toString().equals(e.getFile())) {
        throw new StoreException(
            StoreException.Reason.MISSING,
            VerifiedFiles.describe(artifact) + " is not in the store " + root,
            e);
      }
      throw e;
    }
  }

  @Override
  public void close() {}

  @Override
  public String toString() {
    return "DirectoryArtifactStore[" + root + "]";
  }

  private Path resolve(String objectKey) throws StoreException {
    Path file = root.resolve(objectKey).normalize();
    if (!file.startsWith(root) || file.equals(root)) {
      throw new StoreException(
          StoreException.Reason.MISSING, "'" + objectKey + "' is no object of a store");
    }
    return file;
  }
}

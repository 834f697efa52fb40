package dev.fewstep.worker.artifact;

import dev.fewstep.schemas.Artifact;
import dev.fewstep.schemas.ArtifactKind;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.OptionalLong;

/**
 * A content-addressed store of files: the key of an object is {@link Artifact#objectKey()}, so that
 * equal bytes are stored once and an object never changes. Safe for use by several threads.
 */
public interface ArtifactStore extends AutoCloseable {
  /**
   * Size in bytes of an object, empty when there is none.
   *
   * @param objectKey such as {@code sha256/ab/abcd…}
   * @throws StoreException when the store does not answer or refuses
   */
  OptionalLong size(String objectKey) throws StoreException;

  /**
   * Stores a file, unless an object with its digest and size is there already.
   *
   * @param kind what it is for
   * @param name its name in the manifest, a plain file name
   * @param file an existing regular file that nobody changes meanwhile
   * @param about what people and the garbage collection are told of it, such as {@code task}; kept
   *     with the object where the store can, by whoever stores these bytes first
   * @return the artifact, whose object is in the store when this returns
   * @throws StoreException when the store does not answer or refuses
   * @throws IOException when the file cannot be read
   */
  Artifact put(ArtifactKind kind, String name, Path file, Map<String, String> about)
      throws IOException;

  /** Stores a file of which nothing more is to be told. */
  default Artifact put(ArtifactKind kind, String name, Path file) throws IOException {
    return put(kind, name, file, Map.of());
  }

  /**
   * Copies an artifact to a local file and checks size and digest; the file appears whole or not at
   * all.
   *
   * @param artifact what to copy
   * @param target the file to make or replace, in an existing directory
   * @throws StoreException when the object is missing or is not what its digest says, or the store
   *     does not answer
   * @throws IOException when the local file cannot be written
   */
  void get(Artifact artifact, Path target) throws IOException;

  /**
   * Whether the artifact's object is there with the artifact's size.
   *
   * @throws StoreException when the store does not answer or refuses
   */
  default boolean holds(Artifact artifact) throws StoreException {
    OptionalLong size = size(artifact.objectKey());
    return size.isPresent() && size.getAsLong() == artifact.bytes();
  }

  /** Gives connections back. */
  @Override
  void close();
}

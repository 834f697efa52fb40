package dev.fewstep.cli;

import dev.fewstep.schemas.ArtifactKind;
import dev.fewstep.schemas.Digests;
import dev.fewstep.worker.data.ByteImages;
import dev.fewstep.worker.data.ImageDatasets;
import dev.fewstep.worker.data.ImageFolder;
import dev.fewstep.worker.data.NpzImages;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Optional;

/**
 * A file of the user's in the one form in which it travels.
 *
 * @param kind what it is
 * @param path the file
 * @param sha256 its digest
 */
public record InputFile(ArtifactKind kind, Path path, String sha256) {

  /**
   * Turns a dataset (IDX, image folder, {@code .npz}) into one {@code .npz} below {@code cache}.
   *
   * @param folder how a folder's images are read; empty unless the path is a folder
   */
  public static InputFile dataset(Path source, Optional<ImageFolder.Options> folder, Path cache)
      throws IOException {
    if (source.toString().endsWith(".npz")) {
      NpzImages.open(source);
      return of(ArtifactKind.DATASET, source);
    }
    ByteImages images =
        folder.isPresent() ? ImageFolder.read(source, folder.get()) : ImageDatasets.read(source);
    Files.createDirectories(cache);
    Path target = cache.resolve(images.digest() + ".npz");
    NpzImages.write(target, images);
    return of(ArtifactKind.DATASET, target);
  }

  /** A file that travels as it is. */
  public static InputFile of(ArtifactKind kind, Path path) throws IOException {
    MessageDigest digest = Digests.sha256();
    try (InputStream stream = new DigestInputStream(Files.newInputStream(path), digest)) {
      stream.transferTo(java.io.OutputStream.nullOutputStream());
    }
    return new InputFile(kind, path, HexFormat.of().formatHex(digest.digest()));
  }
}

package dev.fewstep.worker.artifact;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fewstep.schemas.Artifact;
import dev.fewstep.schemas.ArtifactKind;
import dev.fewstep.schemas.Digests;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What every store does. */
abstract class ArtifactStoreContract {
  @TempDir Path files;

  /** The store under test. */
  abstract ArtifactStore store();

  /** Replaces the bytes of a stored object behind the store's back. */
  abstract void overwrite(String objectKey, byte[] content) throws IOException;

  private Path file(String name, byte[] content) throws IOException {
    return Files.write(files.resolve(name), content);
  }

  private static byte[] random(int size, long seed) {
    byte[] content = new byte[size];
    new Random(seed).nextBytes(content);
    return content;
  }

  @Test
  void returnsTheBytesThatWerePut() throws IOException {
    byte[] content = random(100_003, 1);
    Artifact artifact =
        store().put(ArtifactKind.WEIGHTS, "weights.safetensors", file("in", content));
    assertThat(artifact.bytes()).isEqualTo(content.length);
    assertThat(artifact.sha256()).isEqualTo(Digests.sha256Hex(content));
    assertThat(artifact.name()).isEqualTo("weights.safetensors");
    assertThat(store().size(artifact.objectKey())).hasValue(content.length);
    assertThat(store().holds(artifact)).isTrue();
    Path out = files.resolve("out");
    store().get(artifact, out);
    assertThat(out).hasBinaryContent(content);
  }

  @Test
  void storesAFileLargerThanOneUploadPart() throws IOException {
    byte[] content = random(20 << 20, 2);
    Artifact artifact = store().put(ArtifactKind.DATASET, "large.npz", file("large", content));
    Path out = files.resolve("large.out");
    store().get(artifact, out);
    assertThat(out).hasBinaryContent(content);
  }

  @Test
  void storesAnEmptyFile() throws IOException {
    Artifact artifact = store().put(ArtifactKind.LOG, "log.txt", file("empty", new byte[0]));
    Path out = files.resolve("empty.out");
    store().get(artifact, out);
    assertThat(out).isEmptyFile();
  }

  @Test
  void doesNotStoreTheSameBytesTwice() throws IOException {
    byte[] content = random(5_000, 3);
    Artifact first = store().put(ArtifactKind.SHEET, "sheet.png", file("a", content));
    byte[] damaged = random(5_000, 4);
    overwrite(first.objectKey(), damaged);
    Artifact second = store().put(ArtifactKind.SHEET, "before.png", file("b", content));
    assertThat(second.objectKey()).isEqualTo(first.objectKey());
    // An object of that key and size is taken to be there: it was not sent again.
    assertThatThrownBy(() -> store().get(second, files.resolve("c")))
        .isInstanceOf(StoreException.class);
  }

  @Test
  void replacesAnObjectOfAnotherSize() throws IOException {
    byte[] content = random(5_000, 5);
    Artifact artifact = store().put(ArtifactKind.SHEET, "sheet.png", file("a", content));
    overwrite(artifact.objectKey(), random(100, 6));
    assertThat(store().holds(artifact)).isFalse();
    store().put(ArtifactKind.SHEET, "sheet.png", file("a", content));
    store().get(artifact, files.resolve("out"));
    assertThat(files.resolve("out")).hasBinaryContent(content);
  }

  @Test
  void saysThatAnObjectIsMissing() throws IOException {
    String digest = Digests.sha256Hex("never stored " + getClass());
    Artifact artifact = new Artifact(ArtifactKind.WEIGHTS, "w.safetensors", 3, digest);
    assertThat(store().size(artifact.objectKey())).isEmpty();
    assertThat(store().holds(artifact)).isFalse();
    assertThatThrownBy(() -> store().get(artifact, files.resolve("out")))
        .isInstanceOfSatisfying(
            StoreException.class,
            e -> assertThat(e.reason()).isEqualTo(StoreException.Reason.MISSING))
        .hasMessageContaining(digest);
    assertThat(files).isEmptyDirectory();
  }

  @Test
  void refusesDamagedBytesAndLeavesNothing() throws IOException {
    byte[] content = "the right bytes".getBytes(StandardCharsets.UTF_8);
    Artifact artifact = store().put(ArtifactKind.CURVE, "curve.json", file("in", content));
    overwrite(artifact.objectKey(), "the wrong bytes".getBytes(StandardCharsets.UTF_8));
    Path out = Files.createDirectory(files.resolve("d")).resolve("out");
    assertThatThrownBy(() -> store().get(artifact, out))
        .isInstanceOfSatisfying(
            StoreException.class,
            e -> assertThat(e.reason()).isEqualTo(StoreException.Reason.CORRUPT));
    assertThat(out.getParent()).isEmptyDirectory();
  }

  @Test
  void keepsTheOldFileWhenTheNewOneIsDamaged() throws IOException {
    byte[] content = random(70_000, 7);
    Artifact artifact = store().put(ArtifactKind.CURVE, "curve.json", file("in", content));
    Path out = files.resolve("out");
    store().get(artifact, out);
    overwrite(artifact.objectKey(), random(80_000, 8));
    assertThatThrownBy(() -> store().get(artifact, out)).isInstanceOf(StoreException.class);
    assertThat(out).hasBinaryContent(content);
    try (Stream<Path> left = Files.list(files)) {
      assertThat(left).noneMatch(p -> p.toString().endsWith(VerifiedFiles.PARTIAL));
    }
  }

  @Test
  void reportsALocalDirectoryThatIsNotThere() throws IOException {
    Artifact artifact = store().put(ArtifactKind.CURVE, "curve.json", file("in", random(10, 9)));
    assertThatThrownBy(() -> store().get(artifact, files.resolve("absent").resolve("out")))
        .isInstanceOf(IOException.class)
        .isNotInstanceOf(StoreException.class);
  }
}

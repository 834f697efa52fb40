package dev.fewstep.worker.artifact;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DirectoryArtifactStoreTest extends ArtifactStoreContract {
  @TempDir Path root;

  @Override
  ArtifactStore store() {
    return new DirectoryArtifactStore(root);
  }

  @Override
  void overwrite(String objectKey, byte[] content) throws IOException {
    Files.write(root.resolve(objectKey), content);
  }

  @Test
  void refusesKeysThatLeaveTheDirectory() {
    assertThatThrownBy(() -> store().size("../outside")).isInstanceOf(StoreException.class);
    assertThatThrownBy(() -> store().size("/etc/hostname")).isInstanceOf(StoreException.class);
  }
}

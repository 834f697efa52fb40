package dev.fewstep.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EventFoldersTest {
  @TempDir Path folder;

  private Path tar(TarArchiveEntry header, int bytes) throws IOException {
    Path file = folder.resolve("events.tar");
    try (TarArchiveOutputStream tar = new TarArchiveOutputStream(Files.newOutputStream(file))) {
      header.setSize(bytes);
      tar.putArchiveEntry(header);
      tar.write(new byte[bytes]);
      tar.closeArchiveEntry();
    }
    return file;
  }

  @Test
  void filesComeIntoTheFolderAndOverThoseOfBefore() throws IOException {
    Path into = folder.resolve("runs");
    for (int bytes : new int[] {7, 3}) {
      Path archive = tar(new TarArchiveEntry("e-1/0000/finetune/events"), bytes);
      assertThat(EventFolders.unpack(archive, into)).isEqualTo(bytes);
      assertThat(into.resolve("e-1/0000/finetune/events")).hasSize(bytes);
    }
  }

  @Test
  void nothingIsWrittenOutsideTheFolder() throws IOException {
    Path into = folder.resolve("runs");
    Path outside = tar(new TarArchiveEntry("../outside", true), 1);
    assertThatThrownBy(() -> EventFolders.unpack(outside, into))
        .isInstanceOf(CliException.class)
        .hasMessageContaining("../outside");
    TarArchiveEntry link = new TarArchiveEntry("link", TarConstants.LF_SYMLINK);
    link.setLinkName("/etc/passwd");
    Path linked = tar(link, 0);
    assertThatThrownBy(() -> EventFolders.unpack(linked, into)).isInstanceOf(CliException.class);
    assertThat(folder.resolve("outside")).doesNotExist();
    assertThat(into.resolve("link")).doesNotExist();
  }
}

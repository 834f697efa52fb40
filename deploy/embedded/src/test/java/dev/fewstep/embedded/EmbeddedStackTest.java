package dev.fewstep.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class EmbeddedStackTest {
  @Test
  void startsAndStops(@TempDir Path directory) {
    try (EmbeddedStack stack = EmbeddedStack.start(directory, EmbeddedOptions.anyPorts())) {
      assertThat(stack.bootstrapServers()).startsWith("127.0.0.1:");
      assertThat(stack.s3Endpoint().getHost()).isEqualTo("127.0.0.1");
    }
  }
}

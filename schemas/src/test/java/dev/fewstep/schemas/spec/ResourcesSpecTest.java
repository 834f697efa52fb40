package dev.fewstep.schemas.spec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Optional;
import org.junit.jupiter.api.Test;

class ResourcesSpecTest {
  @Test
  void readsMemory() {
    assertThat(new ResourcesSpec(null, Optional.of("2GiB")).memoryBytes()).hasValue(2L << 30);
    assertThat(new ResourcesSpec(null, Optional.of("512MiB")).memoryBytes()).hasValue(512L << 20);
    assertThat(new ResourcesSpec(null, Optional.empty()).memoryBytes()).isEmpty();
    assertThatThrownBy(() -> new ResourcesSpec(null, Optional.of("2GB")))
        .hasMessageContaining("not '2GB'");
  }
}

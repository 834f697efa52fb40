package dev.fewstep.schemas.spec;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fewstep.schemas.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The networks that the documentation shows are specifications. */
class NetworkPageTest {
  private static final Pattern BLOCK = Pattern.compile("```json\\n(.*?)```", Pattern.DOTALL);

  @Test
  void showsNetworksThatAreTaken() throws IOException {
    Matcher blocks = BLOCK.matcher(Files.readString(Path.of("..", "docs", "networks.md")));
    List<NetworkSpec> networks = new ArrayList<>();
    while (blocks.find()) {
      networks.add(Json.specs().readValue(blocks.group(1), NetworkSpec.class));
    }
    assertThat(networks).extracting(NetworkSpec::imageSize).containsExactly(32, 64, 256, 64, 64);
    assertThat(networks.get(3).schedule()).isEqualTo(NoiseScheduleSpec.cosine(4000));
    assertThat(networks.get(4).classes()).isEqualTo(1000);
  }
}

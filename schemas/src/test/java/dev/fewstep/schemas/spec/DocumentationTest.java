package dev.fewstep.schemas.spec;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What the documentation shows is what the program takes. */
class DocumentationTest {
  private static final Path DOCS = Path.of("..", "docs");

  /** Trials of each example, so that a reader can trust the comment above it. */
  private static final Map<String, Long> TRIALS =
      Map.of(
          "minimal.yaml",
          1L,
          "kernels.yaml",
          10L,
          "rates.yaml",
          4L,
          "pretrain.yaml",
          2L,
          "halving.yaml",
          6L,
          "random.yaml",
          12L);

  static List<Path> examples() throws IOException {
    try (Stream<Path> files = Files.list(DOCS.resolve("examples"))) {
      return files.filter(file -> file.toString().endsWith(".yaml")).sorted().toList();
    }
  }

  @ParameterizedTest
  @MethodSource("examples")
  void takesTheExamples(Path example) throws IOException {
    String name = example.getFileName().toString();

    ExperimentSpec experiment = ExperimentSpecs.parse(name, Files.readString(example));

    assertThat(TRIALS).as("trials of every example are known").containsKey(name);
    assertThat(Grid.of(experiment.spec()).size()).isEqualTo(TRIALS.get(name));
  }

  @Test
  void hasTheExamplesThatItCounts() throws IOException {
    assertThat(examples())
        .extracting(path -> path.getFileName().toString())
        .containsAll(TRIALS.keySet());
  }

  /** Run with {@code -Dfewstep.write=true} to write the page anew. */
  @Test
  void hasAReferenceThatIsTheSchemas() throws IOException {
    Path page = DOCS.resolve("spec.md");
    String rendered = SpecReference.render();
    if (Boolean.getBoolean("fewstep.write")) {
      Files.writeString(page, rendered);
    }

    assertThat(Files.readString(page)).isEqualTo(rendered);
  }
}

package dev.fewstep.cli.published;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fewstep.schemas.spec.SpecException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class PublishedConfigTest {
  private static PublishedConfig read(String text) {
    return PublishedConfig.read("c.yml", text);
  }

  @Test
  void allFourAreReadWithPythonsBooleansAndNumbers() {
    for (String text :
        new String[] {
          ConfigTexts.cifar10(), ConfigTexts.celeba(), ConfigTexts.church(), ConfigTexts.bedroom()
        }) {
      assertThat(read(text).integer("model.ch")).isEqualTo(128);
    }
    PublishedConfig config =
        read(
            ConfigTexts.cifar10()
                .replace("random_flip: true", "random_flip: Off")
                .replace("lr: 0.000005", "lr: .5e-5")
                .replace("dropout: 0.1", "dropout: 0."));
    assertThat(config.bool("data.random_flip")).isFalse();
    assertThat(config.bool("model.ema")).isTrue();
    assertThat(config.number("optim.lr")).isEqualTo(5e-6);
    assertThat(config.number("model.dropout")).isZero();
    assertThat(config.integers("model.attn_resolutions")).containsExactly(16);
  }

  @Test
  void whatIsWrongIsNamedWithItsLineAndTheNearestName() {
    List<String[]> cases = new ArrayList<>();
    cases.add(
        new String[] {
          "image_size: 32", "image_sise: 32", "c.yml:3: data.image_sise: unknown field"
        });
    cases.add(new String[] {"image_size: 32", "image_sise: 32", "did you mean 'image_size'?"});
    cases.add(new String[] {"image_size: 32", "image_sise: 32", "data.image_size: missing"});
    cases.add(new String[] {"optim:", "optimizer:", "optimizer: unknown section"});
    cases.add(new String[] {"\"CIFAR10\"", "\"CIFAR\"", "did you mean 'CIFAR10'?"});
    cases.add(
        new String[] {
          "rescaled: true", "rescaled: false", "data.rescaled: false is not supported"
        });
    cases.add(
        new String[] {"\"Adam\"", "\"SGD\"", "SGD is not supported: finetuning here is by Adam"});
    cases.add(
        new String[] {
          "lr: 0.000005", "lr: fast", "optim.lr: \"fast\" has the wrong type; expected a number"
        });
    cases.add(
        new String[] {"lr: 0.000005", "lr: -1.0", "optim.lr: -1.0 is not valid; expected above 0"});
    cases.add(
        new String[] {
          "batch_size: 64",
          "batch_size: 1",
          "training.batch_size: 1 is not valid; expected at least 2"
        });
    cases.add(new String[] {"out_ch: 3", "out_ch: 6", "model.out_ch: 6 is not supported"});
    cases.add(
        new String[] {
          "beta_schedule: linear", "beta_schedule: sigmiod", "did you mean 'sigmoid'?"
        });
    cases.add(new String[] {"ch: 128", "ch: 0128", "different numbers to different readers"});
    cases.add(new String[] {"ch: 128", "ch: 128\n    ch: 64", "given twice, first in line"});
    cases.add(
        new String[] {"[1, 2, 2, 2]", "[1, two]", "model.ch_mult: [1,\"two\"] has the wrong type"});
    cases.add(
        new String[] {"ema: True", "ema: True\n    ema: False", "given twice, first in line"});
    for (String[] change : cases) {
      String text = ConfigTexts.cifar10();
      assertThat(text).contains(change[0]);
      assertThatThrownBy(() -> read(text.replace(change[0], change[1])))
          .isInstanceOf(SpecException.class)
          .hasMessageContaining(change[2]);
    }
    assertThatThrownBy(() -> read("- 1\n")).hasMessageContaining("no configuration");
    assertThatThrownBy(
            () -> read(ConfigTexts.church().replace("    category: \"church_outdoor\"\n", "")))
        .hasMessageContaining("data.category: missing");
  }

  @Test
  void theDocumentedTableIsTheCodes() throws IOException {
    Path page = Path.of("..", "docs", "import-config.md");
    assertThat(Files.readString(page)).contains(ConfigField.table());
  }
}

package dev.fewstep.cli.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fewstep.schemas.ArtifactKind;
import org.junit.jupiter.api.Test;

class CatalogueTest {
  @Test
  void everyEntryIsWhole() {
    Catalogue catalogue = Catalogue.load();
    assertThat(catalogue.entries()).hasSizeGreaterThanOrEqualTo(11);
    assertThat(catalogue.entries()).extracting(Catalogue.Entry::name).doesNotHaveDuplicates();
    for (Catalogue.Entry entry : catalogue.entries()) {
      assertThat(entry.name()).matches("[a-z0-9]+(-[a-z0-9]+)*");
      assertThat(entry.url().getScheme()).isEqualTo("https");
      assertThat(entry.page().getScheme()).isEqualTo("https");
      assertThat(entry.title()).isNotBlank();
      assertThat(entry.network().isPresent()).isEqualTo(entry.kind() == ArtifactKind.WEIGHTS);
      entry.expected().md5().ifPresent(md5 -> assertThat(md5).matches("[0-9a-f]{32}"));
      entry.expected().sha256().ifPresent(sha -> assertThat(sha).matches("[0-9a-f]{8,64}"));
      if (!entry.verified()) {
        assertThat(entry.note()).as("%s says that its digest is unknown", entry.name()).isPresent();
      }
    }
  }

  @Test
  void anUnknownNameIsAnsweredWithThoseThatThereAre() {
    assertThatThrownBy(() -> Catalogue.load().get("nothing"))
        .hasMessageContaining("no 'nothing', only pesser-cifar10-ema, ");
  }
}

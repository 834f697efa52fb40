package dev.fewstep.schemas.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fewstep.schemas.task.EvaluationProtocol.Family;
import dev.fewstep.schemas.task.EvaluationProtocol.Metric;
import java.util.List;
import org.junit.jupiter.api.Test;

class EvaluationProtocolTest {
  private static String name(
      Metric metric, String extractor, String reference, long samples, String... details) {
    return new EvaluationProtocol(
            metric, Family.named(extractor), extractor, reference, samples, List.of(details), true)
        .name();
  }

  @Test
  void namesWhatAScoreDependsOn() {
    assertThat(name(Metric.FRECHET, "inception", "train", 50_000, "bilinear299"))
        .isEqualTo("FID-50k[train, bilinear299, u8]");
    assertThat(name(Metric.FRECHET, "fashion-a/multi", "test", 2048))
        .isEqualTo("FD-2048[fashion-a-multi, test, u8]");
    assertThat(name(Metric.KERNEL_SUBSETS, "inception", "train", 5000, "100x1000"))
        .isEqualTo("KID-5k[train, 100x1000, u8]");
    assertThat(name(Metric.FRECHET, "clip-vit-b-32", "train", 50_000))
        .isEqualTo("CLIP-FID-50k[clip-vit-b-32, train, u8]");
    assertThat(name(Metric.FRECHET, "dinov2-vitl14/default", "train", 50_000))
        .isEqualTo("FD-DINOv2-50k[dinov2-vitl14-default, train, u8]");
    assertThat(name(Metric.FRECHET_INFINITY, "inception", "train", 50_000))
        .isEqualTo("FID-infinity-50k[train, u8]");
    assertThat(name(Metric.INCEPTION_SCORE, "inception", "train", 50_000, "splits of 5000"))
        .isEqualTo("IS-50k[splits of 5000, u8]");
    assertThat(name(Metric.PRECISION, "fashion-b", "test", 5000, "k=3"))
        .isEqualTo("Precision-5k[fashion-b, test, k=3, u8]");
    // A net that only sounds like it is not FID's.
    assertThat(name(Metric.FRECHET, "inception-tiny", "test", 100)).startsWith("FD-100");
    assertThat(name(Metric.KERNEL, "eclipse", "test", 100)).startsWith("KD-100");
  }

  @Test
  void findsTheMetricOfAScore() {
    assertThat(Metric.ofScore("fd-infinity:0123456789ab/multi")).hasValue(Metric.FRECHET_INFINITY);
    assertThat(Metric.ofScore("fd")).hasValue(Metric.FRECHET);
    assertThat(Metric.ofScore("nfe")).isEmpty();
    assertThatThrownBy(() -> name(Metric.FRECHET, " ", "test", 5)).hasMessageContaining("blank");
  }
}

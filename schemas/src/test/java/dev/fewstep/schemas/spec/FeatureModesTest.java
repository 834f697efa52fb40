package dev.fewstep.schemas.spec;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FeatureModesTest {
  @ParameterizedTest
  @ValueSource(strings = {"", "multi-std", "clip-pil", "tf-logits", "+grey", "pytorch-fid+grey"})
  void modesAreWordsAndMayRepeatGrey(String mode) {
    assertThat(FeatureModes.wellFormed(mode)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"a/b", "Clip", "clip pil", "-clip", "clip+rgb", "../x", "+grey+grey"})
  void otherTextIsNone(String mode) {
    assertThat(FeatureModes.wellFormed(mode)).isFalse();
  }

  @Test
  void aModeOfPillowsBytesHasNoGradientAndNamesOneThatHas() {
    assertThat(FeatureModes.differentiable("clip-pil+grey")).isFalse();
    assertThat(FeatureModes.differentiableTwin("clip-pil+grey")).contains("clip");
    assertThat(FeatureModes.differentiable("clip")).isTrue();
    assertThat(FeatureModes.differentiable("")).isTrue();
    assertThat(FeatureModes.differentiableTwin("multi")).isEmpty();
  }
}

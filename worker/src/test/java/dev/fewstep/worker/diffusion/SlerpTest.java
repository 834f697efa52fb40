package dev.fewstep.worker.diffusion;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;

class SlerpTest {
  @Test
  void orthogonalUnitVectorsTurnOnTheCircle() {
    float[] a = {1, 0, 0};
    float[] b = {0, 1, 0};
    for (double alpha : new double[] {0.1, 0.25, 0.5, 0.9}) {
      float[] c = Slerp.between(a, b, alpha);
      assertThat(c[0]).isCloseTo((float) Math.cos(alpha * Math.PI / 2), within(1e-7f));
      assertThat(c[1]).isCloseTo((float) Math.sin(alpha * Math.PI / 2), within(1e-7f));
      assertThat(c[2]).isZero();
    }
  }

  @Test
  void sixtyDegreesInClosedForm() {
    // theta = 60 degrees: half way is (a + b) sin 30 / sin 60 = (a + b) / sqrt 3.
    float[] a = {2, 0};
    float[] b = {1, (float) Math.sqrt(3)};
    float[] half = Slerp.between(a, b, 0.5);
    assertThat(half[0]).isCloseTo((float) (3 / Math.sqrt(3)), within(1e-6f));
    assertThat(half[1]).isCloseTo(1f, within(1e-6f));
  }

  @Test
  void endsAreTheVectorsBitForBitAndLengthsStay() {
    Random random = new Random(5);
    float[] a = new float[3072];
    float[] b = new float[3072];
    for (int i = 0; i < a.length; i++) {
      a[i] = (float) random.nextGaussian();
      b[i] = (float) random.nextGaussian();
    }
    assertThat(Slerp.between(a, b, 0)).isEqualTo(a).isNotSameAs(a);
    assertThat(Slerp.between(a, b, 1)).isEqualTo(b).isNotSameAs(b);
    // Gaussian noise of 3072 values is about sqrt(3072) long; linear interpolation would be 0.71 of
    // it half way.
    assertThat(length(Slerp.between(a, b, 0.5)) / Math.sqrt(3072)).isCloseTo(1, within(0.03));
    assertThat(Slerp.between(b, a, 0.3))
        .usingComparatorWithPrecision(1e-6f)
        .containsExactly(Slerp.between(a, b, 0.7));
  }

  @Test
  void parallelVectorsAreInterpolatedLinearlyAndOppositeOnesRefused() {
    assertThat(Slerp.between(new float[] {1, 1}, new float[] {3, 3}, 0.25))
        .containsExactly(1.5f, 1.5f);
    assertThatThrownBy(() -> Slerp.between(new float[] {1, 0}, new float[] {-2, 0}, 0.5))
        .hasMessageContaining("opposite");
    assertThatThrownBy(() -> Slerp.between(new float[] {0, 0}, new float[] {1, 0}, 0.5))
        .hasMessageContaining("no direction");
    assertThatThrownBy(() -> Slerp.between(new float[] {Float.NaN, 0}, new float[] {1, 0}, 0.5))
        .hasMessageContaining("not finite");
    assertThatThrownBy(() -> Slerp.between(new float[] {1}, new float[] {1}, 1.01))
        .hasMessageContaining("alpha");
    assertThatThrownBy(() -> Slerp.between(new float[] {1}, new float[] {1, 2}, 0.5))
        .hasMessageContaining("1 and 2");
  }

  private static double length(float[] v) {
    double sum = 0;
    for (float x : v) {
      sum += (double) x * x;
    }
    return Math.sqrt(sum);
  }
}

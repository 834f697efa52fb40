package dev.fewstep.worker.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class StreamSeedTest {
  /** Expected values were computed with Python's hashlib and struct from the documented layout. */
  @Test
  void isTheDocumentedHash() {
    assertThat(StreamSeed.of(42, "noise")).isEqualTo(-195085349845007901L);
    assertThat(StreamSeed.of(42, "noise", 3, 7)).isEqualTo(-7059507789240614837L);
    assertThat(StreamSeed.of(-1, "dropout", 1, 2, 3, 4)).isEqualTo(6926245616933744079L);
  }

  @Test
  void separatesPurposeCountersAndSeed() {
    assertThat(
            new long[] {
              StreamSeed.of(1, "noise"),
              StreamSeed.of(2, "noise"),
              StreamSeed.of(1, "noise", 0),
              StreamSeed.of(1, "noise", 0, 0),
              StreamSeed.of(1, "noise", 1, 0),
              StreamSeed.of(1, "dropout", 0, 0)
            })
        .doesNotHaveDuplicates();
  }

  @Test
  void rowsAreTheSeedsOfTheirIndices() {
    assertThat(StreamSeed.rows(9, "noise", 4, 10, 3))
        .containsExactly(
            StreamSeed.of(9, "noise", 4, 10),
            StreamSeed.of(9, "noise", 4, 11),
            StreamSeed.of(9, "noise", 4, 12));
  }
}

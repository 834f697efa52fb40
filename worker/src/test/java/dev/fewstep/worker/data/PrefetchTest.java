package dev.fewstep.worker.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class PrefetchTest {
  @Test
  void makesInOrderAheadOfNeedAndNoFurtherThanItsDepth() throws InterruptedException {
    List<Long> made = Collections.synchronizedList(new ArrayList<>());
    CountDownLatch four = new CountDownLatch(4);
    try (Prefetch<String> prefetch =
        new Prefetch<>(
            "test",
            2,
            number -> {
              made.add(number);
              four.countDown();
              return "value " + number;
            })) {
      assertThat(made).isEmpty();
      assertThat(prefetch.get(7)).isEqualTo("value 7");
      // One taken, two waiting, one in the thread's hand.
      assertThat(four.await(30, TimeUnit.SECONDS)).isTrue();
      assertThat(made).containsExactly(7L, 8L, 9L, 10L);
      for (long number = 8; number < 40; number++) {
        assertThat(prefetch.get(number)).isEqualTo("value " + number);
      }
    }
    assertThat(made).isSorted().doesNotHaveDuplicates();
  }

  @Test
  void beginsAnewWhereItIsAsked() {
    try (Prefetch<Long> prefetch = new Prefetch<>("test", 3, number -> number * number)) {
      assertThat(prefetch.get(0)).isEqualTo(0);
      assertThat(prefetch.get(1)).isEqualTo(1);
      assertThat(prefetch.get(500)).isEqualTo(250_000);
      assertThat(prefetch.get(501)).isEqualTo(251_001);
      assertThat(prefetch.get(501)).isEqualTo(251_001);
    }
  }

  @Test
  void aFailureReachesTheOneWhoAsksAndCanBeTriedAgain() {
    AtomicInteger calls = new AtomicInteger();
    try (Prefetch<Long> prefetch =
        new Prefetch<>(
            "test",
            2,
            number -> {
              if (number == 2 && calls.getAndIncrement() == 0) {
                throw new IllegalStateException("faces.npz: gone");
              }
              return number;
            })) {
      assertThat(prefetch.get(0)).isEqualTo(0);
      assertThat(prefetch.get(1)).isEqualTo(1);
      assertThatThrownBy(() -> prefetch.get(2)).hasMessage("faces.npz: gone");
      assertThat(prefetch.get(2)).isEqualTo(2);
    }
  }

  @Test
  void closingEndsTheThread() {
    Prefetch<Integer> prefetch = new Prefetch<>("prefetch-end", 1, number -> 1);
    assertThat(prefetch.get(0)).isEqualTo(1);
    prefetch.close();
    assertThat(Thread.getAllStackTraces().keySet())
        .noneMatch(thread -> thread.getName().equals("prefetch-end"));
  }
}

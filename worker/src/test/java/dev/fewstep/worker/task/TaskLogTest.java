package dev.fewstep.worker.task;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import org.junit.jupiter.api.Test;

/** The last lines of a task, and those that were not told yet. */
class TaskLogTest {
  private final TaskLog log = new TaskLog("a task", Clock.fixed(Instant.EPOCH, ZoneOffset.UTC));

  @Test
  void eachLineIsToldOnceAndStaysInTheTail() {
    log.add("one");
    assertThat(log.drain()).containsExactly("1970-01-01T00:00:00Z one");
    assertThat(log.drain()).isEmpty();
    log.add("two");
    assertThat(log.drain()).hasSize(1);
    assertThat(log.tail()).hasSize(2);
  }

  @Test
  void nobodyAskingCostsNoMoreThanTheTail() {
    for (int i = 0; i < 3 * TaskLog.LINES; i++) {
      log.add("line " + i);
    }
    assertThat(log.drain()).isEqualTo(log.tail()).hasSize(TaskLog.LINES);
  }
}

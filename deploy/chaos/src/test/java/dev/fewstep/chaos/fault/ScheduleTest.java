package dev.fewstep.chaos.fault;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class ScheduleTest {
  private static final Duration LEASE = Duration.ofSeconds(6);
  private static final Schedule.Shape SHAPE =
      new Schedule.Shape(4, 3, true, Duration.ofSeconds(2), LEASE, Duration.ofSeconds(7));

  @Test
  void a_seed_replays_kinds_victims_and_delays() {
    assertThat(Schedule.of(7, 500, SHAPE)).isEqualTo(Schedule.of(7, 500, SHAPE));
    assertThat(Schedule.of(7, 500, SHAPE)).isNotEqualTo(Schedule.of(8, 500, SHAPE));
  }

  @Test
  void a_longer_schedule_begins_as_the_shorter_one() {
    assertThat(Schedule.of(7, 500, SHAPE).subList(0, 100)).isEqualTo(Schedule.of(7, 100, SHAPE));
  }

  @Test
  void every_kind_comes_first_once_and_then_by_its_weight() {
    int kinds = FaultKind.values().length;
    assertThat(Schedule.of(3, kinds, SHAPE)).extracting(Fault::kind).doesNotHaveDuplicates();

    List<Fault> whole = Schedule.of(3, deck(), SHAPE);
    Schedule.counts(whole)
        .forEach((kind, count) -> assertThat(count).as(kind.name()).isEqualTo(kind.weight()));
  }

  private static int deck() {
    int all = 0;
    for (FaultKind kind : FaultKind.values()) {
      all += kind.weight();
    }
    return all;
  }

  @Test
  void lengths_keep_to_the_side_of_the_lease_that_their_kind_says() {
    for (Fault fault : Schedule.of(11, 2_000, SHAPE)) {
      switch (fault.kind()) {
        case WORKER_FREEZE -> assertThat(fault.length()).isLessThan(LEASE);
        case WORKER_FREEZE_LONG -> assertThat(fault.length()).isGreaterThan(LEASE);
        case LEADER_FREEZE_LONG -> assertThat(fault.length()).isGreaterThan(Duration.ofSeconds(7));
        case WORKER_CLOCK, LEADER_CLOCK, FOLLOWER_CLOCK ->
            assertThat(fault.amount()).isNotEqualTo(Duration.ZERO);
        default -> assertThat(fault.amount()).isEqualTo(Duration.ZERO);
      }
      assertThat(fault.victim()).isBetween(0, 3);
    }
  }

  @Test
  void disks_that_are_not_there_are_not_filled() {
    Schedule.Shape without =
        new Schedule.Shape(4, 1, false, Duration.ofSeconds(2), LEASE, Duration.ofSeconds(6));
    assertThat(Schedule.of(3, 1_000, without))
        .extracting(Fault::kind)
        .doesNotContain(FaultKind.WORKER_DISK_FULL);
  }
}

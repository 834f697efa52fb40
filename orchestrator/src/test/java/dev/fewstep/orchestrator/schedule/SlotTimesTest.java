package dev.fewstep.orchestrator.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SlotTimesTest {
  private static List<String> slots(String cron, String zone, String after, int count) {
    return SlotTimes.of(cron, zone).next(Instant.parse(after), count).stream()
        .map(Instant::toString)
        .toList();
  }

  @Test
  void areThoseOfTheLocalClock() {
    assertThat(slots("0 2 * * *", "Europe/Berlin", "2026-01-01T00:30:00Z", 2))
        .containsExactly("2026-01-01T01:00:00Z", "2026-01-02T01:00:00Z");
    assertThat(slots("0 2 * * *", "Europe/Berlin", "2026-07-01T00:00:00Z", 2))
        .containsExactly("2026-07-02T00:00:00Z", "2026-07-03T00:00:00Z");
    assertThat(slots("30 18 * * MON-FRI", "America/New_York", "2026-07-03T23:00:00Z", 1))
        .containsExactly("2026-07-06T22:30:00Z");
    assertThat(slots("0 0 1 */3 *", "UTC", "2026-02-01T00:00:00Z", 2))
        .containsExactly("2026-04-01T00:00:00Z", "2026-07-01T00:00:00Z");
    assertThat(slots("0 0 29 2 *", "UTC", "2026-02-01T00:00:00Z", 2))
        .containsExactly("2028-02-29T00:00:00Z", "2032-02-29T00:00:00Z");
    assertThat(slots("0 4 * * 0", "UTC", "2026-11-23T00:00:00Z", 1))
        .isEqualTo(slots("0 4 * * 7", "UTC", "2026-11-23T00:00:00Z", 1))
        .containsExactly("2026-11-29T04:00:00Z");
  }

  /** As crontab(5) has it: when both days are restricted, either will do. */
  @Test
  void areOnEitherOfTwoKindsOfDay() {
    assertThat(slots("0 0 13 * 5", "UTC", "2026-11-07T00:00:00Z", 4))
        .containsExactly(
            "2026-11-13T00:00:00Z",
            "2026-11-20T00:00:00Z",
            "2026-11-27T00:00:00Z",
            "2026-12-04T00:00:00Z");
    assertThat(slots("0 0 14 * 5", "UTC", "2026-11-12T00:00:00Z", 3))
        .containsExactly("2026-11-13T00:00:00Z", "2026-11-14T00:00:00Z", "2026-11-20T00:00:00Z");
  }

  @Test
  void mayBeSecondsApart() {
    assertThat(slots("*/20 * * * * *", "UTC", "2026-01-01T00:00:00.500Z", 3))
        .containsExactly("2026-01-01T00:00:20Z", "2026-01-01T00:00:40Z", "2026-01-01T00:01:00Z");
    assertThat(slots("* * * * * *", "UTC", "2026-01-01T00:00:00Z", 2))
        .containsExactly("2026-01-01T00:00:01Z", "2026-01-01T00:00:02Z");
  }

  /** In Berlin it is never 02:00 to 03:00 on the 29th of March 2026. */
  @Test
  void fallDueAtTheChangeWhenTheirTimeOfDayDoesNotExist() {
    assertThat(slots("30 2 * * *", "Europe/Berlin", "2026-03-28T00:00:00Z", 3))
        .containsExactly("2026-03-28T01:30:00Z", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z");
    assertThat(slots("10,20,30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z", 2))
        .as("all that do not exist fall due together")
        .containsExactly("2026-03-29T01:00:00Z", "2026-03-30T00:10:00Z");
    assertThat(slots("0 2,3 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z", 2))
        .as("02:00 falls due when it is 03:00, together with what is due then")
        .containsExactly("2026-03-29T01:00:00Z", "2026-03-30T00:00:00Z");
    assertThat(slots("30 * * * *", "Europe/Berlin", "2026-03-28T23:45:00Z", 3))
        .as("every hour goes by elapsed time")
        .containsExactly("2026-03-29T00:30:00Z", "2026-03-29T01:30:00Z", "2026-03-29T02:30:00Z");
  }

  /** In Berlin it is 02:00 to 03:00 twice on the 25th of October 2026. */
  @Test
  void countOnceWhenTheirTimeOfDayComesTwice() {
    assertThat(slots("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", 2))
        .containsExactly("2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z");
    assertThat(slots("0,30 2,3 * * *", "Europe/Berlin", "2026-10-25T00:00:00Z", 4))
        .containsExactly(
            "2026-10-25T00:30:00Z",
            "2026-10-25T02:00:00Z",
            "2026-10-25T02:30:00Z",
            "2026-10-26T01:00:00Z");
    assertThat(slots("*/30 * * * *", "Europe/Berlin", "2026-10-25T00:00:00Z", 5))
        .as("the repeated hour counts twice for what goes by elapsed time")
        .containsExactly(
            "2026-10-25T00:30:00Z",
            "2026-10-25T01:00:00Z",
            "2026-10-25T01:30:00Z",
            "2026-10-25T02:00:00Z",
            "2026-10-25T02:30:00Z");
  }

  /** Samoa left out the 30th of December 2011. */
  @Test
  void surviveADayThatDoesNotExist() {
    assertThat(slots("0 12 * * *", "Pacific/Apia", "2011-12-29T00:00:00Z", 3))
        .containsExactly("2011-12-29T22:00:00Z", "2011-12-30T10:00:00Z", "2011-12-30T22:00:00Z");
  }

  /** Against the definition, second by second of the local clock, around every change of 2026. */
  @ParameterizedTest
  @CsvSource({
    "Europe/Berlin, 2026-03-28T22:00:00Z",
    "Europe/Berlin, 2026-10-24T22:00:00Z",
    "America/New_York, 2026-03-08T04:00:00Z",
    "America/New_York, 2026-11-01T03:00:00Z",
    "Australia/Lord_Howe, 2026-04-04T12:00:00Z",
    "Australia/Lord_Howe, 2026-10-03T12:00:00Z"
  })
  void areWhatAClockOnTheWallSays(String zone, String from) {
    Instant begin = Instant.parse(from);
    ZoneId id = ZoneId.of(zone);
    for (int hour = 0; hour < 4; hour++) {
      for (int minute : new int[] {0, 15, 45}) {
        List<Instant> expected = new ArrayList<>();
        LocalDateTime seen = LocalDateTime.ofInstant(begin, id);
        for (int i = 1; i <= 20 * 60; i++) {
          Instant at = begin.plus(Duration.ofMinutes(i));
          LocalDateTime wall = LocalDateTime.ofInstant(at, id);
          // Every minute that the clock shows for the first time or jumps over.
          boolean due = false;
          for (LocalDateTime m = seen.plusMinutes(1); !m.isAfter(wall); m = m.plusMinutes(1)) {
            due |= m.getHour() == hour && m.getMinute() == minute;
          }
          if (due) {
            expected.add(at);
          }
          seen = wall.isAfter(seen) ? wall : seen;
        }
        SlotTimes times = SlotTimes.of(minute + " " + hour + " * * *", zone);
        assertThat(
                times.next(begin, 3).stream().filter(at -> at.isBefore(begin.plusSeconds(72_001))))
            .as(hour + ":" + minute)
            .isEqualTo(expected);
      }
    }
  }

  @Test
  void theLastOneIsThatOfAWalk() {
    Random random = new Random(7);
    String[] crons = {"* * * * *", "*/7 * * * *", "15 3 * * *", "0 0 * * 1", "*/10 * * * * *"};
    for (int i = 0; i < 60; i++) {
      SlotTimes times = SlotTimes.of(crons[i % crons.length], "Europe/Berlin");
      Instant after =
          Instant.parse("2026-10-24T00:00:00Z").plusSeconds(random.nextInt(86_400)).plusNanos(5);
      Instant until = after.plusSeconds(random.nextInt(crons[i % 5].length() > 13 ? 900 : 200_000));
      Instant walked = null;
      for (Instant at = times.next(after).orElseThrow();
          !at.isAfter(until);
          at = times.next(at).orElseThrow()) {
        walked = at;
      }
      assertThat(times.last(after, until).orElse(null))
          .as(crons[i % 5] + " from " + after + " until " + until)
          .isEqualTo(walked);
    }
    Instant now = Instant.parse("2026-01-01T00:00:00Z");
    assertThat(SlotTimes.of("* * * * * *", "UTC").last(now.minus(3650, ChronoUnit.DAYS), now))
        .as("years of seconds are not walked")
        .contains(now);
  }

  @ParameterizedTest
  @ValueSource(strings = {"0 0 30 2 *", "0 0 31 4,6,9,11 *"})
  void thereAreNoneOnDaysThatNeverCome(String cron) {
    assertThat(SlotTimes.of(cron, "UTC").next(Instant.parse("2026-01-01T00:00:00Z"))).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "* * * *", "* * * * * * *", "60 * * * *", "0 24 * * *", "x * * * *"})
  void refuseWhatIsNoExpression(String cron) {
    assertThatThrownBy(() -> SlotTimes.of(cron, "UTC"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("cron: ");
  }

  @Test
  void refuseWhatIsNoZone() {
    assertThatThrownBy(() -> SlotTimes.of("* * * * *", "Mars/Olympus"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("zone: 'Mars/Olympus' is no time zone such as Europe/Berlin or UTC");
  }
}

package dev.fewstep.orchestrator.schedule;

import com.cronutils.model.definition.CronDefinition;
import com.cronutils.model.definition.CronDefinitionBuilder;
import com.cronutils.model.time.ExecutionTime;
import com.cronutils.parser.CronParser;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.temporal.ChronoUnit;
import java.time.zone.ZoneOffsetTransition;
import java.time.zone.ZoneRules;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The slots of a cron expression in a time zone, as instants that ascend strictly.
 *
 * <p>Where clocks are put forward, a time of day that does not exist that day falls due at the
 * moment of the change, once, however many such times there are. Where they are put back, a time of
 * day that comes twice counts the first time only. Both as Vixie's cron does; and as there, an
 * expression whose hour begins with {@code *} goes by elapsed time instead: nothing is moved, and
 * the repeated hour counts twice.
 */
public final class SlotTimes {
  private static final CronDefinition FIVE = definition(false);
  private static final CronDefinition SIX = definition(true);

  /** Further apart than this no two slots are: the 29th of February over the turn of a century. */
  private static final int YEARS = 9;

  /** Further than this no zone was ever moved. */
  private static final Duration FAR = Duration.ofDays(2);

  private final ExecutionTime cron;
  private final ZoneRules zone;
  private final boolean elapsed;

  private SlotTimes(ExecutionTime cron, ZoneRules zone, boolean elapsed) {
    this.cron = cron;
    this.zone = zone;
    this.elapsed = elapsed;
  }

  /** Days of week 0 to 7, both 0 and 7 Sunday; names such as MON and JAN too. */
  private static CronDefinition definition(boolean seconds) {
    CronDefinitionBuilder builder = CronDefinitionBuilder.defineCron();
    if (seconds) {
      builder = builder.withSeconds().withValidRange(0, 59).withStrictRange().and();
    }
    return builder
        .withMinutes()
        .withValidRange(0, 59)
        .withStrictRange()
        .and()
        .withHours()
        .withValidRange(0, 23)
        .withStrictRange()
        .and()
        .withDayOfMonth()
        .withValidRange(1, 31)
        .withStrictRange()
        .and()
        .withMonth()
        .withValidRange(1, 12)
        .withStrictRange()
        .and()
        .withDayOfWeek()
        .withValidRange(0, 7)
        .withMondayDoWValue(1)
        .withIntMapping(7, 0)
        .withStrictRange()
        .and()
        .instance();
  }

  /**
   * The slots of an expression.
   *
   * @param cron minute, hour, day of month, month and day of week; or six fields with seconds first
   * @param zone such as {@code Europe/Berlin}
   * @throws IllegalArgumentException when either is none; the message says which and why
   */
  public static SlotTimes of(String cron, String zone) {
    String[] fields = cron.strip().split("\\s+");
    if (fields.length != 5 && fields.length != 6) {
      throw new IllegalArgumentException(
          "cron: '"
              + cron
              + "' has "
              + (cron.isBlank() ? 0 : fields.length)
              + " fields, not five (minute, hour, day of month, month, day of week) or six (seconds"
              + " first)");
    }
    ZoneRules rules;
    try {
      rules = ZoneId.of(zone).getRules();
    } catch (DateTimeException e) {
      throw new IllegalArgumentException(
          "zone: '" + zone + "' is no time zone such as Europe/Berlin or UTC", e);
    }
    ExecutionTime times;
    try {
      times =
          ExecutionTime.forCron(
              new CronParser(fields.length == 5 ? FIVE : SIX)
                  .parse(String.join(" ", fields))
                  .validate());
    } catch (RuntimeException e) {
      throw new IllegalArgumentException("cron: '" + cron + "': " + e.getMessage(), e);
    }
    return new SlotTimes(times, rules, fields[fields.length - 4].startsWith("*"));
  }

  /** The first slot after a moment; empty when none is left. */
  public Optional<Instant> next(Instant after) {
    Instant start = after.truncatedTo(ChronoUnit.SECONDS).plusSeconds(1);
    Instant horizon = start.plus(Duration.ofDays(366L * YEARS));
    while (start.isBefore(horizon)) {
      ZoneOffset offset = zone.getOffset(start);
      Optional<LocalDateTime> found = atOrAfter(from(start, offset));
      if (found.isEmpty()) {
        return Optional.empty();
      }
      Instant slot = later(found.get().toInstant(offset), start);
      ZoneOffsetTransition change = zone.nextTransition(start);
      if (change == null || slot.isBefore(change.getInstant())) {
        return slot.isBefore(horizon) ? Optional.of(slot) : Optional.empty();
      }
      if (change.isGap() && !elapsed && found.get().isBefore(change.getDateTimeAfter())) {
        return Optional.of(change.getInstant());
      }
      // Nothing matches before what was found, on whatever clock: no need to go from change to
      // change through years.
      start = later(slot.minus(FAR), change.getInstant());
    }
    return Optional.empty();
  }

  private static Instant later(Instant a, Instant b) {
    return a.isAfter(b) ? a : b;
  }

  /** Where on the local clock to look from: behind what has been on it, with what it left out. */
  private LocalDateTime from(Instant start, ZoneOffset offset) {
    LocalDateTime local = LocalDateTime.ofInstant(start, offset);
    ZoneOffsetTransition before = zone.previousTransition(start.plusSeconds(1));
    if (elapsed || before == null) {
      return local;
    }
    boolean again = before.isOverlap() && local.isBefore(before.getDateTimeBefore());
    boolean leftOut = before.isGap() && before.getInstant().equals(start);
    return again || leftOut ? before.getDateTimeBefore() : local;
  }

  /** The first match at a local time or after it. Reckoned in UTC, where nothing is moved. */
  private Optional<LocalDateTime> atOrAfter(LocalDateTime local) {
    ZonedDateTime before = local.minusSeconds(1).atZone(ZoneOffset.UTC);
    return cron.nextExecution(before).map(ZonedDateTime::toLocalDateTime);
  }

  /** The next slots. */
  public List<Instant> next(Instant after, int count) {
    List<Instant> slots = new ArrayList<>();
    Optional<Instant> slot = next(after);
    while (slot.isPresent() && slots.size() < count) {
      slots.add(slot.get());
      slot = next(slot.get());
    }
    return slots;
  }

  /** The last slot after {@code after} and not after {@code until}; empty when there is none. */
  public Optional<Instant> last(Instant after, Instant until) {
    Optional<Instant> found = next(after).filter(slot -> !slot.isAfter(until));
    Instant high = until;
    // Whether a slot lies behind a moment only changes once: halve the time between.
    while (found.isPresent()) {
      Instant low = found.get();
      long between = Duration.between(low, high).toSeconds();
      Optional<Instant> later = next(low).filter(slot -> !slot.isAfter(until));
      if (later.isEmpty()) {
        return found;
      }
      Instant middle = low.plusSeconds(between / 2);
      Optional<Instant> beyond = next(middle).filter(slot -> !slot.isAfter(until));
      if (beyond.isPresent()) {
        found = beyond;
      } else {
        found = later;
        high = middle;
      }
    }
    return Optional.empty();
  }
}

package dev.fewstep.worker.task;

import java.time.Clock;
import java.time.temporal.ChronoUnit;
import java.util.ArrayDeque;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The last lines that a task logged, with their time; each also goes to the process's log. Safe for
 * use by several threads.
 */
public final class TaskLog {
  /** Lines that are kept. */
  public static final int LINES = 100;

  private static final int MAX_LINE = 2000;
  private static final Logger LOG = LoggerFactory.getLogger(TaskLog.class);

  private final String label;
  private final Clock clock;
  private final ArrayDeque<String> lines = new ArrayDeque<>();
  private int fresh;

  /**
   * An empty log.
   *
   * @param label names the task in the process's log
   * @param clock the time of the lines
   */
  public TaskLog(String label, Clock clock) {
    this.label = label;
    this.clock = clock;
  }

  /** Adds a line; a very long one is cut. */
  public void add(String line) {
    LOG.info("{}: {}", label, line);
    String cut = line.length() > MAX_LINE ? line.substring(0, MAX_LINE) + "…" : line;
    synchronized (lines) {
      if (lines.size() == LINES) {
        lines.removeFirst();
      }
      lines.addLast(clock.instant().truncatedTo(ChronoUnit.MILLIS) + " " + cut);
      fresh = Math.min(fresh + 1, LINES);
    }
  }

  /** The lines since this was last asked, as far as they are kept. */
  public List<String> drain() {
    synchronized (lines) {
      List<String> drained = lines.stream().skip(lines.size() - fresh).toList();
      fresh = 0;
      return drained;
    }
  }

  /** The lines kept, oldest first. */
  public List<String> tail() {
    synchronized (lines) {
      return List.copyOf(lines);
    }
  }
}

package dev.fewstep.chaos;

import java.io.PrintStream;
import java.time.temporal.ChronoUnit;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** A bar of faults with rate and time left on a terminal, else a line now and then. */
final class Progress implements AutoCloseable {
  private static final long LINE_MILLIS = 15_000;

  private final PrintStream err;
  private final boolean terminal;
  private final int faults;
  private ProgressBar bar;
  private long said;

  Progress(PrintStream err, boolean terminal, int faults) {
    this.err = err;
    this.terminal = terminal;
    this.faults = faults;
  }

  void say(String line) {
    close();
    err.println(line);
  }

  void faults(int done, long ended, long open) {
    if (terminal) {
      if (bar == null) {
        bar =
            new ProgressBarBuilder()
                .setTaskName("faults")
                .setInitialMax(faults)
                .showSpeed()
                .setSpeedUnit(ChronoUnit.MINUTES)
                .setStyle(ProgressBarStyle.ASCII)
                .setConsumer(new ConsoleProgressBarConsumer(err))
                .build();
      }
      bar.stepTo(done);
      bar.setExtraMessage(" " + ended + " tasks ended, " + open + " open");
    } else {
      now("%d of %d faults, %d tasks ended, %d open".formatted(done, faults, ended, open));
    }
  }

  void settling(long ended, long open) {
    now(ended + " tasks ended, " + open + " open");
  }

  void at(String what, int done) {
    now(done + " " + what);
  }

  private void now(String line) {
    long millis = System.nanoTime() / 1_000_000;
    if (said == 0 || millis - said > LINE_MILLIS) {
      said = millis;
      err.println(line);
    }
  }

  @Override
  public void close() {
    if (bar != null) {
      bar.close();
      bar = null;
    }
  }
}

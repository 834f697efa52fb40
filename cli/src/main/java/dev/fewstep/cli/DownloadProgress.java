package dev.fewstep.cli;

import dev.fewstep.cli.weights.Download;
import java.io.PrintStream;
import java.time.temporal.ChronoUnit;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** A bar with rate and time left on a terminal, else a line for every tenth. */
final class DownloadProgress implements Download.Progress, AutoCloseable {
  private static final long MEGABYTE = 1_000_000;
  private static final int TENTH = 10;

  private final Main main;
  private ProgressBar bar;
  private long tenths;

  DownloadProgress(Main main) {
    this.main = main;
  }

  @Override
  public void at(long done, long total) {
    if (main.interactive()) {
      if (bar == null) {
        bar = bar(main.err(), total);
      }
      bar.stepTo(done);
    } else if (total > 0 && done * TENTH / total > tenths) {
      tenths = done * TENTH / total;
      main.err().printf("downloaded %d %% of %.1f MB%n", tenths * TENTH, (double) total / MEGABYTE);
    }
  }

  private static ProgressBar bar(PrintStream err, long total) {
    return new ProgressBarBuilder()
        .setTaskName("downloading")
        .setInitialMax(total)
        .setUnit(" MB", MEGABYTE)
        .showSpeed()
        .setSpeedUnit(ChronoUnit.SECONDS)
        .setStyle(ProgressBarStyle.ASCII)
        .setConsumer(new ConsoleProgressBarConsumer(err))
        .build();
  }

  @Override
  public void close() {
    if (bar != null) {
      bar.close();
    }
  }
}

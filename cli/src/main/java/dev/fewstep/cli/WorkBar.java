package dev.fewstep.cli;

import dev.fewstep.orchestrator.care.Progress;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** The phases of long work: a bar for each on a terminal, one line for each elsewhere. */
final class WorkBar implements Progress, AutoCloseable {
  private final Main main;
  private ProgressBar bar;

  WorkBar(Main main) {
    this.main = main;
  }

  @Override
  public void phase(String name, long total) {
    close();
    if (main.interactive()) {
      bar =
          new ProgressBarBuilder()
              .setTaskName(name)
              .setInitialMax(total)
              .setStyle(ProgressBarStyle.ASCII)
              .setConsumer(new ConsoleProgressBarConsumer(main.err()))
              .build();
    } else {
      main.err().println(total < 0 ? name : name + ": " + total);
    }
  }

  @Override
  public void advance(long items, long bytes) {
    if (bar != null) {
      bar.stepBy(items);
    }
  }

  @Override
  public boolean cancelled() {
    return Thread.currentThread().isInterrupted();
  }

  @Override
  public void close() {
    if (bar != null) {
      bar.close();
      bar = null;
    }
  }
}

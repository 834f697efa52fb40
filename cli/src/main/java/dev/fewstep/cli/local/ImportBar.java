package dev.fewstep.cli.local;

import dev.fewstep.cli.Main;

/** How far an import is: a bar on a terminal, a line now and then elsewhere. */
public final class ImportBar implements AutoCloseable {
  private final LocalRun.Bar bar;

  /** Shows nothing before the first image. */
  public ImportBar(Main main, String title) {
    bar = new LocalRun.Bar(main, title);
  }

  /** {@code done} of {@code total} images are written. */
  public void at(int done, int total) {
    bar.progress(done, total);
  }

  @Override
  public void close() {
    bar.close();
  }
}

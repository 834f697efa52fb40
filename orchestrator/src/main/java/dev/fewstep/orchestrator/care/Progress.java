package dev.fewstep.orchestrator.care;

/** Told how far long work is; asked whether it is to go on. */
public interface Progress {
  /** Tells nobody and never ends the work. */
  Progress NONE =
      new Progress() {
        @Override
        public void phase(String name, long total) {}

        @Override
        public void advance(long items, long bytes) {}

        @Override
        public boolean cancelled() {
          return false;
        }
      };

  /**
   * A new phase begins.
   *
   * @param total items that it has, -1 while unknown
   */
  void phase(String name, long total);

  /** So many more items and bytes are done. */
  void advance(long items, long bytes);

  /** Whether the work is to end at the next safe place. */
  boolean cancelled();
}

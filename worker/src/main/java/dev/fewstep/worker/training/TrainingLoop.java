package dev.fewstep.worker.training;

import java.util.function.BooleanSupplier;

/** Steps a training to its end, with reports, checkpoints and cancellation between steps. */
public final class TrainingLoop {
  private TrainingLoop() {}

  /**
   * Runs until the last step or cancellation.
   *
   * @param training what is run, from where it stands
   * @param checkpointEvery steps between checkpoints, at least 1
   * @param listener hears every step and checkpoint, on this thread
   * @param cancelled asked before every step
   * @return whether the training is finished
   */
  public static boolean run(
      Training training, int checkpointEvery, Listener listener, BooleanSupplier cancelled) {
    if (checkpointEvery < 1) {
      throw new IllegalArgumentException(
          "checkpointEvery must be at least 1 but is " + checkpointEvery);
    }
    while (!training.finished()) {
      if (cancelled.getAsBoolean()) {
        return false;
      }
      listener.stepped(training.step());
      if (training.iteration() % checkpointEvery == 0 || training.finished()) {
        listener.checkpointDue(training);
      }
    }
    return true;
  }

  /** Hears what a training does. */
  public interface Listener {
    /**
     * After every step.
     *
     * @param report what it did
     */
    void stepped(StepReport report);

    /**
     * After every {@code checkpointEvery}-th step and the last; the training stands still
     * meanwhile.
     *
     * @param training whose checkpoint may be stored
     */
    void checkpointDue(Training training);
  }
}

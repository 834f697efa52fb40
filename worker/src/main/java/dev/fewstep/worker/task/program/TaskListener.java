package dev.fewstep.worker.task.program;

import java.util.Map;

/** Hears of a running task. Called on the task's thread; must not block. */
public interface TaskListener {
  /** A listener that ignores everything. */
  TaskListener SILENT =
      new TaskListener() {
        @Override
        public void progress(long step, long totalSteps) {}

        @Override
        public void point(String name, long step, double value) {}

        @Override
        public void trained(int images, Map<String, Double> seconds) {}

        @Override
        public void log(String line) {}
      };

  /**
   * How far the task is.
   *
   * @param step steps done
   * @param totalSteps steps in all, at least {@code step}
   */
  void progress(long step, long totalSteps);

  /**
   * A point of a curve.
   *
   * @param name such as {@code loss}, {@code grad_norm}, {@code images_per_second}
   * @param step training step, from 0
   * @param value its value
   */
  void point(String name, long step, double value);

  /**
   * A training step was made.
   *
   * @param images real images used
   * @param seconds wall time by part of the step, such as {@code sample}, {@code backward}
   */
  void trained(int images, Map<String, Double> seconds);

  /** A line for people. */
  void log(String line);
}

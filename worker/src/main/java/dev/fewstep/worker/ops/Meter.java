package dev.fewstep.worker.ops;

import static java.util.Objects.requireNonNull;

/**
 * Every meter of the worker; the only place that names one. In the Prometheus text a dot is an
 * underscore, a counter ends in {@code _total} and a time in {@code _seconds}. What each means to
 * people is in {@code docs/metrics.md}, which a test compares with a real run.
 */
enum Meter {
  BUILD_INFO("fewstep.build.info", "Always 1; the labels say what runs here"),
  BUSY("fewstep.worker.busy", "1 while the worker runs a task"),
  HEARTBEATS("fewstep.worker.heartbeats", "Heartbeats sent"),
  EXECUTION("fewstep.execution.duration", "Wall time of executions"),
  TASK_STEP("fewstep.task.step", "Step that the running task has reached"),
  TASK_STEPS("fewstep.task.steps", "Steps that the running task has in all"),
  TRAIN_STEP("fewstep.train.step", "Wall time of training steps, by part"),
  TRAIN_IMAGES("fewstep.train.images", "Real images used in training"),
  TRAIN_SPEED("fewstep.train.images.per.second", "Images per second of the newest step"),
  TRAIN_LOSS("fewstep.train.loss", "Newest loss of the running task"),
  TRAIN_GRADIENT("fewstep.train.gradient.norm", "Newest gradient norm of the running task"),
  DEVICE_MEMORY_USED("fewstep.device.memory.used", "Memory in use where tasks compute"),
  DEVICE_MEMORY("fewstep.device.memory", "Memory there is where tasks compute"),
  DEVICE_UTILISATION("fewstep.device.utilisation.ratio", "Part of the time that the GPU computes"),
  STORE_BYTES("fewstep.store.bytes", "Bytes of artifacts sent to and fetched from the store"),
  STORE_FAILURES("fewstep.store.failures", "Tasks that failed because of the artifact store"),
  STORE_REQUEST("fewstep.store.request", "Time of a request to the object store");

  private final String id;
  private final String help;

  Meter(String id, String help) {
    this.id = requireNonNull(id, "id");
    this.help = requireNonNull(help, "help");
  }

  /** Its name, with dots. */
  String id() {
    return id;
  }

  /** One line for the Prometheus text. */
  String help() {
    return help;
  }
}

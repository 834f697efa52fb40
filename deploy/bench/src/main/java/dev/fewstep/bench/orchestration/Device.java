package dev.fewstep.bench.orchestration;

import dev.fewstep.schemas.Artifact;
import dev.fewstep.schemas.ArtifactKind;
import dev.fewstep.schemas.TaskKind;
import dev.fewstep.schemas.message.TaskMessage;
import dev.fewstep.telemetry.Traces;
import dev.fewstep.worker.ops.WorkerMetrics;
import dev.fewstep.worker.task.ControlTail;
import dev.fewstep.worker.task.ControlView;
import dev.fewstep.worker.task.KafkaSettings;
import dev.fewstep.worker.task.Outcome;
import dev.fewstep.worker.task.Pulse;
import dev.fewstep.worker.task.RunningTask;
import dev.fewstep.worker.task.TaskReporter;
import dev.fewstep.worker.task.TaskTaker;
import dev.fewstep.worker.task.WorkerIdentity;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Consumer;

/**
 * A simulated device: the worker's own loop, control, pulse and reporter around a task that does
 * nothing and names two artifacts that are in the store, one that its kind makes and a log.
 */
final class Device implements AutoCloseable {
  static final String CLASS = "cpu";

  private final WorkerMetrics metrics = new WorkerMetrics(CLASS, Map.of());
  private final TaskReporter reporter;
  private final ControlTail control;
  private final Pulse pulse;
  private final TaskTaker taker;

  Device(String bootstrap, List<Artifact> artifacts, Consumer<TaskMessage> started) {
    UUID id = UUID.randomUUID();
    KafkaSettings kafka = KafkaSettings.of(bootstrap);
    ControlView view = new ControlView();
    reporter = new TaskReporter(kafka, id, metrics);
    control = ControlTail.start(kafka, id, view, metrics);
    pulse =
        Pulse.start(
            reporter,
            new WorkerIdentity(id, CLASS, "simulated", 1L << 36, Map.of()),
            Pulse.Intervals.defaults(),
            () -> {},
            Clock.systemUTC());
    taker =
        new TaskTaker(
            kafka,
            control,
            view,
            reporter,
            pulse,
            task -> run(task, artifacts, started),
            () -> true,
            Clock.systemUTC(),
            Traces.off());
    taker.start();
  }

  private static Outcome run(
      RunningTask task, List<Artifact> artifacts, Consumer<TaskMessage> started) {
    TaskMessage message = task.message();
    started.accept(message);
    int first = Integer.parseInt(message.taskKey().substring(0, 4), 16);
    return new Outcome.Success(
        List.of(
            named(artifacts.get(first % artifacts.size()), made(message.kind())),
            named(artifacts.get((first + 1) % artifacts.size()), ArtifactKind.LOG)),
        Map.of("nfe", 5.0),
        Map.of());
  }

  /** The kind of artifact that dependants of such a task read. */
  static ArtifactKind made(TaskKind kind) {
    return switch (kind) {
      case REFERENCE -> ArtifactKind.STATISTICS;
      case PRETRAIN, FINETUNE -> ArtifactKind.WEIGHTS;
      case EVALUATE -> ArtifactKind.SCORES;
    };
  }

  static Artifact named(Artifact file, ArtifactKind kind) {
    return new Artifact(kind, file.name() + "-" + kind, file.bytes(), file.sha256());
  }

  void drain() {
    taker.drain();
  }

  @Override
  public void close() {
    taker.close();
    pulse.close();
    control.close();
    reporter.close();
    metrics.close();
  }
}

package dev.fewstep.chaos.process;

import dev.fewstep.store.S3Settings;
import dev.fewstep.worker.Worker;
import dev.fewstep.worker.WorkerConfig;
import dev.fewstep.worker.task.KafkaSettings;
import dev.fewstep.worker.task.Pulse;
import dev.fewstep.worker.task.program.Programs;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;

/** A worker, the product's own, that computes real tasks, with a clock that moves. */
public final class WorkerProcess {
  private static final long CACHE_BYTES = 8L << 20;

  private WorkerProcess() {}

  /**
   * Runs until told to stop and tells its id.
   *
   * @param args {@code bootstrap}, {@code store}, {@code dir}, {@code class} and {@code beat}, the
   *     milliseconds between presences and heartbeats; the store's keys are in the environment
   */
  public static void main(String[] args) throws Exception {
    Child child = new Child(args);
    Duration beat = child.millis("beat");
    WorkerConfig config =
        new WorkerConfig(
            KafkaSettings.of(child.text("bootstrap")),
            new S3Settings(
                URI.create(child.text("store")),
                "us-east-1",
                "fewstep",
                System.getenv("AWS_ACCESS_KEY_ID"),
                System.getenv("AWS_SECRET_ACCESS_KEY")),
            child.text("class"),
            "cpu",
            1,
            1,
            Path.of(child.text("dir")),
            CACHE_BYTES,
            "127.0.0.1",
            0,
            new Pulse.Intervals(beat, beat, beat),
            Duration.ofSeconds(60),
            Duration.ofSeconds(20));
    Worker worker = Worker.start(config, Programs::run, child.clock());
    child.tell("READY", worker.workerId());
    child.serve(worker);
  }
}

package dev.fewstep.worker;

import static java.util.Objects.requireNonNull;

import dev.fewstep.worker.task.TaskRunner;
import dev.fewstep.worker.task.program.Programs;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.ThreadingModel;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.time.Clock;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;

/**
 * A running worker. Whoever starts one stops it: a JVM that exits while libtorch computes crashes.
 */
public final class Worker implements AutoCloseable {
  private final Vertx vertx;
  private final WorkerVerticle verticle;
  private boolean closed;

  private Worker(Vertx vertx, WorkerVerticle verticle) {
    this.vertx = requireNonNull(vertx, "vertx");
    this.verticle = requireNonNull(verticle, "verticle");
  }

  /**
   * Starts a worker that computes tasks of all kinds, and returns when it takes them.
   *
   * @throws WorkerStartException when it could not start; nothing is left running then
   */
  public static Worker start(WorkerConfig config) {
    return start(config, Programs::run);
  }

  /**
   * Starts a worker and returns when it takes tasks.
   *
   * @param work computes the tasks
   * @throws WorkerStartException when it could not start; nothing is left running then
   */
  public static Worker start(WorkerConfig config, TaskRunner.Work work) {
    return start(config, work, Clock.systemUTC());
  }

  /** As above, with a clock of its own for the times that people read. */
  public static Worker start(WorkerConfig config, TaskRunner.Work work, Clock clock) {
    VertxOptions options =
        new VertxOptions()
            .setEventLoopPoolSize(1)
            .setWorkerPoolSize(2)
            .setMaxWorkerExecuteTime(
                config.startTimeout().plus(config.drainTimeout()).toSeconds() + 60)
            .setMaxWorkerExecuteTimeUnit(TimeUnit.SECONDS);
    Vertx vertx = Vertx.vertx(options);
    WorkerVerticle verticle = new WorkerVerticle(config, work, clock);
    try {
      vertx
          .deployVerticle(
              verticle, new DeploymentOptions().setThreadingModel(ThreadingModel.WORKER))
          .await();
    } catch (Exception e) {
      // await() throws what the verticle threw, checked or not.
      vertx.close().await();
      throw new WorkerStartException(e.getMessage(), e);
    }
    return new Worker(vertx, verticle);
  }

  /** The port that {@code /healthz}, {@code /readyz} and {@code /metrics} are served at. */
  public int httpPort() {
    return verticle.httpPort();
  }

  /** Its id in presences and reports. */
  public UUID workerId() {
    return verticle.workerId();
  }

  /** Completes when its shift is over, if that ends by itself; it is still to be stopped then. */
  public CompletionStage<Void> shiftEnd() {
    return verticle.shiftEnd();
  }

  /** Takes no other task and asks the running one to hand itself back. Returns at once. */
  public void drain() {
    verticle.drain();
  }

  /**
   * Drains, waits as long as configured for the running task to hand itself back, and stops. A
   * second call only returns.
   *
   * @return whether no task is running any more; otherwise only halting the JVM is safe
   */
  public synchronized boolean stop() {
    if (!closed) {
      closed = true;
      vertx.close().await();
    }
    return verticle.endedInTime();
  }

  /** As {@link #stop()}. */
  @Override
  public void close() {
    stop();
  }
}

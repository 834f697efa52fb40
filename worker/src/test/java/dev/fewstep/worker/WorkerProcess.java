package dev.fewstep.worker;

import dev.fewstep.store.S3Settings;
import dev.fewstep.worker.task.KafkaSettings;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/** A worker in a process of its own that a signal stops, as the program's verb does it. */
final class WorkerProcess {
  private WorkerProcess() {}

  static Process start(String bootstrap, S3Settings store, String deviceClass, Path data)
      throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx400m",
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                WorkerProcess.class.getName(),
                bootstrap,
                store.endpoint().toString(),
                store.accessKey(),
                deviceClass,
                data.toString()));
    builder.environment().put("AWS_SECRET_ACCESS_KEY", store.secretKey());
    return builder
        .redirectOutput(ProcessBuilder.Redirect.INHERIT)
        .redirectError(ProcessBuilder.Redirect.INHERIT)
        .start();
  }

  public static void main(String[] args) throws InterruptedException {
    S3Settings store =
        new S3Settings(
            URI.create(args[1]),
            "us-east-1",
            "fewstep",
            args[2],
            System.getenv("AWS_SECRET_ACCESS_KEY"));
    WorkerConfig cpu = WorkerConfig.onCpu(KafkaSettings.of(args[0]), store, Path.of(args[4]));
    Worker worker =
        Worker.start(
            new WorkerConfig(
                cpu.kafka(),
                cpu.store(),
                args[3],
                cpu.device(),
                1,
                2,
                cpu.dataDirectory(),
                cpu.cacheBytes(),
                cpu.httpHost(),
                0,
                cpu.intervals(),
                cpu.startTimeout(),
                cpu.drainTimeout()));
    CountDownLatch stop = new CountDownLatch(1);
    CountDownLatch stopped = new CountDownLatch(1);
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  stop.countDown();
                  try {
                    stopped.await();
                  } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                  }
                }));
    stop.await();
    worker.stop();
    stopped.countDown();
  }
}

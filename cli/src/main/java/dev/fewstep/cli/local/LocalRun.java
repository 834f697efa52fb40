package dev.fewstep.cli.local;

import dev.fewstep.cli.CliException;
import dev.fewstep.cli.Main;
import dev.fewstep.schemas.task.SourceRef;
import dev.fewstep.schemas.task.TaskSpec;
import dev.fewstep.worker.task.program.CheckpointSink;
import dev.fewstep.worker.task.program.Programs;
import dev.fewstep.worker.task.program.StopSignal;
import dev.fewstep.worker.task.program.TaskContext;
import dev.fewstep.worker.task.program.TaskListener;
import dev.fewstep.worker.task.program.TaskResult;
import dev.fewstep.worker.task.program.TaskStoppedException;
import dev.fewstep.worker.tensor.TorchEngine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** Runs one task in this process, with a bar; Ctrl-C stops it at a checkpoint. */
final class LocalRun {
  private static final String CHECKPOINT = "checkpoint.safetensors";

  private final Main main;
  private final Path directory;

  LocalRun(Main main, Path directory) {
    this.main = main;
    this.directory = directory;
  }

  /**
   * Runs a task; its files appear in the directory. A checkpoint that an interrupted run left there
   * is resumed from, and removed at the end.
   */
  TaskResult run(TaskSpec spec, Map<SourceRef, Path> inputs, boolean resume) throws IOException {
    return run(spec, inputs, resume, Optional.empty());
  }

  /**
   * Runs a task from a checkpoint of an earlier run.
   *
   * @param from what is begun with, unless an interrupted run is resumed; stays as it is
   */
  TaskResult run(TaskSpec spec, Map<SourceRef, Path> inputs, boolean resume, Optional<Path> from)
      throws IOException {
    Files.createDirectories(directory);
    Path checkpoint = directory.resolve(CHECKPOINT);
    if (Files.exists(checkpoint) && !resume) {
      throw CliException.usage(
          "%s holds the checkpoint of an interrupted run: go on with --resume, or choose another --out"
              .formatted(directory));
    }
    Device.configure(main);
    AtomicReference<StopSignal.Request> request =
        new AtomicReference<>(StopSignal.Request.CONTINUE);
    CountDownLatch over = new CountDownLatch(1);
    Thread hook =
        new Thread(
            () -> {
              request.set(StopSignal.Request.RELEASE);
              try {
                over.await();
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            },
            "fewstep-shutdown");
    Runtime.getRuntime().addShutdownHook(hook);
    CheckpointSink sink =
        (step, file) -> {
          Path part = directory.resolve(CHECKPOINT + ".part");
          Files.copy(file, part, StandardCopyOption.REPLACE_EXISTING);
          Files.move(
              part,
              checkpoint,
              StandardCopyOption.ATOMIC_MOVE,
              StandardCopyOption.REPLACE_EXISTING);
        };
    Path work = Files.createTempDirectory(directory, ".work");
    try (Bar bar = new Bar(main, spec.kind().name().toLowerCase(Locale.ROOT))) {
      TaskContext context =
          new TaskContext(
              inputs,
              work,
              resume && Files.exists(checkpoint) ? Optional.of(checkpoint) : from,
              Device.device(main),
              Device.shards(main),
              bar,
              request::get,
              sink);
      TaskResult result = Programs.run(spec, context);
      for (var file : result.files()) {
        Files.move(
            file.path(), directory.resolve(file.name()), StandardCopyOption.REPLACE_EXISTING);
      }
      Files.deleteIfExists(checkpoint);
      return result;
    } catch (TaskStoppedException e) {
      throw CliException.failed(
          "stopped; go on with the same command and --resume (checkpoint in " + directory + ")", e);
    } finally {
      over.countDown();
      delete(work);
      if (request.get() == StopSignal.Request.CONTINUE) {
        Runtime.getRuntime().removeShutdownHook(hook);
      }
    }
  }

  static void delete(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    }
  }

  /** The device and the threads that the settings name. */
  static final class Device {
    private Device() {}

    static void configure(Main main) {
      main.useCache();
      main.trustScripts(true);
      TorchEngine.setThreads(1);
    }

    /** Cores that share a step. */
    static int shards(Main main) {
      int threads = main.threads();
      return threads > 0 ? threads : Runtime.getRuntime().availableProcessors();
    }

    static ai.djl.Device device(Main main) {
      return TorchEngine.device(main.device());
    }

    /** An owner of tensors on the device, whose operators use all the threads. */
    static ai.djl.ndarray.NDManager open(Main main) {
      configure(main);
      TorchEngine.setThreads(shards(main));
      return TorchEngine.newManager(device(main));
    }
  }

  /** A bar on a terminal, a line now and then elsewhere. */
  static final class Bar implements TaskListener, AutoCloseable {
    private static final long LINE_NANOS = 10_000_000_000L;

    private final Main main;
    private final String title;
    private final Optional<ProgressBar> bar;
    private final Map<String, Double> latest = new java.util.TreeMap<>();
    private long lastLine = System.nanoTime();
    private long firstStep = -1;
    private long firstNanos;

    Bar(Main main, String title) {
      this.main = main;
      this.title = title;
      this.bar =
          main.interactive()
              ? Optional.of(
                  new ProgressBarBuilder()
                      .setTaskName(title)
                      .setStyle(ProgressBarStyle.ASCII)
                      .setUpdateIntervalMillis(500)
                      .showSpeed()
                      .build())
              : Optional.empty();
    }

    @Override
    public void progress(long step, long totalSteps) {
      if (firstStep < 0) {
        firstStep = step;
        firstNanos = System.nanoTime();
      }
      bar.ifPresent(
          b -> {
            b.maxHint(totalSteps);
            b.stepTo(step);
            b.setExtraMessage(numbers());
          });
      if (bar.isEmpty() && (System.nanoTime() - lastLine > LINE_NANOS || step == totalSteps)) {
        lastLine = System.nanoTime();
        String pace = pace(step - firstStep, totalSteps - step, lastLine - firstNanos);
        main.err().printf("%s %d/%d%s%s%n", title, step, totalSteps, pace, numbers());
      }
    }

    @Override
    public void point(String name, long step, double value) {
      latest.put(name, value);
    }

    @Override
    public void trained(int images, Map<String, Double> seconds) {
      // The rate comes as a point of the curve.
    }

    @Override
    public void log(String line) {
      if (bar.isEmpty()) {
        main.err().println(line);
      }
    }

    /** Rate and time left, once there is something to judge by. */
    static String pace(long done, long left, long nanos) {
      if (done <= 0 || nanos <= 0) {
        return "";
      }
      double rate = done * 1e9 / nanos;
      String text =
          String.format(
              Locale.ROOT, rate < 1 ? " %.2g/s" : rate < 100 ? " %.1f/s" : " %.0f/s", rate);
      if (left <= 0) {
        return text;
      }
      long seconds = (long) Math.ceil(left / rate);
      return text
          + String.format(
              Locale.ROOT, ", %d:%02d:%02d left", seconds / 3600, seconds / 60 % 60, seconds % 60);
    }

    private String numbers() {
      StringBuilder text = new StringBuilder();
      for (String name : new String[] {"loss", "grad_norm", "images_per_second"}) {
        if (latest.containsKey(name)) {
          text.append(String.format(Locale.ROOT, " %s %.4g", name, latest.get(name)));
        }
      }
      return text.toString();
    }

    @Override
    public void close() {
      bar.ifPresent(ProgressBar::close);
    }
  }
}

package dev.fewstep.worker.task.program;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.fewstep.schemas.message.FailureCode;
import dev.fewstep.schemas.message.MetricBatch;
import dev.fewstep.worker.checkpoint.RawTensor;
import dev.fewstep.worker.checkpoint.TensorFile;
import dev.fewstep.worker.training.StepReport;
import dev.fewstep.worker.training.Training;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.TreeMap;

/**
 * Runs a training within a task: resumes it, reports each step, hands over checkpoints, and stops
 * at a step boundary when asked.
 */
final class TrainingRun {
  private static final String CURVE = "fewstep.curve";
  private static final String FLOW = "fewstep.gradient-flow";

  private final Training training;
  private final int checkpointEvery;
  private final TaskContext context;
  private final Curve curve;
  private final GradientFlowLog flow = new GradientFlowLog();
  private final Optional<Previews> previews;
  private final ProcessMemory memory;
  private int checkpointed;
  private double lastLoss = Double.NaN;
  private double images;
  private double seconds;
  private OptionalDouble stepRatio = OptionalDouble.empty();

  /** A run that makes no previews. */
  TrainingRun(Training training, int checkpointEvery, TaskContext context) {
    this(training, checkpointEvery, Optional.empty(), context);
  }

  TrainingRun(
      Training training, int checkpointEvery, Optional<Previews> previews, TaskContext context) {
    this.training = training;
    this.checkpointEvery = checkpointEvery;
    this.previews = previews;
    this.context = context;
    this.curve = new Curve(training.iterations());
    this.memory = new ProcessMemory(context.device());
  }

  /**
   * Runs to the last step.
   *
   * @throws TaskStoppedException when asked to stop, after a checkpoint if the task is released
   */
  void run(NDManager manager) throws IOException, TaskStoppedException {
    if (context.checkpoint().isPresent()) {
      restore(context.checkpoint().get(), manager);
    }
    StepRatio ratio = new StepRatio(training.iterations() - training.iteration(), manager);
    while (!training.finished()) {
      StopSignal.Request request = context.stop().request();
      if (request == StopSignal.Request.RELEASE && training.iteration() > checkpointed) {
        checkpoint();
      }
      if (request != StopSignal.Request.CONTINUE) {
        throw new TaskStoppedException(request);
      }
      StepReport made = step();
      ratio.see(made.seconds().total());
      report(made);
      previews.ifPresent(sheets -> sheets.after(training.iteration()));
      boolean due = training.iteration() % checkpointEvery == 0;
      if (due && !training.finished()) {
        checkpoint();
      }
    }
    stepRatio = ratio.median();
  }

  /** The records of the gradient's flow so far. */
  GradientFlowLog flow() {
    return flow;
  }

  /** The curves so far. */
  Curve curve() {
    return curve;
  }

  /** The loss of the last step that this run made; NaN when it made none. */
  double lastLoss() {
    return lastLoss;
  }

  /** Real images used in a second, over the steps that this run made; 0 when it made none. */
  double imagesPerSecond() {
    return seconds > 0 ? images / seconds : 0;
  }

  /** Duration of a step as a multiple of the reference kernel's; empty when it made too few. */
  OptionalDouble stepRatio() {
    return stepRatio;
  }

  private StepReport step() {
    try {
      return training.step();
    } catch (IllegalStateException e) {
      if (e.getCause() != null) {
        // A shard failed; its own error says why.
        throw e;
      }
      throw new TaskFailure(FailureCode.NOT_FINITE, e.getMessage(), e);
    } catch (IllegalArgumentException e) {
      throw new TaskFailure(FailureCode.INVALID_SPEC, e.getMessage() + ".", e);
    }
  }

  private void report(StepReport report) {
    int step = report.step() - 1;
    lastLoss = report.loss();
    images += report.images();
    seconds += report.seconds().total();
    List<MetricBatch.Point> points =
        new ArrayList<>(
            List.of(
                new MetricBatch.Point("loss", step, report.loss()),
                new MetricBatch.Point("grad_norm", step, report.gradientNorm()),
                new MetricBatch.Point("learning_rate", step, report.learningRate()),
                new MetricBatch.Point("images_per_second", step, report.imagesPerSecond())));
    report
        .validation()
        .ifPresent(value -> points.add(new MetricBatch.Point("validation_loss", step, value)));
    memory
        .bytes()
        .ifPresent(bytes -> points.add(new MetricBatch.Point("memory_bytes", step, bytes)));
    report.flow().ifPresent(table -> flow.add(report.step(), table));
    for (MetricBatch.Point point : points) {
      curve.add(point);
      context.listener().point(point.name(), point.step(), point.value());
    }
    StepReport.Seconds parts = report.seconds();
    context
        .listener()
        .trained(
            report.images(),
            Map.of(
                "data", parts.data(),
                "sample", parts.sample(),
                "features", parts.features(),
                "backward", parts.backward(),
                "optimiser", parts.optimiser()));
    context.listener().progress(training.iteration(), training.iterations());
  }

  private void checkpoint() throws IOException {
    Path file = writeCheckpoint();
    context.checkpoints().accept(training.iteration(), file);
    Files.deleteIfExists(file);
    checkpointed = training.iteration();
  }

  /** Writes {@code checkpoint-<step>.safetensors}, from which training can go on or be extended. */
  Path writeCheckpoint() throws IOException {
    Path file = context.directory().resolve("checkpoint-" + training.iteration() + ".safetensors");
    Map<String, String> metadata = new TreeMap<>();
    metadata.put(CURVE, curve.text());
    if (!flow.isEmpty()) {
      metadata.put(FLOW, flow.text());
    }
    Map<String, RawTensor> tensors = new LinkedHashMap<>();
    training.checkpoint().forEach((name, array) -> tensors.put(name, RawTensor.of(array)));
    previews.ifPresent(sheets -> tensors.putAll(sheets.state()));
    TensorFile.writeRaw(file, tensors, metadata);
    return file;
  }

  private void restore(Path file, NDManager manager) throws IOException {
    try (NDManager scope = manager.newSubManager()) {
      Map<String, RawTensor> tensors = TensorFile.readRaw(file);
      Map<String, NDArray> state = new LinkedHashMap<>();
      tensors.forEach(
          (name, tensor) -> {
            if (!Previews.isOne(name)) {
              state.put(name, tensor.toArray(scope));
            }
          });
      training.restore(state);
      previews.ifPresent(sheets -> sheets.restore(tensors));
    } catch (IllegalArgumentException e) {
      throw new TaskFailure(
          FailureCode.BAD_INPUT, "The checkpoint does not fit the task: " + e.getMessage(), e);
    }
    Map<String, String> metadata = TensorFile.metadata(file);
    Optional.ofNullable(metadata.get(CURVE)).ifPresent(curve::restore);
    Optional.ofNullable(metadata.get(FLOW)).ifPresent(flow::restore);
    checkpointed = training.iteration();
    context.listener().log("goes on after step " + training.iteration());
    context.listener().progress(training.iteration(), training.iterations());
  }
}

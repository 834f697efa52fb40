package dev.fewstep.worker.task.program;

import ai.djl.ndarray.NDManager;
import dev.fewstep.schemas.ArtifactKind;
import dev.fewstep.schemas.message.FailureCode;
import dev.fewstep.schemas.spec.TrainingSpec;
import dev.fewstep.schemas.task.FinetuneTask;
import dev.fewstep.schemas.task.MmdLossTask;
import dev.fewstep.worker.data.ImageDataset;
import dev.fewstep.worker.data.NpzImages;
import dev.fewstep.worker.features.FeatureExtractor;
import dev.fewstep.worker.mmd.Kernel;
import dev.fewstep.worker.mmd.MmdEstimator;
import dev.fewstep.worker.mmd.MmdLoss;
import dev.fewstep.worker.mmd.RbfKernel;
import dev.fewstep.worker.tensor.TorchEngine;
import dev.fewstep.worker.training.FinetuneSettings;
import dev.fewstep.worker.training.LearningRate;
import dev.fewstep.worker.training.MmdFinetuner;
import dev.fewstep.worker.training.SamplingPlan;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.TreeMap;

/**
 * MMD finetuning of a denoiser for a fixed number of sampling steps. Makes {@code
 * weights.safetensors} (the averaged weights when averaging is on), {@code curve.json}, and {@code
 * before.png} and {@code sheet.png}: samples of the base and of the finetuned model from the same
 * noise.
 */
public final class FinetuneProgram implements TaskProgram<FinetuneTask> {
  @Override
  public TaskResult run(FinetuneTask spec, TaskContext context)
      throws IOException, TaskStoppedException {
    ImageDataset dataset = NpzImages.open(context.input(spec.dataset()));
    try (NDManager manager = TorchEngine.newManager(context.device());
        FeatureExtractor extractor =
            Extractors.loadForLoss(
                context.input(spec.loss().space().extractor()),
                spec.loss().space().mode(),
                dataset.shape(),
                manager);
        Networks.Loaded network = Networks.load(context.input(spec.weights()), manager)) {
      PretrainProgram.requireShape(dataset.shape(), network.spec());
      SamplingPlan plan =
          new SamplingPlan(
              network.schedule(),
              Networks.timesteps(spec.sampling(), network.schedule()),
              spec.sampling().eta());
      List<OutputFile> files = new ArrayList<>();
      Sheets.sample(network, spec.sampling(), spec.seed(), "before.png", context)
          .ifPresent(files::add);
      try (MmdFinetuner finetuner =
          new MmdFinetuner(
              network.unet(),
              plan,
              new MmdFinetuner.Objective(dataset, extractor, loss(spec.loss())),
              settings(spec),
              context.shards(),
              manager)) {
        context
            .listener()
            .log(
                "finetunes "
                    + network.unet().parameterCount()
                    + " parameters through "
                    + plan.timesteps().nfe()
                    + " NFE in "
                    + extractor.name());
        TrainingRun run = new TrainingRun(finetuner, spec.training().checkpointEvery(), context);
        run.run(manager);
        files.addAll(results(spec, context, network, finetuner, run));
        return new TaskResult(files, scores(run, plan.timesteps().nfe()));
      }
    }
  }

  private static List<OutputFile> results(
      FinetuneTask spec,
      TaskContext context,
      Networks.Loaded base,
      MmdFinetuner finetuner,
      TrainingRun run)
      throws IOException, TaskStoppedException {
    List<OutputFile> files = new ArrayList<>();
    Path weights = context.directory().resolve("weights.safetensors");
    Networks.save(weights, finetuner.weights(), base.spec());
    files.add(new OutputFile(ArtifactKind.WEIGHTS, "weights.safetensors", weights));
    Path curve = context.directory().resolve("curve.json");
    run.curve().write(curve);
    files.add(new OutputFile(ArtifactKind.CURVE, "curve.json", curve));
    try (NDManager manager = TorchEngine.newManager(context.device());
        Networks.Loaded made = Networks.load(weights, manager)) {
      Sheets.sample(made, spec.sampling(), spec.seed(), "sheet.png", context).ifPresent(files::add);
    }
    return files;
  }

  private static Map<String, Double> scores(TrainingRun run, int nfe) {
    Map<String, Double> scores = new TreeMap<>();
    if (Double.isFinite(run.lastLoss())) {
      scores.put("final_loss", run.lastLoss());
    }
    scores.put("nfe", (double) nfe);
    scores.put("images_per_second", run.imagesPerSecond());
    return scores;
  }

  private static MmdLoss loss(MmdLossTask loss) {
    Kernel kernel =
        switch (loss.kernel()) {
          case CUBIC -> Kernel.cubic();
          case LINEAR -> Kernel.linear();
          case RBF ->
              new RbfKernel(loss.gamma().map(OptionalDouble::of).orElseGet(OptionalDouble::empty));
          case POLYNOMIAL, RATIONAL_QUADRATIC ->
              throw new TaskFailure(FailureCode.INVALID_SPEC, "This worker has no such kernel.");
        };
    return new MmdLoss(kernel, MmdEstimator.UNBIASED);
  }

  private static FinetuneSettings settings(FinetuneTask spec) {
    TrainingSpec training = spec.training();
    try {
      return new FinetuneSettings(
          training.iterations(),
          spec.loss().mmdBatch(),
          spec.loss().microBatch(),
          new LearningRate(training.learningRate(), training.warmup(), 0),
          training.clipNorm(),
          training.ema(),
          spec.flip(),
          spec.seed());
    } catch (IllegalArgumentException e) {
      throw new TaskFailure(FailureCode.INVALID_SPEC, e.getMessage() + ".", e);
    }
  }
}

package dev.fewstep.worker.task.program;

import ai.djl.ndarray.NDManager;
import dev.fewstep.schemas.ArtifactKind;
import dev.fewstep.schemas.message.FailureCode;
import dev.fewstep.schemas.spec.DenoisingSpec;
import dev.fewstep.schemas.spec.NetworkSpec;
import dev.fewstep.schemas.spec.SamplingSpec;
import dev.fewstep.schemas.task.PretrainTask;
import dev.fewstep.worker.data.ImageDataset;
import dev.fewstep.worker.data.ImageShape;
import dev.fewstep.worker.data.NpzImages;
import dev.fewstep.worker.diffusion.Denoiser;
import dev.fewstep.worker.diffusion.NoiseSchedule;
import dev.fewstep.worker.tensor.TorchEngine;
import dev.fewstep.worker.training.DenoisingSettings;
import dev.fewstep.worker.training.DenoisingTrainer;
import dev.fewstep.worker.training.LearningRate;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * DDPM training of a denoiser from scratch. Makes {@code weights.safetensors} (the averaged weights
 * when averaging is on), {@code curve.json} and {@code sheet.png}.
 */
public final class PretrainProgram implements TaskProgram<PretrainTask> {
  private static final int SHEET_STEPS = 20;

  @Override
  public TaskResult run(PretrainTask spec, TaskContext context)
      throws IOException, TaskStoppedException {
    ImageDataset dataset = NpzImages.open(context.input(spec.dataset()));
    requireShape(dataset.shape(), spec.network());
    if (spec.network().classes() > 0) {
      throw new TaskFailure(
          FailureCode.INVALID_SPEC,
          "A class-conditional network cannot be pretrained here, only sampled and finetuned.");
    }
    NoiseSchedule schedule = Networks.schedule(spec.network().schedule());
    try (NDManager manager = TorchEngine.newManager(context.device());
        Denoiser net = Networks.initialise(spec.network(), manager, spec.seed(), true);
        DenoisingTrainer trainer =
            new DenoisingTrainer(
                net,
                schedule,
                dataset,
                settings(spec.training(), spec.seed()),
                context.shards(),
                manager)) {
      context
          .listener()
          .log(
              "pretrains "
                  + net.parameterCount()
                  + " parameters on "
                  + dataset.size()
                  + " images of "
                  + dataset.shape());
      TrainingRun run = new TrainingRun(trainer, spec.training().checkpointEvery(), context);
      run.run(manager);
      Path weights = context.directory().resolve("weights.safetensors");
      Networks.save(weights, trainer.weights(), spec.network());
      Path curve = context.directory().resolve("curve.json");
      run.curve().write(curve);
      List<OutputFile> files = new ArrayList<>();
      files.add(new OutputFile(ArtifactKind.WEIGHTS, "weights.safetensors", weights));
      files.add(new OutputFile(ArtifactKind.CURVE, "curve.json", curve));
      try (Networks.Loaded loaded = Networks.load(weights, manager)) {
        Sheets.sample(loaded, sheetSampling(schedule), spec.seed(), "sheet.png", context)
            .ifPresent(files::add);
      }
      return new TaskResult(files, scores(run));
    }
  }

  private static SamplingSpec sheetSampling(NoiseSchedule schedule) {
    return new SamplingSpec(Math.min(SHEET_STEPS, schedule.steps()), null, null);
  }

  private static Map<String, Double> scores(TrainingRun run) {
    Map<String, Double> scores = new TreeMap<>();
    if (Double.isFinite(run.lastLoss())) {
      scores.put("final_loss", run.lastLoss());
    }
    scores.put("images_per_second", run.imagesPerSecond());
    return scores;
  }

  private static DenoisingSettings settings(DenoisingSpec training, long seed) {
    LearningRate rate =
        new LearningRate(
            training.learningRate(),
            training.warmup(),
            training.cosine() ? training.iterations() : 0);
    return new DenoisingSettings(
        training.iterations(),
        training.batch(),
        rate,
        training.clipNorm(),
        training.ema(),
        training.flip(),
        seed);
  }

  /** Refuses images that the network cannot take. */
  static void requireShape(ImageShape shape, NetworkSpec network) {
    ImageShape expected =
        new ImageShape(network.channels(), network.imageSize(), network.imageSize());
    if (!shape.equals(expected)) {
      throw new TaskFailure(
          FailureCode.INVALID_SPEC,
          "The network takes images of " + expected + " but the dataset has " + shape + ".");
    }
  }
}

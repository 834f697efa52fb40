package dev.fewstep.worker.task.program;

import ai.djl.ndarray.NDManager;
import dev.fewstep.schemas.ArtifactKind;
import dev.fewstep.schemas.message.FailureCode;
import dev.fewstep.schemas.spec.ParityKind;
import dev.fewstep.schemas.task.FinetuneTask;
import dev.fewstep.worker.data.ImageDataset;
import dev.fewstep.worker.data.NpzImages;
import dev.fewstep.worker.tensor.TorchEngine;
import dev.fewstep.worker.training.FinetuneSettings;
import dev.fewstep.worker.training.MmdFinetuner;
import dev.fewstep.worker.training.SamplingPlan;
import dev.fewstep.worker.training.Split;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * MMD finetuning of a denoiser for a fixed number of sampling steps. Makes {@code
 * weights.safetensors} (those of the best validation when there is one, the averaged ones when
 * averaging is on), {@code checkpoint-<step>.safetensors} (by which the finetune can be extended),
 * {@code curve.json}, {@code before.png} and {@code sheet.png} (samples of the base and of the
 * finetuned model from the same noise), {@code sheet-<step>.png} (the first rows of it on the way),
 * {@code denoising.png} (how noise becomes images), and when asked {@code gradient-flow.json},
 * {@code .csv} and {@code .png}.
 *
 * <p>To extend a finished finetune, run its specification with more iterations and its last
 * checkpoint as the context's.
 */
public final class FinetuneProgram implements TaskProgram<FinetuneTask> {
  @Override
  public TaskResult run(FinetuneTask spec, TaskContext context)
      throws IOException, TaskStoppedException {
    Split images = images(spec, context);
    try (NDManager manager = TorchEngine.newManager(context.device());
        Spaces spaces = Spaces.load(spec.loss(), images.train().shape(), context, manager);
        Networks.Loaded network = Networks.load(context.input(spec.weights()), manager)) {
      PretrainProgram.requireShape(images.train().shape(), network.spec());
      SamplingPlan plan =
          new SamplingPlan(
              network.schedule(),
              Networks.timesteps(spec.sampling(), network.schedule()),
              spec.sampling().eta(),
              spec.sampling().label());
      List<OutputFile> files = new ArrayList<>();
      Sheets.sample(network, spec.sampling(), spec.seed(), "before.png", context)
          .ifPresent(files::add);
      try (MmdFinetuner finetuner =
          finetuner(
              network,
              plan,
              new MmdFinetuner.Objective(
                  images.train(),
                  spaces.trained(),
                  spec.training().validation().map(watched -> images.heldOut())),
              FinetunePlans.settings(spec),
              context,
              manager)) {
        announce(spec, network, plan, spaces, context);
        Previews previews =
            new Previews(network, spec.sampling(), spec.seed(), finetuner.iterations(), context);
        TrainingRun run =
            new TrainingRun(
                finetuner, spec.training().checkpointEvery(), Optional.of(previews), context);
        run.run(manager);
        files.addAll(results(spec, context, network, finetuner, run));
        files.addAll(previews.write());
        return new TaskResult(files, scores(run, plan.timesteps().nfe(), finetuner));
      }
    }
  }

  private static MmdFinetuner finetuner(
      Networks.Loaded network,
      SamplingPlan plan,
      MmdFinetuner.Objective objective,
      FinetuneSettings settings,
      TaskContext context,
      NDManager manager) {
    try {
      return new MmdFinetuner(
          network.denoiser(), plan, objective, settings, context.shards(), manager);
    } catch (IllegalArgumentException e) {
      throw new TaskFailure(FailureCode.INVALID_SPEC, e.getMessage() + ".", e);
    }
  }

  /** What is trained on and, when the training validates, what is not; else the same twice. */
  private static Split images(FinetuneTask spec, TaskContext context) throws IOException {
    ImageDataset dataset = NpzImages.open(context.input(spec.dataset()));
    if (spec.training().validation().isEmpty()) {
      return new Split(dataset, dataset);
    }
    if (spec.validation().isPresent()) {
      return new Split(dataset, NpzImages.open(context.input(spec.validation().get())));
    }
    try {
      return Split.of(dataset, spec.training().validation().get().fraction());
    } catch (IllegalArgumentException e) {
      throw new TaskFailure(FailureCode.INVALID_SPEC, e.getMessage() + ".", e);
    }
  }

  private static void announce(
      FinetuneTask spec,
      Networks.Loaded network,
      SamplingPlan plan,
      Spaces spaces,
      TaskContext context) {
    context
        .listener()
        .log(
            "finetunes "
                + network.denoiser().parameterCount()
                + " parameters through "
                + plan.timesteps().nfe()
                + " NFE in "
                + spaces.names());
    if (spec.training().parity() == ParityKind.PUBLISHED) {
      context
          .listener()
          .log(
              "follows the published loop, except that previews do not disturb its accumulation:"
                  + " there, the preview's loop variable replaces the step's, and some updates come"
                  + " early");
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
    Networks.save(weights, finetuner.weights(), base);
    files.add(new OutputFile(ArtifactKind.WEIGHTS, "weights.safetensors", weights));
    Path checkpoint = run.writeCheckpoint();
    files.add(
        new OutputFile(ArtifactKind.CHECKPOINT, checkpoint.getFileName().toString(), checkpoint));
    Path curve = context.directory().resolve("curve.json");
    run.curve().write(curve);
    files.add(new OutputFile(ArtifactKind.CURVE, "curve.json", curve));
    if (!run.flow().isEmpty()) {
      files.addAll(run.flow().write(context.directory()));
    }
    try (NDManager manager = TorchEngine.newManager(context.device());
        Networks.Loaded made = Networks.load(weights, manager)) {
      Sheets.sample(made, spec.sampling(), spec.seed(), "sheet.png", context).ifPresent(files::add);
      DenoisingSheet.write(made, spec.sampling(), spec.seed(), context).ifPresent(files::add);
    }
    return files;
  }

  private static Map<String, Double> scores(TrainingRun run, int nfe, MmdFinetuner finetuner) {
    Map<String, Double> scores = new TreeMap<>();
    if (Double.isFinite(run.lastLoss())) {
      scores.put("final_loss", run.lastLoss());
    }
    run.curve()
        .least("loss")
        .ifPresent(
            point -> {
              scores.put("loss_min", point.value());
              scores.put("loss_min_step", (double) point.step());
            });
    scores.put("nfe", (double) nfe);
    scores.put("images_per_second", run.imagesPerSecond());
    run.stepRatio().ifPresent(ratio -> scores.put("step_ratio", ratio));
    finetuner
        .measure()
        .ifPresent(
            value -> {
              if (Double.isFinite(value)) {
                scores.put("validation_mmd", value);
              }
            });
    finetuner
        .best()
        .ifPresent(
            best -> {
              scores.put("validation_loss", best.loss());
              scores.put("best_iteration", (double) best.iteration());
              scores.put("iterations", (double) finetuner.iteration());
            });
    return scores;
  }
}

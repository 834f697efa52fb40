package dev.fewstep.worker.task.program;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.fewstep.schemas.ArtifactKind;
import dev.fewstep.schemas.Json;
import dev.fewstep.schemas.message.FailureCode;
import dev.fewstep.schemas.spec.MetricKind;
import dev.fewstep.schemas.task.EvaluateTask;
import dev.fewstep.schemas.task.ScoredSpace;
import dev.fewstep.worker.data.ImageShape;
import dev.fewstep.worker.diffusion.DdimSampler;
import dev.fewstep.worker.evaluation.SpaceScoring;
import dev.fewstep.worker.tensor.Autograd;
import dev.fewstep.worker.tensor.TorchEngine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Samples with a denoiser and scores the samples in every space: image i has the noise H(seed, i)
 * whatever the batch, images pass through 8 bits, sums are made in index order. Makes {@code
 * scores.json} and {@code sheet.png}; scores {@code METRIC:SPACE}, {@code nfe}, {@code samples},
 * and {@code warnings} when there are any.
 */
public final class EvaluateProgram implements TaskProgram<EvaluateTask> {
  /** One batch: its images as floats for the sheet, and its features by space. */
  private static final class Batch {
    private final int images;
    private final float[] pixels;
    private final List<GeneratedFeatures.Extracted> features;

    Batch(int images, float[] pixels, List<GeneratedFeatures.Extracted> features) {
      this.images = images;
      this.pixels = pixels;
      this.features = features;
    }
  }

  @Override
  public TaskResult run(EvaluateTask spec, TaskContext context)
      throws IOException, TaskStoppedException {
    List<GeneratedFeatures> spaces = new ArrayList<>();
    try (NDManager manager = TorchEngine.newManager(context.device());
        Networks.Loaded network = Networks.load(context.input(spec.weights()), manager)) {
      ImageShape image =
          new ImageShape(
              network.spec().channels(), network.spec().imageSize(), network.spec().imageSize());
      for (ScoredSpace scored : spec.spaces()) {
        spaces.add(GeneratedFeatures.open(scored, spec, image, context, manager));
      }
      requireClassifier(spec, spaces);
      return score(spec, context, manager, network, spaces);
    } finally {
      spaces.forEach(GeneratedFeatures::close);
    }
  }

  private static void requireClassifier(EvaluateTask spec, List<GeneratedFeatures> spaces) {
    if (spec.metrics().contains(MetricKind.IS)
        && spaces.stream().noneMatch(GeneratedFeatures::classifies)) {
      throw new TaskFailure(
          FailureCode.INVALID_SPEC,
          "An Inception Score needs an extractor that classifies, such as Inception-v3; none of "
              + spaces.stream().map(GeneratedFeatures::name).toList()
              + " does.");
    }
  }

  private static TaskResult score(
      EvaluateTask spec,
      TaskContext context,
      NDManager manager,
      Networks.Loaded network,
      List<GeneratedFeatures> spaces)
      throws IOException, TaskStoppedException {
    int nfe = Networks.timesteps(spec.sampling(), network.schedule()).nfe();
    context.listener().log("samples " + spec.samples() + " images with " + nfe + " NFE");
    int side = Sheets.side(network.spec());
    Sheets.Pixels sheet = new Sheets.Pixels(network.spec(), Math.min(side * side, spec.samples()));
    List<OrderedBatches.Maker<Batch>> makers = new ArrayList<>();
    for (int i = 0; i < context.shards(); i++) {
      makers.add(maker(spec, manager, network, spaces));
    }
    int[] counted = {0};
    OrderedBatches.run(
        spec.samples(),
        spec.batch(),
        makers,
        batch -> {
          counted[0] += batch.images;
          sheet.add(batch.pixels);
          for (int i = 0; i < spaces.size(); i++) {
            spaces.get(i).add(batch.features.get(i), manager);
          }
        },
        context);
    Map<String, Double> scores = new TreeMap<>();
    scores.put("nfe", (double) nfe);
    scores.put("samples", (double) counted[0]);
    List<Map<String, Object>> described = new ArrayList<>();
    List<String> warnings = new ArrayList<>();
    for (GeneratedFeatures space : spaces) {
      context.stopIfAsked();
      SpaceScoring.Result result = space.score(manager);
      space.put(result, scores);
      described.add(space.description(result));
      for (SpaceScoring.Score score : result.scores()) {
        context.listener().log(score.protocol().name() + " = " + score.value());
      }
      for (String warning : result.warnings()) {
        context.listener().log("warning: " + space.name() + ": " + warning);
        warnings.add(space.name() + ": " + warning);
      }
    }
    if (!warnings.isEmpty()) {
      scores.put("warnings", (double) warnings.size());
    }
    Path file = context.directory().resolve("scores.json");
    Files.write(file, Json.toBytes(content(spec, described, warnings, scores)));
    List<OutputFile> files = new ArrayList<>();
    files.add(new OutputFile(ArtifactKind.SCORES, "scores.json", file));
    sheet.write("sheet.png", context).ifPresent(files::add);
    return new TaskResult(files, scores);
  }

  private static OrderedBatches.Maker<Batch> maker(
      EvaluateTask spec,
      NDManager manager,
      Networks.Loaded network,
      List<GeneratedFeatures> spaces) {
    DdimSampler sampler =
        Networks.sampler(network.denoiser().replica(manager), network.schedule(), spec.sampling());
    return (from, count) ->
        Autograd.off(
            () -> {
              try (NDManager scope = manager.newSubManager()) {
                NDArray images = sampler.images(scope, spec.seed(), from, count);
                NDArray quantised = Sheets.eightBit(images).toDevice(scope.getDevice(), false);
                List<GeneratedFeatures.Extracted> features = new ArrayList<>();
                for (GeneratedFeatures space : spaces) {
                  features.add(space.extract(quantised));
                }
                return new Batch(count, quantised.toFloatArray(), features);
              }
            });
  }

  /** Scores with everything that they depend on. */
  private static Map<String, Object> content(
      EvaluateTask spec,
      List<Map<String, Object>> described,
      List<String> warnings,
      Map<String, Double> scores) {
    Map<String, Object> content = new LinkedHashMap<>();
    content.put("weights", spec.weights().value());
    content.put("sampling", spec.sampling());
    content.put("seed", spec.seed());
    content.put("eightBit", true);
    content.put("scores", scores);
    content.put("spaces", described);
    content.put("warnings", warnings);
    return content;
  }
}

package dev.fewstep.worker.task.program;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.fewstep.schemas.ArtifactKind;
import dev.fewstep.schemas.Json;
import dev.fewstep.schemas.message.FailureCode;
import dev.fewstep.schemas.task.EvaluateTask;
import dev.fewstep.schemas.task.ScoredSpace;
import dev.fewstep.worker.data.ImageShape;
import dev.fewstep.worker.diffusion.DdimSampler;
import dev.fewstep.worker.evaluation.FrechetDistance;
import dev.fewstep.worker.evaluation.KernelDistance;
import dev.fewstep.worker.evaluation.StatisticsAccumulator;
import dev.fewstep.worker.features.FeatureExtractor;
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
 * scores.json} and {@code sheet.png}; scores {@code fd:SPACE}, {@code kd:SPACE}, {@code nfe},
 * {@code samples}.
 */
public final class EvaluateProgram implements TaskProgram<EvaluateTask> {
  /** A space with its extractor and what was gathered in it. */
  private static final class Space implements AutoCloseable {
    private final ScoredSpace spec;
    private final FeatureExtractor extractor;
    private final ReferenceFeatures reference;
    private final StatisticsAccumulator generated;
    private final float[] kept;
    private int filled;

    Space(
        ScoredSpace spec,
        EvaluateTask task,
        ImageShape image,
        TaskContext context,
        NDManager manager)
        throws IOException {
      this.spec = spec;
      reference = ReferenceFeatures.load(context.input(spec.statistics()));
      extractor =
          Extractors.load(
              context.input(spec.space().extractor()), spec.space().mode(), image, manager);
      generated = new StatisticsAccumulator(manager, extractor.dimensions());
      int rows = Math.min(task.samples(), ReferenceFeatures.KEPT);
      kept = new float[rows * extractor.dimensions()];
      require(task);
    }

    private void require(EvaluateTask task) {
      int dimensions = extractor.dimensions();
      if (reference.statistics().dimensions() != dimensions) {
        throw new TaskFailure(
            FailureCode.BAD_INPUT,
            "The statistics of the space "
                + spec.space().id()
                + " have "
                + reference.statistics().dimensions()
                + " dimensions but its extractor has "
                + dimensions
                + ".");
      }
      if (task.samples() < dimensions) {
        throw new TaskFailure(
            FailureCode.INVALID_SPEC,
            "A score in the space "
                + extractor.name()
                + " of "
                + dimensions
                + " dimensions needs at least as many samples, not "
                + task.samples()
                + ".");
      }
      if (reference.statistics().count() < dimensions) {
        throw new TaskFailure(
            FailureCode.INVALID_SPEC,
            "A score in the space "
                + extractor.name()
                + " of "
                + dimensions
                + " dimensions needs at least as many real images, not "
                + reference.statistics().count()
                + ".");
      }
    }

    void add(float[] features, NDManager manager) {
      Extractors.add(generated, features, extractor.dimensions(), manager);
      int taken = Math.min(features.length, kept.length - filled);
      System.arraycopy(features, 0, kept, filled, taken);
      filled += taken;
    }

    double frechet(NDManager manager) {
      return FrechetDistance.between(manager, reference.statistics(), generated.finish());
    }

    double kernel(NDManager parent) {
      int d = extractor.dimensions();
      try (NDManager scope = parent.newSubManager()) {
        NDArray real = reference.features(scope);
        NDArray made = scope.create(kept, new Shape(kept.length / d, d));
        return KernelDistance.unbiased(real, made);
      }
    }

    @Override
    public void close() {
      generated.close();
      extractor.close();
    }
  }

  /** One batch: its images as floats for the sheet, and its features by space. */
  private static final class Batch {
    private final int images;
    private final float[] pixels;
    private final List<float[]> features;

    Batch(int images, float[] pixels, List<float[]> features) {
      this.images = images;
      this.pixels = pixels;
      this.features = features;
    }
  }

  @Override
  public TaskResult run(EvaluateTask spec, TaskContext context)
      throws IOException, TaskStoppedException {
    List<Space> spaces = new ArrayList<>();
    try (NDManager manager = TorchEngine.newManager(context.device());
        Networks.Loaded network = Networks.load(context.input(spec.weights()), manager)) {
      ImageShape image =
          new ImageShape(
              network.spec().channels(), network.spec().imageSize(), network.spec().imageSize());
      for (ScoredSpace scored : spec.spaces()) {
        spaces.add(new Space(scored, spec, image, context, manager));
      }
      return score(spec, context, manager, network, spaces);
    } finally {
      spaces.forEach(Space::close);
    }
  }

  private static TaskResult score(
      EvaluateTask spec,
      TaskContext context,
      NDManager manager,
      Networks.Loaded network,
      List<Space> spaces)
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
    for (Space space : spaces) {
      context.stopIfAsked();
      String id = space.spec.space().id();
      scores.put("fd:" + id, space.frechet(manager));
      scores.put("kd:" + id, space.kernel(manager));
      context
          .listener()
          .log(space.extractor.name() + ": Fréchet distance " + scores.get("fd:" + id));
    }
    Path file = context.directory().resolve("scores.json");
    Files.write(file, Json.toBytes(content(spec, spaces, scores)));
    List<OutputFile> files = new ArrayList<>();
    files.add(new OutputFile(ArtifactKind.SCORES, "scores.json", file));
    sheet.write("sheet.png", context).ifPresent(files::add);
    return new TaskResult(files, scores);
  }

  private static OrderedBatches.Maker<Batch> maker(
      EvaluateTask spec, NDManager manager, Networks.Loaded network, List<Space> spaces) {
    DdimSampler sampler =
        Networks.sampler(network.unet().replica(manager), network.schedule(), spec.sampling());
    return (from, count) ->
        Autograd.off(
            () -> {
              try (NDManager scope = manager.newSubManager()) {
                NDArray images = sampler.images(scope, spec.seed(), from, count);
                NDArray quantised = Sheets.eightBit(images).toDevice(scope.getDevice(), false);
                List<float[]> features = new ArrayList<>();
                for (Space space : spaces) {
                  features.add(Extractors.features(space.extractor, quantised));
                }
                return new Batch(count, quantised.toFloatArray(), features);
              }
            });
  }

  /** Scores with everything that they depend on. */
  private static Map<String, Object> content(
      EvaluateTask spec, List<Space> spaces, Map<String, Double> scores) {
    List<Map<String, Object>> described = new ArrayList<>();
    for (Space space : spaces) {
      Map<String, Object> one = new LinkedHashMap<>();
      one.put("id", space.spec.space().id());
      one.put("extractor", space.extractor.name());
      one.put("dimensions", space.extractor.dimensions());
      one.put("reference", space.spec.statistics().value());
      one.put("referenceCount", space.reference.statistics().count());
      one.put("kernelReal", space.reference.kept());
      one.put("kernelGenerated", space.kept.length / space.extractor.dimensions());
      one.put("fd", scores.get("fd:" + space.spec.space().id()));
      one.put("kd", scores.get("kd:" + space.spec.space().id()));
      described.add(one);
    }
    Map<String, Object> content = new LinkedHashMap<>();
    content.put("weights", spec.weights().value());
    content.put("sampling", spec.sampling());
    content.put("seed", spec.seed());
    content.put("eightBit", true);
    content.put("scores", scores);
    content.put("spaces", described);
    return content;
  }
}

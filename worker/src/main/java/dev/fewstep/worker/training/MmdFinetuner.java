package dev.fewstep.worker.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.fewstep.worker.data.ImageDataset;
import dev.fewstep.worker.diffusion.Denoiser;
import dev.fewstep.worker.features.FeatureExtractor;
import dev.fewstep.worker.mmd.MmdLoss;
import dev.fewstep.worker.training.Stopwatch.Part;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * MMD finetuning (Aiello et al. 2023, MMD-DDM): the squared MMD between features of generated and
 * real images is lowered by gradient descent through the whole sampling chain.
 *
 * <p>A step is one optimiser update. Its loss is one MMD over {@code mmdBatch} images, or with
 * {@link FinetuneSettings#published} what the published code accumulates.
 */
public final class MmdFinetuner extends OptimisedTraining {
  private final FinetuneSettings settings;
  private final RealImages images;
  private final TwoPass pass;
  private final Optional<Epochs> epochs;
  private final Optional<Validation> validation;
  private final Map<String, NDArray> parameters;

  /**
   * What a finetune learns from.
   *
   * @param dataset the real images
   * @param spaces the feature spaces that the loss is summed over, at least one
   * @param validation images to validate on; required by settings that validate
   */
  public record Objective(
      ImageDataset dataset, List<TrainedSpace> spaces, Optional<ImageDataset> validation) {
    /** Checks. */
    public Objective {
      spaces = List.copyOf(spaces);
      if (spaces.isEmpty()) {
        throw new IllegalArgumentException("A loss needs a feature space");
      }
    }

    /** One feature space, and no validation. */
    public Objective(ImageDataset dataset, FeatureExtractor extractor, MmdLoss loss) {
      this(dataset, List.of(new TrainedSpace(extractor, loss, 1)), Optional.empty());
    }
  }

  /**
   * Prepares a finetune from the network's present parameters.
   *
   * @param denoiser the network, changed by training
   * @param plan the chain that is trained through
   * @param objective what it learns from
   * @param settings how it is trained
   * @param shards threads that share a step, at least 1; no more than there are micro-batches are
   *     used
   * @param parent owner of the training's memory
   */
  public MmdFinetuner(
      Denoiser denoiser,
      SamplingPlan plan,
      Objective objective,
      FinetuneSettings settings,
      int shards,
      NDManager parent) {
    super(
        denoiser,
        settings.iterations(),
        settings.optimisation(),
        Math.min(shards, MicroBatches.count(settings.mmdBatch(), settings.microBatch())),
        parent);
    this.settings = settings;
    parameters = denoiser.parameters();
    Shape imageShape = denoiser.imageShape();
    requireShape("dataset", objective.dataset(), imageShape);
    objective.validation().ifPresent(heldOut -> requireShape("validation", heldOut, imageShape));
    List<ChainReplay> chains = new ArrayList<>();
    for (Denoiser replica : shards().replicas()) {
      chains.add(new ChainReplay(replica, plan.sampler(replica)));
    }
    pass =
        new TwoPass(
            new MicroBatches(shards(), chains, settings.microBatch()),
            objective.spaces(),
            imageShape,
            settings.seed());
    epochs =
        settings.published().isPresent()
            ? Optional.of(
                new Epochs(
                    objective.dataset().size(),
                    settings.mmdBatch(),
                    settings.published().getAsInt()))
            : Optional.empty();
    images = new RealImages(objective.dataset(), settings.flip(), settings.seed(), this::miniBatch);
    validation =
        settings
            .validation()
            .map(
                watched ->
                    new Validation(
                        objective
                            .validation()
                            .orElseThrow(
                                () ->
                                    new IllegalArgumentException(
                                        "Settings that validate need images to validate on")),
                        watched,
                        pass,
                        parameters,
                        owner()));
  }

  private static void requireShape(String what, ImageDataset dataset, Shape expected) {
    Shape real =
        new Shape(dataset.shape().channels(), dataset.shape().height(), dataset.shape().width());
    if (!real.equals(expected)) {
      throw new IllegalArgumentException(
          "The " + what + " has images " + real + " but the denoiser makes " + expected);
    }
  }

  @Override
  public StepReport step() {
    try (NDManager scope = owner().newSubManager()) {
      if (pass.undecided() && iteration() > 0) {
        // A resumed training takes from the first batch what an uninterrupted one took from it.
        pass.decide(scope, draw(miniBatches(0).get(0), scope).real());
      }
      List<Drawing> drawings = new ArrayList<>();
      miniBatches(iteration()).forEach(part -> drawings.add(owner -> draw(part, owner)));
      return step(drawings, scope);
    }
  }

  /** The batch of an update, or the mini-batches of a published one. */
  private List<Epochs.MiniBatch> miniBatches(long update) {
    return epochs
        .map(published -> published.update(update))
        .orElseGet(() -> List.of(miniBatch(update)));
  }

  private Epochs.MiniBatch miniBatch(long draw) {
    int batch = settings.mmdBatch();
    return epochs
        .map(published -> published.miniBatch(draw))
        .orElseGet(() -> new Epochs.MiniBatch(draw * batch, batch, draw));
  }

  private Drawn draw(Epochs.MiniBatch part, NDManager scope) {
    return new Drawn(
        images.batch(scope, part.draw()),
        pass.noise(scope, "chain", part.draw(), part.count()),
        part.draw());
  }

  /** Real images, starting noise, and the number that decides every further draw. */
  record Drawn(NDArray real, NDArray noise, long draw) {}

  /** Draws a mini-batch into a scope. */
  @FunctionalInterface
  interface Drawing {
    Drawn draw(NDManager scope);
  }

  /** An update from given mini-batches, more than one only with published settings. */
  StepReport step(List<Drawing> miniBatches, NDManager scope) {
    Stopwatch watch = new Stopwatch();
    shards().zeroGradients();
    double factor = 1.0 / settings.published().orElse(1);
    double loss = 0;
    int used = 0;
    List<Clipped> clipped = new ArrayList<>();
    for (Drawing drawing : miniBatches) {
      try (NDManager part = scope.newSubManager()) {
        Drawn drawn = drawing.draw(part);
        watch.lap(Part.DATA);
        loss +=
            factor
                * pass.accumulate(part, drawn.real(), drawn.noise(), drawn.draw(), factor, watch);
        used += (int) drawn.noise().getShape().get(0);
      }
      clipped.add(clip(scope, loss));
    }
    return update(clipped.get(clipped.size() - 1), loss, used, watch);
  }

  /** Gradients that were clipped, their norm before, and their flow before when it is recorded. */
  private record Clipped(List<NDArray> gradients, double norm, Optional<GradientFlow> flow) {}

  /** Joins the shards' gradients in the first shard and clips them. */
  private Clipped clip(NDManager scope, double loss) {
    List<NDArray> gradients = shards().gradients(scope);
    boolean recorded = settings.flowEvery() > 0 && (iteration() + 1) % settings.flowEvery() == 0;
    Optional<GradientFlow> flow =
        recorded
            ? Optional.of(GradientFlow.of(optimisation().names(), gradients, scope))
            : Optional.empty();
    double norm = optimisation().clip(loss, gradients);
    shards().zeroFurtherGradients();
    return new Clipped(gradients, norm, flow);
  }

  private StepReport update(Clipped clipped, double loss, int used, Stopwatch watch) {
    Optimisation.Update update = optimisation().apply(clipped.norm(), clipped.gradients());
    OptionalDouble validated =
        validation
            .filter(watched -> watched.due(iteration()))
            .map(
                watched ->
                    OptionalDouble.of(watched.compare(iteration(), parameters, super.weights())))
            .orElseGet(OptionalDouble::empty);
    watch.lap(Part.OPTIMISER);
    return new StepReport(
        iteration(),
        loss,
        update.gradientNorm(),
        update.learningRate(),
        used,
        watch.seconds(),
        clipped.flow(),
        validated);
  }

  @Override
  public boolean finished() {
    return super.finished() || validation.map(Validation::exhausted).orElse(false);
  }

  @Override
  public Map<String, NDArray> checkpoint() {
    Map<String, NDArray> state = new LinkedHashMap<>(super.checkpoint());
    validation.ifPresent(watched -> state.putAll(watched.state()));
    return state;
  }

  @Override
  public void restore(Map<String, NDArray> checkpoint) {
    super.restore(checkpoint);
    validation.ifPresent(watched -> Checkpoints.restore(watched.state(), checkpoint));
  }

  /**
   * The best validation.
   *
   * @param loss its loss
   * @param iteration the updates made before it
   */
  public record Best(double loss, int iteration) {}

  /** The best validation so far; empty when there was none. */
  public Optional<Best> best() {
    return validation.flatMap(Validation::found);
  }

  /**
   * The squared MMD of the present weights, those of the last step rather than of the best
   * validation, to the images that are validated on; empty when none are. The noise is the same
   * whatever the training's seed, so that trainings of equal length can be compared. Changes
   * nothing.
   */
  public OptionalDouble measure() {
    if (validation.isEmpty()) {
      return OptionalDouble.empty();
    }
    try (NDManager scope = owner().newSubManager()) {
      if (pass.unseen()) {
        // Resumed after its last step: the kernels have not seen the first batch.
        pass.decide(scope, draw(miniBatches(0).get(0), scope).real());
      }
    }
    return OptionalDouble.of(validation.get().measure(parameters, super.weights(), 0));
  }

  /** The weights of the best validation, when there was one. */
  @Override
  public Map<String, NDArray> weights() {
    return validation.filter(Validation::hasBest).map(Validation::best).orElse(super.weights());
  }

  @Override
  public void close() {
    images.close();
    super.close();
  }
}

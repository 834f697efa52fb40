package dev.fewstep.worker.diffusion;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.fewstep.worker.tensor.AtenOps;
import dev.fewstep.worker.tensor.Autograd;
import dev.fewstep.worker.tensor.StreamSeed;
import dev.fewstep.worker.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;

/** Samples images with DDIM (Song et al. 2021) over given timesteps; states are never clamped. */
public final class DdimSampler {
  private final Denoiser denoiser;
  private final List<DdimStep> steps;
  private final ClassLabels labels;

  /**
   * Prepares the updates; classes of a conditional network are drawn.
   *
   * @param denoiser the network
   * @param schedule the schedule it was trained with
   * @param timesteps where it is evaluated
   * @param eta in [0, 1]: 0 is deterministic, 1 is DDPM-like
   */
  public DdimSampler(Denoiser denoiser, NoiseSchedule schedule, Timesteps timesteps, double eta) {
    this(denoiser, schedule, timesteps, eta, ClassLabels.drawn(denoiser.classes()));
  }

  /**
   * Prepares the updates.
   *
   * @param denoiser the network
   * @param schedule the schedule it was trained with
   * @param timesteps where it is evaluated
   * @param eta in [0, 1]: 0 is deterministic, 1 is DDPM-like
   * @param labels classes of the images
   */
  public DdimSampler(
      Denoiser denoiser,
      NoiseSchedule schedule,
      Timesteps timesteps,
      double eta,
      ClassLabels labels) {
    if (labels.classes() != denoiser.classes()) {
      throw new IllegalArgumentException(
          "The labels are of "
              + labels.classes()
              + " classes but the network has "
              + denoiser.classes());
    }
    this.labels = labels;
    this.denoiser = denoiser;
    List<Integer> ts = timesteps.descending();
    if (ts.get(0) >= schedule.steps()) {
      throw new IllegalArgumentException(
          "Timestep " + ts.get(0) + " is outside the schedule of " + schedule.steps() + " steps");
    }
    List<DdimStep> updates = new ArrayList<>();
    for (int i = 0; i < ts.size(); i++) {
      int next = i + 1 < ts.size() ? ts.get(i + 1) : -1;
      updates.add(DdimStep.of(schedule, ts.get(i), next, eta, denoiser.prediction()));
    }
    steps = List.copyOf(updates);
  }

  /**
   * The updates in the order they are made.
   *
   * @return one per network evaluation
   */
  public List<DdimStep> steps() {
    return steps;
  }

  /**
   * Network evaluations per image.
   *
   * @return NFE
   */
  public int nfe() {
    return steps.size();
  }

  /**
   * Samples images for an evaluation; image i depends on the seed and i alone, whatever the batch.
   *
   * @param manager owner and device of the result
   * @param seed the evaluation's seed
   * @param from index of the first image
   * @param count number of images
   * @return float32 (count, C, H, W) in [0, 1]: clamp((x+1)/2)
   */
  public NDArray images(NDManager manager, long seed, long from, int count) {
    long[] seeds = StreamSeed.rows(seed, "image", from, count);
    try (NDManager scope = manager.newSubManager()) {
      NDArray noise = AtenOps.noiseRows(scope, denoiser.imageShape(), seeds);
      NDArray x =
          sample(
              labels.label(denoiser, seed, 0, from, count),
              noise,
              (shape, index) ->
                  AtenOps.noiseRows(
                      scope,
                      denoiser.imageShape(),
                      StreamSeed.rows(seed, "image-step", index, from, count)));
      NDArray images = Images.of(x);
      images.attach(manager);
      return images;
    }
  }

  /**
   * Samples from given noise, without dropout and without recording gradients. Where classes are
   * drawn, they are those of the images 0, 1, ... of the seed 0.
   *
   * @param noise x_T, float32 (N, C, H, W); stays open
   * @param fresh noise of the updates; not asked when eta is 0
   * @return x_0 with values around [-1, 1], owned by the noise's manager
   */
  public NDArray sample(NDArray noise, StepNoise fresh) {
    int rows = (int) noise.getShape().get(0);
    return sample(labels.label(denoiser, 0, 0, 0, rows), noise, fresh);
  }

  /**
   * The classes of the images.
   *
   * @return how they are chosen
   */
  public ClassLabels labels() {
    return labels;
  }

  /**
   * As {@link #sample(NDArray, StepNoise)} with a network that has its labels.
   *
   * @param network the sampler's network or one of its replicas, labelled where it is conditional
   * @param noise x_T, float32 (N, C, H, W); stays open
   * @param fresh noise of the updates; not asked when eta is 0
   * @return x_0 with values around [-1, 1], owned by the noise's manager
   */
  public NDArray sample(Denoiser network, NDArray noise, StepNoise fresh) {
    return Autograd.off(
        () -> {
          NDArray x = noise;
          for (int i = 0; i < steps.size(); i++) {
            try (NDArray t = times(x, steps.get(i));
                NDArray output = network.predict(x, t)) {
              NDArray next = update(x, output, i, fresh);
              if (x != noise) {
                x.close();
              }
              x = next;
            }
          }
          return x;
        });
  }

  /**
   * Makes one update from a state and the network's output; owned by the state's manager.
   *
   * @param x the state
   * @param output the network's output
   * @param index of the update, from 0
   * @param fresh noise of the updates
   * @return the next state
   */
  public NDArray update(NDArray x, NDArray output, int index, StepNoise fresh) {
    DdimStep step = steps.get(index);
    try (NDArray part = Tensors.mul(output, step.ofOutput())) {
      NDArray next = Tensors.mul(x, step.ofX());
      next.addi(part);
      if (step.ofNoise() != 0) {
        try (NDArray z = fresh.draw(x.getShape(), index)) {
          Tensors.muli(z, step.ofNoise());
          next.addi(z);
        }
      }
      return next;
    }
  }

  /**
   * The timestep of an update as the network's input.
   *
   * @param x the state, whose manager owns the result
   * @param step the update
   * @return float32 (N)
   */
  public static NDArray times(NDArray x, DdimStep step) {
    return x.getManager().full(new Shape(x.getShape().get(0)), (float) step.t(), DataType.FLOAT32);
  }

  /** Fresh noise of a stochastic update. */
  @FunctionalInterface
  public interface StepNoise {
    /**
     * Draws standard normal noise.
     *
     * @param shape of the state
     * @param index of the update, from 0
     * @return float32, closed by the caller
     */
    NDArray draw(Shape shape, int index);
  }
}

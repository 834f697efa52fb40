package dev.fewstep.worker.training;

import java.util.Optional;
import java.util.OptionalDouble;

/**
 * What one training step did.
 *
 * @param step number of the step, from 1
 * @param loss the loss before the update
 * @param gradientNorm global L2 norm before clipping
 * @param learningRate of the update
 * @param images real images used
 * @param seconds where the time went
 * @param flow how much gradient reached each layer, when this step records it
 * @param validation the validation's loss after the update, when this step validates
 */
public record StepReport(
    int step,
    double loss,
    double gradientNorm,
    double learningRate,
    int images,
    Seconds seconds,
    Optional<GradientFlow> flow,
    OptionalDouble validation) {
  /** A step that neither records the gradient's flow nor validates. */
  public StepReport(
      int step,
      double loss,
      double gradientNorm,
      double learningRate,
      int images,
      Seconds seconds) {
    this(
        step,
        loss,
        gradientNorm,
        learningRate,
        images,
        seconds,
        Optional.empty(),
        OptionalDouble.empty());
  }

  /**
   * Images per second of this step.
   *
   * @return images / total seconds
   */
  public double imagesPerSecond() {
    return images / Math.max(seconds.total(), 1e-9);
  }

  /**
   * Wall time by part.
   *
   * @param data reading real images
   * @param sample sampling without gradients
   * @param features extracting features and forming the loss
   * @param backward forward and backward passes with gradients
   * @param optimiser clipping, Adam, averages, and validation
   */
  public record Seconds(
      double data, double sample, double features, double backward, double optimiser) {
    /**
     * The whole step.
     *
     * @return the sum of the parts
     */
    public double total() {
      return data + sample + features + backward + optimiser;
    }
  }
}

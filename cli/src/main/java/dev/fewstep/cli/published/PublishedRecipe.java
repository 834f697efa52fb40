package dev.fewstep.cli.published;

import dev.fewstep.cli.CliException;
import dev.fewstep.schemas.spec.Nearest;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * What one training function of the published code fixes beyond its configuration
 * (runners/diffusion.py).
 *
 * @param function its name there
 * @param reachable whether main.py ever calls it
 * @param features whose features the MMD compares
 * @param accumulation micro-batches an optimiser step
 * @param clip bound on the gradient's norm
 * @param doubleKernel whether the kernel is computed in float64
 * @param data which images
 */
record PublishedRecipe(
    String function,
    boolean reachable,
    Features features,
    int accumulation,
    double clip,
    boolean doubleKernel,
    Data data) {

  /** Feature extractors of the published code. */
  enum Features {
    /** FID's Inception-v3, pool3, 2048 features. */
    inception("fid-inception", "clip-vit-b-32"),
    /** CLIP ViT-B/32's encode_image, 512 features, not normalised. */
    clip("clip-vit-b-32", "fid-inception");

    private final String input;
    private final String heldOut;

    Features(String input, String heldOut) {
      this.input = input;
      this.heldOut = heldOut;
    }

    /** Name that the extractor is imported under unless another is given. */
    String input() {
      return input;
    }

    /** Name of the other one, whose scores are held out. */
    String heldOut() {
      return heldOut;
    }
  }

  /**
   * The images of a configuration.
   *
   * @param train name that the training images are imported under
   * @param weights name that the pretrained weights are imported under
   * @param images how many training images there are; empty when not known
   * @param preparation how the published code prepares them
   */
  record Data(String train, String weights, Optional<Integer> images, String preparation) {}

  private static final List<String> DATASETS = List.of("CIFAR10", "CELEBA", "LSUN", "FFHQ");
  private static final List<String> CATEGORIES = List.of("church_outdoor", "bedroom", "cat");

  /** Names of datasets that the published configurations can have. */
  static List<String> datasets() {
    return DATASETS;
  }

  /**
   * What a configuration's training function does.
   *
   * @throws CliException for images that no published function finetunes on
   */
  static PublishedRecipe of(PublishedConfig config, Features features) {
    boolean clip = features == Features.clip;
    Data data = data(config);
    String suffix = clip ? "_CLIP" : "";
    return switch (config.text("data.dataset")) {
      case "CIFAR10" ->
          new PublishedRecipe(
              "train_cifar" + suffix, !clip, features, clip ? 2 : 1, 0.5, !clip, data);
      case "CELEBA" ->
          new PublishedRecipe("train_celeba" + suffix, !clip, features, 1, 0.5, false, data);
      case "LSUN" ->
          new PublishedRecipe("train_lsun" + suffix, !clip, features, 4, 1.0, false, data);
      default ->
          throw CliException.usage(
              "no published function finetunes on "
                  + config.text("data.dataset")
                  + ": main.py would train a DDPM from scratch (--pretrain);"
                  + " it finetunes on CIFAR10, CELEBA and LSUN");
    };
  }

  /**
   * The images of a configuration.
   *
   * @throws CliException for a category of LSUN that has no checkpoint
   */
  static Data data(PublishedConfig config) {
    return switch (config.text("data.dataset")) {
      case "CIFAR10" ->
          new Data("cifar10-train", "pesser-cifar10-ema", Optional.of(50_000), "32x32 as they are");
      case "CELEBA" ->
          new Data(
              "celeba64-train",
              "ddim-celeba64",
              Optional.of(162_770),
              "crop of 128x128 from (top 57, left 25), bilinear to 64x64");
      case "FFHQ" ->
          new Data(
              "ffhq-train",
              "ddpm-ffhq",
              Optional.of(63_000),
              "nine tenths of 70,000 by numpy's shuffle of seed 2019");
      default -> lsun(config.text("data.category"));
    };
  }

  private static Data lsun(String category) {
    String preparation = "short side to 256, centre crop";
    return switch (category) {
      case "church_outdoor", "church" ->
          new Data("lsun-church-train", "pesser-church-ema", Optional.of(126_227), preparation);
      case "bedroom" ->
          new Data("lsun-bedroom-train", "pesser-bedroom-ema", Optional.of(3_033_042), preparation);
      case "cat" ->
          new Data("lsun-cat-train", "pesser-cat-ema", Optional.of(1_657_266), preparation);
      default ->
          throw CliException.usage(
              "no checkpoint is published for the LSUN category '%s'; there are %s%s"
                  .formatted(
                      category,
                      String.join(", ", CATEGORIES),
                      Nearest.to(category.toLowerCase(Locale.ROOT), CATEGORIES)
                          .map(name -> "; did you mean '" + name + "'?")
                          .orElse("")));
    };
  }

  /** Loop steps an epoch: the last batch is a short one. */
  static long loopSteps(int images, int batch) {
    return (images + (long) batch - 1) / batch;
  }

  /** Optimiser steps an epoch, as meant: the last one may have fewer micro-batches. */
  long optimiserSteps(int images, int batch) {
    return (loopSteps(images, batch) + accumulation - 1) / accumulation;
  }
}

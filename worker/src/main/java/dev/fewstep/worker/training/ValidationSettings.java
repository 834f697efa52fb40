package dev.fewstep.worker.training;

/**
 * How a finetune is watched on images that it does not train on.
 *
 * @param every updates between validations, at least 1
 * @param samples images on either side of the validation's MMD, at least 2
 * @param patience validations without a new best after which training ends; 0 for never
 */
public record ValidationSettings(int every, int samples, int patience) {
  /** Checks. */
  public ValidationSettings {
    if (every < 1 || samples < 2 || patience < 0) {
      throw new IllegalArgumentException(
          "A validation needs every of at least 1, samples of at least 2 and patience of at least"
              + (" 0, not " + every + ", " + samples + ", " + patience));
    }
  }
}

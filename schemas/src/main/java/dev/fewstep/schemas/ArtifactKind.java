package dev.fewstep.schemas;

/** What a file made by a task, or imported, is for. */
public enum ArtifactKind {
  /** Images and labels of a dataset split, imported. */
  DATASET,
  /** Parameters that a sampler loads, with the network's configuration in the metadata. */
  WEIGHTS,
  /** A feature extractor's parameters and configuration. */
  EXTRACTOR,
  /** Mean, covariance and count of real features. */
  STATISTICS,
  /** Resumable training state. */
  CHECKPOINT,
  /** A curve over training steps (loss, gradient norm, images per second). */
  CURVE,
  /** A PNG sheet of samples. */
  SHEET,
  /** Scores as JSON. */
  SCORES,
  /** Features of generated images. */
  FEATURES,
  /** How much gradient reached each layer of a network in training: a table or its plot. */
  GRADIENT_FLOW,
  /** The last lines that the task logged. */
  LOG,
  /** The whole state of an experiment that was taken out of the state topic. */
  ARCHIVE
}

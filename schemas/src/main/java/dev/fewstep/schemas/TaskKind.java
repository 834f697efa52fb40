package dev.fewstep.schemas;

/** The four units of work that a worker knows. */
public enum TaskKind {
  /** Feature statistics of the real data. */
  REFERENCE(1),
  /** DDPM training of a denoiser from scratch. */
  PRETRAIN(1),
  /** MMD finetuning of a denoiser for a fixed number of sampling steps. */
  FINETUNE(1),
  /** Sampling with a denoiser and scoring the samples. */
  EVALUATE(1);

  private final int algorithmVersion;

  TaskKind(int algorithmVersion) {
    this.algorithmVersion = algorithmVersion;
  }

  /**
   * Version of the algorithm behind this kind, part of every task key: raised whenever the same
   * specification would give another result.
   */
  public int algorithmVersion() {
    return algorithmVersion;
  }
}

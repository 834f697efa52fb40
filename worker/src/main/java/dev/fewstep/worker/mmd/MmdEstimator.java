package dev.fewstep.worker.mmd;

/** How the squared MMD is estimated from m generated and n real vectors. */
public enum MmdEstimator {
  /**
   * Pairs within a set leave out i = j: Σ/(m(m-1)) + Σ/(n(n-1)) - 2Σ/(mn), where the last sum keeps
   * i = j; may be negative (MMD-DDM, losses.py:88-120).
   */
  UNBIASED,
  /** All pairs: Σ/m² + Σ/n² - 2Σ/(mn); never negative. */
  BIASED
}

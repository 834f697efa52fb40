package dev.fewstep.schemas.state;

/** What the gate makes of a run. */
public enum Verdict {
  /** Surely no change for the worse that matters. */
  PASS,
  /** Surely worse, by more than what matters. */
  REGRESSED,
  /** Too few runs or seeds, or too much noise, to say either. */
  INCONCLUSIVE
}

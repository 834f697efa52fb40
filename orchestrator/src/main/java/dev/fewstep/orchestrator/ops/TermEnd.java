package dev.fewstep.orchestrator.ops;

/** Why a term ended with an error, as meters tell it. */
public enum TermEnd {
  /** Another replica leads: what this one wrote was refused. */
  FENCED,
  /** Records of the inbox or the state are missing. */
  GAP,
  /** Anything else, such as a cluster that does not answer. */
  ERROR
}

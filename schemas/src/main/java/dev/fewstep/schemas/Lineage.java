package dev.fewstep.schemas;

import static java.util.Objects.requireNonNull;

/**
 * What an experiment came from.
 *
 * @param kind how it relates to the other
 * @param experimentId the other, which was there when this one was submitted
 */
public record Lineage(Kind kind, String experimentId) {
  public Lineage {
    requireNonNull(kind, "kind");
    requireNonNull(experimentId, "experimentId");
  }

  /** How an experiment relates to the one that it came from. */
  public enum Kind {
    /** The same specification with changes; nothing else is shared. */
    CLONES,
    /**
     * The same trials, finetuned further: each FINETUNE task resumes from the last checkpoint of
     * the other's task.
     */
    EXTENDS,
    /**
     * Another grid instead of the other's: what both have is kept, what is new runs, and what only
     * the other has is withdrawn.
     */
    REPLACES
  }
}

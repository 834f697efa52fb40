package dev.fewstep.chaos.check;

/** What must hold whatever is broken. */
public enum Invariant {
  /** Every task of every experiment that was accepted ends. */
  NOTHING_LOST("every accepted experiment is there once and each of its tasks ended"),
  /** One success of a task is accepted in a generation, and it stays as it is. */
  NOTHING_DOUBLE("at most one success of a task is accepted, and it never changes"),
  /** A success is never begun anew while its artifacts are there. */
  SUCCESS_STAYS("a task that succeeded is not run again"),
  /** A task that ended changes no more within its generation. */
  TERMINAL_IS_TERMINAL("a task that ended changes its state no more"),
  /** An attempt has one execution. */
  ONE_EXECUTION("an attempt is bound to one execution, in the state and on control"),
  /** Attempts and generations never fall. */
  ATTEMPTS_RISE("attempts and generations never fall"),
  /** An accepted result is what a worker reported. */
  RESULT_WAS_REPORTED("an accepted result equals a report of that execution"),
  /** What is published is at most what idle workers can take. */
  CREDIT("no more is published than idle workers are known"),
  /** A task runs after what it needs. */
  DEPENDENCIES_FIRST("no task starts before what it depends on has succeeded"),
  /** The inbox is read in order, by one leader after the other. */
  INBOX_IN_ORDER("the inbox position and the leader's term never fall"),
  /** The topics have no gap. */
  HISTORY_WHOLE("the history seen has no gap"),
  /** The artifacts of an accepted manifest are in the store. */
  ARTIFACTS_WHOLE("every accepted artifact is in the store with its size and sha256"),
  /** The replicas and a replay from scratch agree. */
  REPLAY_IS_STATE("replaying the state topic gives what both replicas serve"),
  /** Interrupted finetunes have the weights of uninterrupted ones. */
  WEIGHTS_BIT_EQUAL("weights of interrupted finetunes are bit-equal to uninterrupted ones"),
  /** Two executions of a task that both succeeded made the same. */
  TWINS_BIT_EQUAL("weights of several successful executions of one finetune are bit-equal");

  private final String words;

  Invariant(String words) {
    this.words = words;
  }

  /** For people. */
  public String words() {
    return words;
  }
}

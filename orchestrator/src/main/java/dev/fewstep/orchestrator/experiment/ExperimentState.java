package dev.fewstep.orchestrator.experiment;

/** Where an experiment stands; derived from its record and its tasks. */
public enum ExperimentState {
  /** Trials wait to be planned. */
  PLANNING,
  /** All trials are planned and tasks are open. */
  RUNNING,
  /** Something is left, but nothing that it alone wants is started until a person resumes it. */
  PAUSED,
  /** Every task has a result. */
  SUCCEEDED,
  /** Nothing is open and a task has failed, or its trials could not be planned. */
  FAILED,
  /** Withdrawn by a person, or by the experiment that replaces it. */
  CANCELLED;

  /** Whether nothing more will happen. */
  public boolean isTerminal() {
    return this == SUCCEEDED || this == FAILED || this == CANCELLED;
  }
}

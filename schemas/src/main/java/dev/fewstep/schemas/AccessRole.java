package dev.fewstep.schemas;

/** What a caller of the API may do, each role all that the one before it may. */
public enum AccessRole {
  /** Reads what belongs to its projects. */
  VIEWER,
  /** Also submits experiments into its projects and steers them. */
  SUBMITTER,
  /** Everything, in every project: inputs, workers, shares, artifacts, tokens. */
  ADMIN;

  /** Whether this role may do what another is required for. */
  public boolean covers(AccessRole required) {
    return compareTo(required) >= 0;
  }
}

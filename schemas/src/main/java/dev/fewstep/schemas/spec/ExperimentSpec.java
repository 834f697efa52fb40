package dev.fewstep.schemas.spec;

import static dev.fewstep.schemas.spec.Checks.require;
import static java.util.Objects.requireNonNull;

/**
 * What a person submits.
 *
 * @param apiVersion {@value #API_VERSION}
 * @param kind {@value #KIND}
 * @param metadata who it is
 * @param spec what it is
 */
public record ExperimentSpec(
    String apiVersion, String kind, Metadata metadata, ExperimentBody spec) {
  /** The only version there is. */
  public static final String API_VERSION = "fewstep/v1";

  /** The only kind there is. */
  public static final String KIND = "Experiment";

  public ExperimentSpec {
    require(
        API_VERSION.equals(apiVersion), "apiVersion must be %s, not %s", API_VERSION, apiVersion);
    require(KIND.equals(kind), "kind must be %s, not %s", KIND, kind);
    requireNonNull(metadata, "metadata is required");
    requireNonNull(spec, "spec is required");
  }
}

package dev.fewstep.orchestrator.transfer;

import dev.fewstep.schemas.ArtifactKind;

/** Which files of an experiment's tasks travel with its records. */
public enum PackageContents {
  /** All but checkpoints, which serve only to go on with what has ended. */
  ALL,
  /** What people look at: scores, curves, pictures, logs. */
  RESULTS,
  /** None: the records with their numbers. */
  RECORDS;

  /** Whether files of that kind travel. */
  boolean includes(ArtifactKind kind) {
    return switch (this) {
      case ALL -> kind != ArtifactKind.CHECKPOINT;
      case RESULTS ->
          switch (kind) {
            case SCORES, CURVE, SHEET, GRADIENT_FLOW, LOG -> true;
            default -> false;
          };
      case RECORDS -> false;
    };
  }
}

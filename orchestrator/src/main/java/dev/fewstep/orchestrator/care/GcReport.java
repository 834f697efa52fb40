package dev.fewstep.orchestrator.care;

import java.util.List;

/**
 * What a garbage collection found and did.
 *
 * @param deleted whether it was to delete, or only to look
 * @param complete false when it was cancelled before its end
 * @param keepCheckpoints which checkpoints of finished finetunes were kept
 * @param graceSeconds what was written or refreshed more recently was left alone
 * @param objects objects in the store when it looked
 * @param bytes their size
 * @param needed objects that the state needs
 * @param young unneeded objects within their grace
 * @param kept unneeded checkpoints that the rules keep
 * @param rows what can be freed or was, by reason and experiment
 * @param freed objects really deleted
 * @param freedBytes their size
 * @param spared objects that turned out to be needed or young again when their turn came
 * @param restored objects that came into use at the moment of their deletion and were put back
 * @param uploads unfinished uploads that can be ended or were
 * @param problems what went wrong with single objects; those stay
 */
public record GcReport(
    boolean deleted,
    boolean complete,
    String keepCheckpoints,
    long graceSeconds,
    long objects,
    long bytes,
    long needed,
    long young,
    long kept,
    List<Row> rows,
    long freed,
    long freedBytes,
    long spared,
    long restored,
    long uploads,
    List<String> problems) {
  public GcReport {
    rows = List.copyOf(rows);
    problems = List.copyOf(problems);
  }

  /**
   * Objects that can be freed for one reason.
   *
   * @param experiment id of the experiment that they belong to, empty when that is not known
   */
  public record Row(Reason reason, String experiment, long objects, long bytes) {}

  /** Why an object can be freed. */
  public enum Reason {
    /** Nothing refers to it: it was uploaded and never reported, or what needed it is gone. */
    UNREFERENCED,
    /** A file of an attempt at a known task whose result was another one. */
    OTHER_ATTEMPT,
    /** A checkpoint that a later one of its task has replaced. */
    SUPERSEDED_CHECKPOINT,
    /** The final checkpoint of a finished finetune, which the rules do not keep. */
    FINAL_CHECKPOINT
  }
}

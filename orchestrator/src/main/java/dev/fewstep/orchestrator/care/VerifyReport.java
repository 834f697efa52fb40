package dev.fewstep.orchestrator.care;

import dev.fewstep.orchestrator.experiment.Reachable;
import java.util.List;

/**
 * What reading artifacts again has shown.
 *
 * @param complete false when it was cancelled before its end
 * @param experiment the experiment whose artifacts were read, empty for all
 * @param artifacts different artifacts looked at
 * @param bytes bytes read
 * @param good those that are what their digests say
 * @param freed checkpoints of finished finetunes that are gone, as after a garbage collection; they
 *     are needed only to extend the finetune
 * @param damage what is missing or damaged
 */
public record VerifyReport(
    boolean complete,
    String experiment,
    long artifacts,
    long bytes,
    long good,
    long freed,
    List<Damage> damage) {
  public VerifyReport {
    damage = List.copyOf(damage);
  }

  /**
   * An artifact that is not what the state says.
   *
   * @param role what it is needed for
   * @param owner key of a task, name of an input or id of an experiment that needs it
   * @param experiments experiments that use it
   * @param found what is there instead
   * @param quarantined whether the damaged object was moved away, so that it can be made again
   * @param advice what to do about it
   */
  public record Damage(
      Kind kind,
      String name,
      String sha256,
      long bytes,
      Reachable.Reason role,
      String owner,
      List<String> experiments,
      String found,
      boolean quarantined,
      String advice) {
    public Damage {
      experiments = List.copyOf(experiments);
    }
  }

  /** In what way an artifact is damaged. */
  public enum Kind {
    /** There is no such object. */
    MISSING,
    /** It has another size. */
    WRONG_SIZE,
    /** It has the size but other bytes. */
    CORRUPT,
    /** The store did not give it out. */
    UNREADABLE
  }
}

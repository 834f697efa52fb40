package dev.fewstep.orchestrator.care;

import dev.fewstep.orchestrator.experiment.Reachable;
import dev.fewstep.schemas.Artifact;
import dev.fewstep.schemas.ArtifactKind;
import dev.fewstep.schemas.TaskState;
import dev.fewstep.schemas.state.TaskRecord;
import dev.fewstep.schemas.state.TaskResult;
import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which checkpoints of finished finetunes are kept. Checkpoints that open, failed or cancelled
 * tasks would resume from are always kept.
 *
 * @param last the final one, from which a finetune can be extended
 * @param best the one nearest to the iteration with the best validation, where training validated
 * @param every those at multiples of this step; 0 for none
 */
public record KeepRules(boolean last, boolean best, long every) {
  /** Keeps the final checkpoint and no other. */
  public static final KeepRules LAST = new KeepRules(true, false, 0);

  private static final Pattern NAME = Pattern.compile("checkpoint-(\\d{1,18})\\.safetensors");
  private static final String EVERY = "every:";
  private static final String EXPECTED = "expected a list of last, best, every:N, or none";

  public KeepRules {
    if (every < 0) {
      throw new IllegalArgumentException("every must not be negative, not " + every);
    }
  }

  /**
   * Reads {@code last}, {@code best}, {@code every:N}, comma-separated, or {@code none}.
   *
   * @throws IllegalArgumentException when the text is something else
   */
  public static KeepRules parse(String text) {
    boolean last = false;
    boolean best = false;
    long every = 0;
    for (String part : text.strip().toLowerCase(Locale.ROOT).split(",", -1)) {
      String rule = part.strip();
      if (rule.equals("last")) {
        last = true;
      } else if (rule.equals("best")) {
        best = true;
      } else if (rule.matches(EVERY + "[1-9]\\d{0,17}")) {
        every = Long.parseLong(rule.substring(EVERY.length()));
      } else if (!rule.equals("none") || text.contains(",")) {
        throw new IllegalArgumentException(
            "'" + part + "' says not which checkpoints to keep: " + EXPECTED);
      }
    }
    return new KeepRules(last, best, every);
  }

  /** Step of a checkpoint by its name; empty for other files. */
  public static OptionalLong step(String name) {
    Matcher matcher = NAME.matcher(name);
    return matcher.matches()
        ? OptionalLong.of(Long.parseLong(matcher.group(1)))
        : OptionalLong.empty();
  }

  /** Whether a reference does not keep its artifact, because the rules let it go. */
  boolean frees(Reachable.Reference reference) {
    if (reference.artifact().kind() != ArtifactKind.CHECKPOINT) {
      return false;
    }
    Optional<TaskRecord> task = reference.task();
    if (task.isEmpty() || task.get().state() != TaskState.SUCCEEDED) {
      return false;
    }
    OptionalLong step = step(reference.artifact().name());
    Optional<Artifact> end = end(task.get());
    if (step.isEmpty() || end.isEmpty()) {
      return false;
    }
    boolean isEnd = end.get().sha256().equals(reference.artifact().sha256());
    return !(isEnd && last) && !isMultiple(step.getAsLong());
  }

  /**
   * Whether a checkpoint of a task is kept by these rules although nothing of the state needs it.
   *
   * @param step its step
   * @param steps steps of all checkpoints of the task that there are
   */
  boolean keeps(TaskRecord task, long step, Collection<Long> steps) {
    return isMultiple(step)
        || (best
            && bestStep(task).isPresent()
            && nearest(steps, bestStep(task).getAsLong()).equals(Optional.of(step)));
  }

  private boolean isMultiple(long step) {
    return every > 0 && step % every == 0;
  }

  private static OptionalLong bestStep(TaskRecord task) {
    return task.result()
        .map(TaskResult::scores)
        .map(scores -> scores.get("best_iteration"))
        .map(value -> OptionalLong.of(value.longValue()))
        .orElse(OptionalLong.empty());
  }

  private static Optional<Long> nearest(Collection<Long> steps, long wanted) {
    return steps.stream()
        .min(
            Comparator.comparingLong((Long step) -> Math.abs(step - wanted))
                .thenComparing(Comparator.naturalOrder()));
  }

  /** The final checkpoint in the manifest of a task. */
  static Optional<Artifact> end(TaskRecord task) {
    return task.result().stream()
        .flatMap(result -> result.artifacts().stream())
        .filter(artifact -> artifact.kind() == ArtifactKind.CHECKPOINT)
        .findFirst();
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    if (last) {
      text.append("last,");
    }
    if (best) {
      text.append("best,");
    }
    if (every > 0) {
      text.append(EVERY).append(every).append(',');
    }
    return text.isEmpty() ? "none" : text.substring(0, text.length() - 1);
  }
}

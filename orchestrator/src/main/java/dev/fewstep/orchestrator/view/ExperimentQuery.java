package dev.fewstep.orchestrator.view;

import static java.util.Objects.requireNonNull;

import dev.fewstep.orchestrator.experiment.ExperimentState;
import dev.fewstep.schemas.spec.Metadata;
import dev.fewstep.schemas.state.ExperimentRecord;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Which experiments a listing asks for, and in which order.
 *
 * @param text what the id, name, project, label or submitter contains, whatever its case; empty for
 *     all
 * @param project the project
 * @param labels texts {@code name=value} or {@code name}, all of which must fit
 * @param states the states, of which one must fit; empty for all
 * @param sort what they are sorted by
 * @param descending whether the greatest comes first
 */
public record ExperimentQuery(
    String text,
    Optional<String> project,
    List<String> labels,
    Set<ExperimentState> states,
    Sort sort,
    boolean descending) {
  /** What experiments are sorted by. */
  public enum Sort {
    /** Order of submission. */
    SUBMITTED_AT("submittedAt", false),
    /** When they ended. */
    ENDED_AT("endedAt", false),
    /** Name. */
    NAME("name", false),
    /** Project. */
    PROJECT("project", false),
    /** Who submitted them. */
    SUBMITTED_BY("submittedBy", false),
    /** State. */
    STATE("state", false),
    /** Number of trials. */
    TRIALS("trials", false),
    /** Priority in force. */
    PRIORITY("priority", false),
    /** Score of the best trial. */
    BEST("best", true),
    /** Device time. */
    DEVICE_SECONDS("deviceSeconds", true);

    private final String text;
    private final boolean results;

    Sort(String text, boolean results) {
      this.text = text;
      this.results = results;
    }

    /** Whether the results are needed. */
    public boolean results() {
      return results;
    }

    private static Sort named(String name) {
      for (Sort sort : values()) {
        if (sort.text.equals(name)) {
          return sort;
        }
      }
      throw new IllegalArgumentException("experiments are not sorted by '" + name + "'");
    }
  }

  public ExperimentQuery {
    text = text.strip().toLowerCase(Locale.ROOT);
    requireNonNull(project, "project");
    labels = List.copyOf(labels);
    states = Set.copyOf(states);
    requireNonNull(sort, "sort");
  }

  /**
   * The same in another order.
   *
   * @param order what it is sorted by, with a hyphen before it for the greatest first
   * @throws IllegalArgumentException when experiments are not sorted by that
   */
  public ExperimentQuery sorted(String order) {
    boolean reversed = order.startsWith("-");
    return new ExperimentQuery(
        text, project, labels, states, Sort.named(reversed ? order.substring(1) : order), reversed);
  }

  /** Whether it is the order in which the state keeps experiments: newest first. */
  public boolean newestFirst() {
    return sort == Sort.SUBMITTED_AT && descending;
  }

  /** Whether it asks for an experiment in that state. */
  public boolean matches(ExperimentRecord experiment, ExperimentState state) {
    Metadata metadata = experiment.spec().metadata();
    return (states.isEmpty() || states.contains(state))
        && project.map(metadata.project()::equals).orElse(true)
        && labels.stream().allMatch(label -> has(metadata.labels(), label))
        && (text.isEmpty() || contains(experiment));
  }

  private static boolean has(Map<String, String> labels, String wanted) {
    int equals = wanted.indexOf('=');
    return equals < 0
        ? labels.containsKey(wanted)
        : wanted.substring(equals + 1).equals(labels.get(wanted.substring(0, equals)));
  }

  private boolean contains(ExperimentRecord experiment) {
    Metadata metadata = experiment.spec().metadata();
    return contains(experiment.id())
        || contains(metadata.project())
        || contains(experiment.submittedBy())
        || metadata.labels().entrySet().stream()
            .anyMatch(label -> contains(label.getKey() + "=" + label.getValue()));
  }

  private boolean contains(String field) {
    return field.toLowerCase(Locale.ROOT).contains(text);
  }

  /**
   * What an experiment is sorted by.
   *
   * @param number the number, of a sort by number
   * @param text the text, of a sort by text
   * @param sequence its place in the order of submission, which decides between equals
   */
  public record Key(Optional<Double> number, Optional<String> text, long sequence) {
    public Key {
      requireNonNull(number, "number");
      requireNonNull(text, "text");
    }

    /** A text of letters, digits, hyphens and underscores. */
    public String cursor() {
      String plain =
          sequence + " " + number.map(n -> "n" + n).or(() -> text.map(t -> "t" + t)).orElse("");
      return Base64.getUrlEncoder()
          .withoutPadding()
          .encodeToString(plain.getBytes(StandardCharsets.UTF_8));
    }

    /**
     * The key of a cursor.
     *
     * @throws IllegalArgumentException when the text is none
     */
    public static Key of(String cursor) {
      String plain = new String(Base64.getUrlDecoder().decode(cursor), StandardCharsets.UTF_8);
      int space = plain.indexOf(' ');
      if (space < 1) {
        throw new IllegalArgumentException("not a cursor: " + cursor);
      }
      long sequence = Long.parseLong(plain.substring(0, space));
      String value = plain.substring(space + 1);
      return new Key(
          value.startsWith("n")
              ? Optional.of(Double.parseDouble(value.substring(1)))
              : Optional.empty(),
          value.startsWith("t") ? Optional.of(value.substring(1)) : Optional.empty(),
          sequence);
    }
  }

  /** What an experiment is sorted by. */
  public Key key(
      ExperimentRecord experiment,
      ExperimentState state,
      Optional<Instant> endedAt,
      Optional<ExperimentSummary> summary) {
    long sequence = experiment.sequence();
    Metadata metadata = experiment.spec().metadata();
    return switch (sort) {
      case SUBMITTED_AT -> number(Optional.of((double) sequence), sequence);
      case ENDED_AT -> number(endedAt.map(at -> (double) at.toEpochMilli()), sequence);
      case NAME -> text(metadata.name(), sequence);
      case PROJECT -> text(metadata.project(), sequence);
      case SUBMITTED_BY -> text(experiment.submittedBy(), sequence);
      case STATE -> text(state.name(), sequence);
      case TRIALS -> number(Optional.of((double) experiment.trials()), sequence);
      case PRIORITY -> number(Optional.of((double) experiment.currentPriority()), sequence);
      case BEST ->
          number(
              summary.flatMap(ExperimentSummary::best).map(ExperimentSummary.Best::score),
              sequence);
      case DEVICE_SECONDS -> number(summary.map(ExperimentSummary::deviceSeconds), sequence);
    };
  }

  private static Key number(Optional<Double> value, long sequence) {
    return new Key(value, Optional.empty(), sequence);
  }

  private static Key text(String value, long sequence) {
    return new Key(Optional.empty(), Optional.of(value), sequence);
  }

  /** The order: what has no value comes last either way, and the newest first between equals. */
  public Comparator<Key> order() {
    Comparator<Double> numbers = Comparator.naturalOrder();
    Comparator<String> texts = Comparator.naturalOrder();
    return Comparator.comparing((Key key) -> key.number().isEmpty() && key.text().isEmpty())
        .thenComparing(key -> key.number().orElse(0.0), descending ? numbers.reversed() : numbers)
        .thenComparing(key -> key.text().orElse(""), descending ? texts.reversed() : texts)
        .thenComparing(Key::sequence, Comparator.reverseOrder());
  }
}

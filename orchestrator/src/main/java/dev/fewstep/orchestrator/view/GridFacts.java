package dev.fewstep.orchestrator.view;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fewstep.schemas.Artifact;
import dev.fewstep.schemas.Json;
import dev.fewstep.schemas.spec.BaseSpec;
import dev.fewstep.schemas.spec.EvaluationSpec;
import dev.fewstep.schemas.spec.ExperimentBody;
import dev.fewstep.schemas.spec.Grid;
import dev.fewstep.schemas.spec.GridPoint;
import dev.fewstep.schemas.spec.RangeSpec;
import dev.fewstep.schemas.spec.WeightedExtractor;
import dev.fewstep.schemas.state.ExperimentRecord;
import dev.fewstep.schemas.task.EvaluationProtocol;
import dev.fewstep.schemas.task.FeatureSpace;
import dev.fewstep.schemas.task.SourceRef;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What follows from an experiment's specification alone. Safe for use by several threads; a trial's
 * configuration is made once for all that have the same sampling and loss.
 */
public final class GridFacts {
  private static final int KEPT_SETTINGS = 10_000;

  private final ExperimentBody body;
  private final Map<String, Artifact> inputs;
  private final Grid grid;
  private final List<String> axes;
  private final List<String> deciding;
  private final Map<List<Optional<JsonNode>>, Settings> settings = new ConcurrentHashMap<>();
  private final List<Space> spaces;

  /**
   * What a trial's scores depend on most.
   *
   * @param samplingSteps sampling steps asked for
   * @param kernel kernel of its loss as the specification writes it
   * @param trained names of the spaces that it is trained in, at least one
   */
  public record Settings(int samplingSteps, String kernel, List<String> trained) {
    public Settings {
      requireNonNull(kernel, "kernel");
      trained = List.copyOf(trained);
    }
  }

  private GridFacts(ExperimentBody body, Map<String, Artifact> inputs) {
    this.body = body;
    this.inputs = inputs;
    this.grid = Grid.of(body);
    Set<String> names = new LinkedHashSet<>(grid.axes());
    body.include().forEach(point -> names.addAll(point.keySet()));
    this.axes = List.copyOf(names);
    this.deciding = axes.stream().filter(GridFacts::decides).toList();
    this.spaces = findSpaces();
  }

  /** The facts of an experiment. */
  public static GridFacts of(ExperimentRecord experiment) {
    return new GridFacts(experiment.spec().spec(), experiment.inputs());
  }

  private static boolean decides(String axis) {
    String first = axis.substring(0, axis.indexOf('.') < 0 ? axis.length() : axis.indexOf('.'));
    return first.equals("sampling") || first.equals("loss");
  }

  /** Paths of the fields that trials differ in, in the order written. */
  public List<String> axes() {
    return axes;
  }

  /** The values of an axis that are written, of included points too; none of a range of numbers. */
  List<JsonNode> choices(String axis) {
    List<JsonNode> values = new ArrayList<>(body.grid().getOrDefault(axis, List.of()));
    Optional.ofNullable(body.searched().ranges().get(axis))
        .flatMap(RangeSpec::choice)
        .ifPresent(values::addAll);
    body.include().stream()
        .filter(point -> point.containsKey(axis))
        .map(point -> point.get(axis))
        .forEach(values::add);
    return values;
  }

  /** Whether the values of an axis are drawn from a range of numbers with fractions. */
  boolean fractions(String axis) {
    return Optional.ofNullable(body.searched().ranges().get(axis))
        .filter(range -> range.uniform().isPresent() || range.logUniform().isPresent())
        .isPresent();
  }

  /** The values of a trial by axis; an included point may lack some. */
  public Map<String, JsonNode> values(int trial) {
    return grid.values(trial);
  }

  /** The seed of a trial. */
  public long seed(int trial) {
    return body.seeds().get(trial % body.seeds().size());
  }

  /** Values, seed and configuration of a trial. */
  public GridPoint point(int trial) {
    return grid.point(trial);
  }

  /** Sampling steps, kernel and trained spaces of a trial. */
  public Settings settings(int trial) {
    return settings(trial, values(trial));
  }

  Settings settings(int trial, Map<String, JsonNode> values) {
    List<Optional<JsonNode>> key = new ArrayList<>(deciding.size());
    deciding.forEach(axis -> key.add(Optional.ofNullable(values.get(axis))));
    Settings known = settings.get(key);
    if (known != null) {
      return known;
    }
    BaseSpec base = grid.point(trial).base();
    Settings made =
        new Settings(
            base.sampling().steps(),
            Json.toTree(base.loss().kernel()).asText(),
            base.loss().trained().stream().map(WeightedExtractor::extractor).toList());
    if (settings.size() < KEPT_SETTINGS) {
      settings.put(key, made);
    }
    return made;
  }

  /** The spaces that trials are scored in: those of the evaluation first. */
  public List<Space> spaces() {
    return spaces;
  }

  private List<Space> findSpaces() {
    List<String> trained = settings(0).trained();
    Set<String> names = new LinkedHashSet<>(body.evaluation().extractors());
    names.addAll(trained);
    axes.forEach(axis -> choices(axis).forEach(value -> add(axis, value, names)));
    List<Space> found = new ArrayList<>();
    for (String name : names) {
      if (inputs.containsKey(file(name))) {
        found.add(
            new Space(
                name, spaceId(name), trained.contains(name), protocol(body.evaluation(), name)));
      }
    }
    return List.copyOf(found);
  }

  /** Adds the extractors that a value of the grid names. */
  private static void add(String axis, JsonNode value, Set<String> names) {
    if (axis.equals("loss.extractor") && value.isTextual()) {
      names.add(value.asText());
    } else if (decides(axis) && value.isContainerNode()) {
      names.addAll(value.findValuesAsText("extractor"));
    }
  }

  /** The space in which experiments are compared: the first that is held out, else the trained. */
  public Space leading() {
    return spaces.stream().filter(space -> !space.trained()).findFirst().orElse(spaces.get(0));
  }

  private static String file(String extractor) {
    int slash = extractor.indexOf('/');
    return slash < 0 ? extractor : extractor.substring(0, slash);
  }

  private String spaceId(String extractor) {
    int slash = extractor.indexOf('/');
    String mode = slash < 0 ? "" : extractor.substring(slash + 1);
    return new FeatureSpace(SourceRef.digest(inputs.get(file(extractor)).sha256()), mode).id();
  }

  /** Name of what a Fréchet distance depends on, as far as the specification says it. */
  public static String protocol(EvaluationSpec evaluation, String space) {
    String reference = evaluation.statistics().getOrDefault(space, evaluation.reference());
    return new EvaluationProtocol(
            EvaluationProtocol.Metric.FRECHET,
            EvaluationProtocol.Family.named(space),
            space,
            reference,
            evaluation.samples(),
            List.of(),
            true)
        .name();
  }
}

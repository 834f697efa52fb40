package dev.fewstep.schemas.spec;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fewstep.schemas.Json;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;

/**
 * The trials of an experiment, by index and without materialising their product.
 *
 * <p>Order: the first axis varies slowest, then the next ones; after the product come the included
 * points; seeds vary fastest. Excluded points have no index, so indices run from 0 to {@link
 * #size()} − 1 without gaps. A search that draws points puts these, in the order drawn, in the
 * place of the product.
 */
public final class Grid {
  /** Most trials of an experiment, and most points of its product before exclusion. */
  public static final long MAX_TRIALS = 1_000_000;

  private final JsonNode base;
  private final List<String> axes;
  private final List<List<JsonNode>> values;
  private final List<Map<String, JsonNode>> include;
  private final List<Long> seeds;
  private final Exclusion exclusion;
  private final Optional<Draws> draws;
  private final List<String> ranges;

  /** Made last, if any was: seeds vary fastest, and all of a point share its configuration. */
  private volatile Optional<GridPoint> last = Optional.empty();

  private Grid(ExperimentBody body, Exclusion exclusion) {
    this.base = body.base();
    this.axes = List.copyOf(body.grid().keySet());
    this.values = List.copyOf(body.grid().values());
    this.include = body.include();
    this.seeds = body.seeds();
    this.exclusion = exclusion;
    this.draws =
        body.search()
            .filter(search -> search.draws() && exclusion.kept() > 0)
            .map(search -> new Draws(search, exclusion.kept()));
    this.ranges = List.copyOf(body.searched().ranges().keySet());
  }

  /**
   * The grid of an experiment.
   *
   * @throws SpecException when an axis is no field of base, two axes overlap, a value is not one
   *     for its field, or there are more than {@value #MAX_TRIALS} trials or none
   */
  public static Grid of(ExperimentBody body) {
    List<Finding> findings = GridCheck.findings(body);
    if (findings.isEmpty()) {
      Grid grid = unchecked(body);
      Optional<Finding> count =
          SearchCheck.enough(body.searched(), grid.exclusion.kept())
              .or(() -> GridCheck.trials(grid.size()));
      if (count.isEmpty()) {
        return grid;
      }
      findings = List.of(count.get());
    }
    throw new SpecException(findings.stream().map(Finding::alone).toList());
  }

  /** The grid of a body in which {@link GridCheck} found nothing. */
  static Grid unchecked(ExperimentBody body) {
    List<List<JsonNode>> values = List.copyOf(body.grid().values());
    return new Grid(body, Exclusion.of(List.copyOf(body.grid().keySet()), values, body.exclude()));
  }

  /** Number of trials. */
  public long size() {
    return (points() + include.size()) * seeds.size();
  }

  /** Points of the product that are not left out, or that were drawn. */
  private long points() {
    return draws.map(drawn -> (long) drawn.count()).orElse(exclusion.kept());
  }

  /** Points of the product that are not left out, whether drawn or not. */
  long kept() {
    return exclusion.kept();
  }

  /** The dotted paths of the axes, in the order written, then those of the ranges. */
  public List<String> axes() {
    List<String> all = new ArrayList<>(axes);
    all.addAll(ranges);
    return all;
  }

  /**
   * The trial of an index.
   *
   * @throws IndexOutOfBoundsException when the index is not 0 to {@link #size()} − 1
   * @throws SpecException when the values laid over base make no valid configuration
   */
  public GridPoint point(long index) {
    if (index < 0 || index >= size()) {
      throw new IndexOutOfBoundsException("trial " + index + " of " + size());
    }
    long place = index / seeds.size();
    long seed = seeds.get((int) (index % seeds.size()));
    GridPoint point =
        last.filter(before -> before.index() / seeds.size() == place)
            .map(before -> new GridPoint(index, before.values(), seed, before.base()))
            .orElseGet(
                () -> {
                  Map<String, JsonNode> chosen = values(index);
                  return new GridPoint(index, chosen, seed, lay(chosen));
                });
    last = Optional.of(point);
    return point;
  }

  /** The point that an index is of, from 0: the same for all of its seeds, which lie together. */
  public long place(long index) {
    return index / seeds.size();
  }

  /** The values of an index alone, without building its configuration. */
  public Map<String, JsonNode> values(long index) {
    long point = index / seeds.size();
    if (point >= points()) {
      return include.get((int) (point - points()));
    }
    long rest = exclusion.select(draws.map(drawn -> (long) drawn.place((int) point)).orElse(point));
    JsonNode[] chosen = new JsonNode[axes.size()];
    for (int axis = axes.size() - 1; axis >= 0; axis--) {
      List<JsonNode> choices = values.get(axis);
      chosen[axis] = choices.get((int) (rest % choices.size()));
      rest /= choices.size();
    }
    Map<String, JsonNode> map = new LinkedHashMap<>();
    for (int axis = 0; axis < chosen.length; axis++) {
      map.put(axes.get(axis), chosen[axis]);
    }
    draws.ifPresent(drawn -> map.putAll(drawn.values((int) point)));
    return map;
  }

  /** The trials from an index on, made as they are asked for. */
  public Iterator<GridPoint> iterator(long from) {
    return new Iterator<>() {
      private long next = from;

      @Override
      public boolean hasNext() {
        return next < size();
      }

      @Override
      public GridPoint next() {
        if (!hasNext()) {
          throw new NoSuchElementException("after the last of " + size() + " trials");
        }
        return point(next++);
      }
    };
  }

  /** What is wrong with values laid over base, without naming them; empty when nothing is. */
  Optional<Finding> check(Map<String, JsonNode> chosen) {
    try {
      typed(chosen);
      return Optional.empty();
    } catch (JsonProcessingException e) {
      return Optional.of(finding(e, chosen));
    }
  }

  /** The configuration that values laid over base make; empty when they make none. */
  Optional<BaseSpec> read(Map<String, JsonNode> chosen) {
    try {
      return Optional.of(typed(chosen));
    } catch (JsonProcessingException e) {
      return Optional.empty();
    }
  }

  private BaseSpec lay(Map<String, JsonNode> chosen) {
    try {
      return typed(chosen);
    } catch (JsonProcessingException e) {
      throw new SpecException(List.of(finding(e, chosen).at(chosen).alone()));
    }
  }

  private BaseSpec typed(Map<String, JsonNode> chosen) throws JsonProcessingException {
    return Json.specs().treeToValue(overlay(base, chosen), BaseSpec.class);
  }

  /** A copy of a tree with values laid over it, missing groups made. */
  static JsonNode overlay(JsonNode base, Map<String, JsonNode> chosen) {
    ObjectNode tree = base.isObject() ? base.deepCopy() : Json.specs().createObjectNode();
    chosen.forEach(
        (path, value) -> {
          ObjectNode node = tree;
          List<String> segments = SpecPath.dotted(path).segments();
          for (String segment : segments.subList(0, segments.size() - 1)) {
            node = node.get(segment) instanceof ObjectNode group ? group : node.putObject(segment);
          }
          String last = segments.get(segments.size() - 1);
          if (value.isObject() && node.get(last) instanceof ObjectNode group) {
            merge(group, value);
          } else {
            node.set(last, value.deepCopy());
          }
        });
    return tree;
  }

  private static void merge(ObjectNode onto, JsonNode values) {
    values
        .properties()
        .forEach(
            field -> {
              if (field.getValue().isObject()
                  && onto.get(field.getKey()) instanceof ObjectNode group) {
                merge(group, field.getValue());
              } else {
                onto.set(field.getKey(), field.getValue().deepCopy());
              }
            });
  }

  /** The refusal of a record, at the axis that it speaks of if there is one. */
  private static Finding finding(JsonProcessingException e, Map<String, JsonNode> chosen) {
    SpecPath refused = pathOf(e);
    String reason = reason(e);
    Optional<String> axis =
        chosen.keySet().stream()
            .filter(name -> GridCheck.below(name, refused))
            .filter(name -> reason.contains(name.substring(name.lastIndexOf('.') + 1)))
            .findFirst();
    SpecPath place =
        axis.map(name -> SpecPath.of("spec", "grid", name))
            .orElse(SpecPath.of("spec", "base").resolve(refused));
    return Finding.of(place, reason);
  }

  /** Where Jackson stumbled. */
  static SpecPath pathOf(JsonProcessingException e) {
    List<String> segments = new ArrayList<>();
    if (e instanceof JsonMappingException mapping) {
      mapping
          .getPath()
          .forEach(
              step ->
                  segments.add(
                      step.getFieldName() == null
                          ? Integer.toString(step.getIndex())
                          : step.getFieldName()));
    }
    return new SpecPath(segments);
  }

  /** Why, in the words of the record that refused. */
  static String reason(JsonProcessingException e) {
    Throwable cause = e.getCause();
    boolean ours =
        cause instanceof IllegalArgumentException || cause instanceof NullPointerException;
    return ours && cause.getMessage() != null ? cause.getMessage() : e.getOriginalMessage();
  }
}

package dev.fewstep.schemas.spec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fewstep.schemas.Json;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class GridTest {
  @Test
  void ordersTheFirstAxisSlowestThenInclusionsWithSeedsFastest() {
    Grid grid = Grid.of(ExperimentSpecs.parse("a.yaml", Samples.text("spec/full.yaml")).spec());

    List<String> trials = new ArrayList<>();
    grid.iterator(0)
        .forEachRemaining(
            point ->
                trials.add(
                    point.index()
                        + " "
                        + point.base().loss().kernel()
                        + " "
                        + point.base().sampling().steps()
                        + " s"
                        + point.seed()
                        + " "
                        + point.values().size()));

    assertThat(trials)
        .containsExactly(
            "0 CUBIC 4 s0 2",
            "1 CUBIC 4 s1 2",
            "2 CUBIC 5 s0 2",
            "3 CUBIC 5 s1 2",
            "4 LINEAR 4 s0 2",
            "5 LINEAR 4 s1 2",
            "6 LINEAR 5 s0 2",
            "7 LINEAR 5 s1 2",
            "8 RBF 5 s0 2",
            "9 RBF 5 s1 2",
            "10 CUBIC 10 s0 1",
            "11 CUBIC 10 s1 1");
    assertThat(grid.iterator(10).next()).isEqualTo(grid.point(10));
    assertThat(grid.iterator(12).hasNext()).isFalse();
    assertThatThrownBy(() -> grid.point(12)).isInstanceOf(IndexOutOfBoundsException.class);
  }

  @Test
  void withoutAxesIsTheBaseForEverySeed() {
    Grid grid = Grid.of(body(Map.of(), List.of(), List.of(3L, 4L)));

    assertThat(grid.size()).isEqualTo(2);
    assertThat(grid.point(1).seed()).isEqualTo(4);
    assertThat(grid.point(1).values()).isEmpty();
  }

  @Test
  void laysGroupsOverBaseFieldByField() {
    Map<String, List<JsonNode>> axes =
        Map.of("loss", List.of(tree("{\"kernel\":\"rbf\",\"gamma\":0.5}"), tree("{}")));

    Grid grid = Grid.of(body(axes, List.of(), List.of(0L)));

    assertThat(grid.point(0).base().loss().kernel()).isEqualTo(KernelKind.RBF);
    assertThat(grid.point(0).base().loss().gamma()).contains(0.5);
    assertThat(grid.point(0).base().loss().extractor()).contains("a");
    assertThat(grid.point(1).base().loss().kernel()).isEqualTo(KernelKind.CUBIC);
  }

  /** Against the plain definition: list the product, drop what an entry matches. */
  @Test
  void agreesWithTheListedProductUnderRandomExclusions() {
    Random random = new Random(7);
    for (int round = 0; round < 60; round++) {
      Map<String, List<JsonNode>> axes = new LinkedHashMap<>();
      axes.put("sampling.steps", numbers(1 + random.nextInt(40)));
      axes.put("training.iterations", numbers(1 + random.nextInt(40)));
      axes.put("training.warmup", numbers(1 + random.nextInt(6)));
      List<Map<String, JsonNode>> exclude = new ArrayList<>();
      for (int i = random.nextInt(5); i > 0; i--) {
        Map<String, JsonNode> entry = new LinkedHashMap<>();
        axes.forEach(
            (axis, values) -> {
              if (entry.isEmpty() || random.nextBoolean()) {
                entry.put(axis, values.get(random.nextInt(values.size())));
              }
            });
        exclude.add(entry);
      }
      List<Map<String, JsonNode>> expected = new ArrayList<>();
      for (JsonNode a : axes.get("sampling.steps")) {
        for (JsonNode b : axes.get("training.iterations")) {
          for (JsonNode c : axes.get("training.warmup")) {
            Map<String, JsonNode> point = new LinkedHashMap<>();
            point.put("sampling.steps", a);
            point.put("training.iterations", b);
            point.put("training.warmup", c);
            if (exclude.stream().noneMatch(e -> point.entrySet().containsAll(e.entrySet()))) {
              expected.add(point);
            }
          }
        }
      }
      if (expected.isEmpty()) {
        assertThatThrownBy(() -> Grid.of(body(axes, exclude, List.of(0L))))
            .hasMessageContaining("no trial is left");
        continue;
      }

      Grid grid = Grid.of(body(axes, exclude, List.of(0L)));

      assertThat(grid.size()).isEqualTo(expected.size());
      List<Map<String, JsonNode>> found = new ArrayList<>();
      for (long i = 0; i < grid.size(); i++) {
        found.add(grid.values(i));
      }
      assertThat(found).isEqualTo(expected);
    }
  }

  @Test
  void holdsAMillionTrialsAndRefusesMore() {
    Map<String, List<JsonNode>> axes = new LinkedHashMap<>();
    axes.put("sampling.steps", numbers(1000));
    axes.put("training.iterations", numbers(1000));

    Grid grid = Grid.of(body(axes, List.of(), List.of(0L)));

    assertThat(grid.size()).isEqualTo(1_000_000);
    assertThat(grid.point(999_999).base().sampling().steps()).isEqualTo(1000);
    assertThat(grid.point(1_000).base().sampling().steps()).isEqualTo(2);
    assertThatThrownBy(() -> Grid.of(body(axes, List.of(), List.of(0L, 1L))))
        .isInstanceOf(SpecException.class)
        .hasMessageContaining("2000000 trials; expected at most 1000000 trials");
  }

  @Test
  void refusesExclusionsThatWouldTakeForever() {
    Map<String, List<JsonNode>> axes = new LinkedHashMap<>();
    axes.put("sampling.steps", numbers(2));
    axes.put("training.iterations", numbers(1000));
    axes.put("training.warmup", numbers(500));
    List<Map<String, JsonNode>> exclude = new ArrayList<>();
    for (int i = 0; i < 1000; i++) {
      exclude.add(Map.of("sampling.steps", axes.get("sampling.steps").get(0)));
    }

    assertThatThrownBy(() -> Grid.of(body(axes, exclude, List.of(0L))))
        .hasMessageContaining("match too many points");
  }

  @Test
  void startsAnywhereWithoutVisitingWhatIsBefore() {
    Grid grid = Grid.of(ExperimentSpecs.parse("a.yaml", Samples.text("spec/full.yaml")).spec());

    Iterator<GridPoint> rest = grid.iterator(9);

    assertThat(rest.next().index()).isEqualTo(9);
    assertThat(rest.next().index()).isEqualTo(10);
  }

  private static ExperimentBody body(
      Map<String, List<JsonNode>> axes, List<Map<String, JsonNode>> exclude, List<Long> seeds) {
    return new ExperimentBody(
        tree(
            "{\"data\":{\"train\":\"d\"},\"model\":{\"weights\":\"w\"},\"loss\":{\"extractor\":\"a\"}}"),
        axes,
        exclude,
        List.of(),
        seeds,
        Optional.empty(),
        new EvaluationSpec("r", List.of("b"), null, null, null, null, null, null, null, null),
        new PolicySpec(null, null, null, null, null),
        new ResourcesSpec(null, Optional.empty()));
  }

  private static List<JsonNode> numbers(int count) {
    return IntStream.rangeClosed(1, count).mapToObj(i -> tree(Integer.toString(i))).toList();
  }

  private static JsonNode tree(String json) {
    try {
      return Json.specs().readTree(json);
    } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
      throw new IllegalArgumentException(e);
    }
  }
}

package dev.fewstep.schemas.spec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fewstep.schemas.Json;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which points a search makes of a grid and of ranges. */
class SearchTest {
  private static final String HEAD =
      """
      apiVersion: fewstep/v1
      kind: Experiment
      metadata: {name: s}
      spec:
        base:
          data: {train: d}
          model: {weights: w}
          loss: {extractor: a}
          training: {iterations: 50, validation: {every: 5}}
        evaluation: {reference: r, extractors: [b]}
      """;
  private static final String GRID =
      "  grid: {sampling.steps: [2, 3, 4, 5], training.ema: [0, 0.5, 0.9]}\n";
  private static final String RATES =
      "ranges: {training.learningRate: {logUniform: [1.0e-6, 1.0e-4]},"
          + " training.clipNorm: {uniform: [0.5, 2]}, training.warmup: {integers: [0, 9]},"
          + " sampling.spacing: {choice: [uniform, published]}}";

  private static Grid grid(String text) {
    return Grid.of(ExperimentSpecs.parse("s.yaml", HEAD + text).spec());
  }

  private static List<Map<String, JsonNode>> points(String text) {
    Grid grid = grid(text);
    List<Map<String, JsonNode>> points = new ArrayList<>();
    for (long i = 0; i < grid.size(); i++) {
      points.add(grid.point(i).values());
    }
    return points;
  }

  private static String random(int trials, long seed, String more) {
    return GRID
        + "  search: {method: random, trials: "
        + trials
        + ", seed: "
        + seed
        + (more.isEmpty() ? "" : ", " + more)
        + "}\n";
  }

  @Test
  void drawsTheGridWithoutReplacementAndExcludedPointsNever() {
    String exclude = "  exclude: [{sampling.steps: 3, training.ema: 0.5}]\n";

    List<Map<String, JsonNode>> all = points(random(11, 4, "") + exclude);

    assertThat(new HashSet<>(all)).hasSize(11);
    assertThat(new HashSet<>(all)).isEqualTo(new HashSet<>(points(GRID + exclude)));
    assertThat(all).isNotEqualTo(points(GRID + exclude));
  }

  @Test
  void keepsIncludedPointsAndSeeds() {
    Grid grid = grid(random(5, 4, "") + "  include: [{sampling.steps: 20}]\n  seeds: [1, 2]\n");

    assertThat(grid.size()).isEqualTo((5 + 1) * 2);
    assertThat(grid.point(10).values()).isEqualTo(Map.of("sampling.steps", node("20")));
    assertThat(grid.point(0).values()).isEqualTo(grid.point(1).values());
    assertThat(grid.point(1).seed()).isEqualTo(2);
  }

  @ParameterizedTest
  @CsvSource({"1, 0", "7, 3", "12, 9", "30, 5"})
  void moreTrialsKeepTheEarlierOnes(int trials, long seed) {
    String ranges = trials > 12 ? RATES : "";
    List<Map<String, JsonNode>> more =
        trials > 12 ? points(random(40, seed, ranges)) : points(random(12, seed, ranges));

    assertThat(points(random(trials, seed, ranges))).isEqualTo(more.subList(0, trials));
  }

  @Test
  void drawsTheSameForever() {
    List<Map<String, JsonNode>> golden = points(random(3, 7, RATES));

    assertThat(Json.toText(golden)).isEqualTo(GOLDEN);
  }

  /** Computed by a second program as well, in Python. */
  private static final String GOLDEN =
      "[{\"sampling.steps\":4,\"training.ema\":0.9,\"training.learningRate\":3.52855E-5,\"trai"
          + "ning.clipNorm\":1.73027,\"training.warmup\":3,\"sampling.spacing\":\"published\"},{\"sam"
          + "pling.steps\":5,\"training.ema\":0.9,\"training.learningRate\":4.93842E-6,\"training.c"
          + "lipNorm\":0.861353,\"training.warmup\":4,\"sampling.spacing\":\"published\"},{\"sampling"
          + ".steps\":2,\"training.ema\":0.9,\"training.learningRate\":3.58999E-6,\"training.clipNo"
          + "rm\":0.58152,\"training.warmup\":3,\"sampling.spacing\":\"uniform\"}]";

  @Test
  void anotherSeedDrawsOthers() {
    assertThat(points(random(6, 1, RATES)))
        .doesNotContainAnyElementsOf(points(random(6, 2, RATES)));
  }

  @Test
  void usesEveryGridPointEquallyOftenWithRanges() {
    List<Map<String, JsonNode>> drawn = points(random(36, 3, RATES));

    for (int epoch = 0; epoch < 3; epoch++) {
      Set<List<JsonNode>> places = new HashSet<>();
      for (Map<String, JsonNode> point : drawn.subList(12 * epoch, 12 * epoch + 12)) {
        places.add(List.of(point.get("sampling.steps"), point.get("training.ema")));
      }
      assertThat(places).hasSize(12);
    }
  }

  /** Kolmogorov-Smirnov: the largest gap to the uniform distribution is below 1.63 / sqrt(n). */
  @Test
  void spreadsNumbersEvenly() {
    int count = 4000;
    List<Map<String, JsonNode>> drawn = points(random(count, 11, RATES));

    double bound = 1.63 / Math.sqrt(count);
    assertThat(
            gap(
                drawn.stream()
                    .mapToDouble(p -> (p.get("training.clipNorm").doubleValue() - 0.5) / 1.5)
                    .sorted()
                    .toArray()))
        .isLessThan(bound);
    assertThat(
            gap(
                drawn.stream()
                    .mapToDouble(
                        p -> Math.log10(p.get("training.learningRate").doubleValue() / 1e-6) / 2)
                    .sorted()
                    .toArray()))
        .isLessThan(bound);
    for (int value = 0; value < 10; value++) {
      int wanted = value;
      long hits = drawn.stream().filter(p -> p.get("training.warmup").intValue() == wanted).count();
      assertThat((double) hits).isCloseTo(count / 10.0, within(4 * Math.sqrt(count / 10.0)));
    }
    long uniform =
        drawn.stream().filter(p -> p.get("sampling.spacing").asText().equals("uniform")).count();
    assertThat((double) uniform).isCloseTo(count / 2.0, within(4 * Math.sqrt(count / 4.0)));
  }

  private static double gap(double[] sorted) {
    return IntStream.range(0, sorted.length)
        .mapToDouble(
            i ->
                Math.max(
                    Math.abs(sorted[i] - (double) i / sorted.length),
                    Math.abs(sorted[i] - (i + 1.0) / sorted.length)))
        .max()
        .orElseThrow();
  }

  /** Every place of every point is as likely: a chi-square over first draws of many seeds. */
  @Test
  void firstPlacesAreEvenOverSeeds() {
    int seeds = 1200;
    int[] hits = new int[12];
    SearchSpec any = SearchSpec.grid();
    for (long seed = 0; seed < seeds; seed++) {
      SearchSpec search =
          new SearchSpec(
              SearchMethod.RANDOM, java.util.Optional.of(2), seed, null, null, any.minIterations());
      hits[new Draws(search, 12).place(1)]++;
    }

    double expected = seeds / 12.0;
    double chi =
        IntStream.of(hits).mapToDouble(h -> (h - expected) * (h - expected) / expected).sum();
    assertThat(chi).as("99.9 % of chi-square with 11 degrees").isLessThan(31.3);
  }

  @Test
  void numbersHaveSixDigitsAndSurviveText() {
    for (Map<String, JsonNode> point : points(random(200, 2, RATES))) {
      JsonNode rate = point.get("training.learningRate");
      assertThat(new BigDecimal(rate.asText()).stripTrailingZeros().precision())
          .isLessThanOrEqualTo(6);
      assertThat(node(rate.toString())).isEqualTo(rate);
      assertThat(rate.doubleValue()).isBetween(1e-6, 1e-4);
    }
  }

  @Test
  void rungsEndWithTheWholeTraining() {
    assertThat(halving(5, 3).rungs(50)).containsExactly(5, 15, 45, 50);
    assertThat(halving(5, 2).rungs(40)).containsExactly(5, 10, 20, 40);
    assertThat(halving(50, 3).rungs(50)).containsExactly(50);
    assertThat(halving(2, Integer.MAX_VALUE).rungs(Integer.MAX_VALUE))
        .containsExactly(2, Integer.MAX_VALUE);
    assertThat(SearchSpec.grid().rungs(50)).containsExactly(50);
  }

  private static SearchSpec halving(int least, int reduction) {
    return new SearchSpec(
        SearchMethod.HALVING,
        java.util.Optional.empty(),
        null,
        null,
        reduction,
        java.util.Optional.of(least));
  }

  @Test
  void searchIsNoPartOfATask() {
    Grid halved = grid(GRID + "  search: {method: halving, minIterations: 10}\n");

    assertThat(halved.size()).isEqualTo(12);
    assertThat(halved.point(3)).isEqualTo(grid(GRID).point(3));
  }

  @Test
  void survivesYaml() {
    ExperimentSpec spec = ExperimentSpecs.parse("s.yaml", HEAD + random(5, 7, RATES));

    assertThat(ExperimentSpecs.parse("again.yaml", SpecText.yaml(spec))).isEqualTo(spec);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "search: {method: randon} | s.yaml:12: spec.search.method: 'randon' is not valid; expected one of grid, random, halving; did you mean 'random'?",
        "search: {method: random} | s.yaml:12: spec.search: trials is required by method: random; expected spec.search.trials, the number of points to draw",
        "search: {trials: 3} | s.yaml:12: spec.search.trials: trials are drawn, but method: grid takes every point; expected method: random or halving",
        "search: {method: random, trials: 13} | s.yaml:12: spec.search.trials: 13 points are to be drawn without replacement from a grid of 12; expected at most 12, or ranges",
        "search: {method: random, trials: 3, minIterations: 5} | s.yaml:12: spec.search.minIterations: minIterations belongs to method: halving, not random; expected method: halving",
        "search: {method: halving} | s.yaml:12: spec.search: minIterations is required by method: halving; expected spec.search.minIterations, the iterations of the first rung",
        "search: {method: halving, minIterations: 5, reduction: 1} | s.yaml:12: spec.search.reduction: 1 is not valid; expected at least 2",
        "search: {method: halving, minIterations: 5, ranges: {training.beta1: {uniform: [0.8, 0.9]}}} | s.yaml:12: spec.search.ranges: trials is required by ranges; expected spec.search.trials, the number of points to draw",
        "search: {method: random, trials: 3, ranges: {training.beta1: {uniforn: [0, 1]}}} | s.yaml:12: spec.search.ranges['training.beta1'].uniforn: unknown field; expected one of uniform, logUniform, integers, choice; did you mean 'uniform'?",
        "search: {method: random, trials: 3, ranges: {training.beta1: {uniform: [0.9, 0.8]}}} | s.yaml:12: spec.search.ranges['training.beta1']: uniform must end above its beginning, not [0.9, 0.8]",
        "search: {method: random, trials: 3, ranges: {training.beta1: {uniform: [0.5, 1.5]}}} | s.yaml:12: spec.search.ranges['training.beta1'].uniform[1]: training.beta1: 1.5 is not valid for training.beta1; expected less than 1",
        "search: {method: random, trials: 3, ranges: {training.beta: {uniform: [0, 0.5]}}} | s.yaml:12: spec.search.ranges['training.beta'].uniform[0]: 'training.beta' is no field of base; expected the dotted path of a field; did you mean 'training.beta1'?",
        "search: {method: random, trials: 3, ranges: {sampling.eta: {uniform: [0, 1]}, training.ema: {uniform: [0, 0.9]}}} | s.yaml:12: spec.search.ranges['training.ema']: 'training.ema' is an axis of the grid too; expected one of the two",
        "search: {method: random, trials: 3, ranges: {training.warmup: {uniform: [0, 9]}}} | s.yaml:12: spec.search.ranges['training.warmup'].uniform: 'training.warmup' takes integers, and uniform draws any numbers; expected integers: [low, high]",
        "search: {method: random, trials: 3, ranges: {training: {choice: [{ema: 0.5}]}}} | s.yaml:12: spec.search.ranges['training.ema']: 'training.ema' lies inside 'training'; expected one of the two",
      })
  void explains(String search, String line) {
    assertThatThrownBy(() -> ExperimentSpecs.parse("s.yaml", HEAD + GRID + "  " + search + "\n"))
        .isInstanceOf(SpecException.class)
        .hasMessage(line);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        ", validation: {every: 5}} | } | {sampling.eta: [0, 1]} | s.yaml:9: spec.base.training: trials are halved by their validation, and they have none; expected training.validation, such as {every: 10, samples: 256}",
        "iterations: 50 | iterations: 50, schedule: cosine | {sampling.eta: [0, 1]} | s.yaml:9: spec.base.training.schedule: the rate of schedule: cosine depends on the number of iterations, so that a rung is not the beginning of the next; expected one of constant, step",
        "iterations: 50 | iterations: 50 | {training.iterations: [40, 50]} | s.yaml:11: spec.grid['training.iterations']: trials that are halved train for the same number of iterations in the end; expected one number",
        "iterations: 50 | iterations: 50 | {loss.mmdBatch: [64, 128], loss.kernel: [cubic, rbf]} | s.yaml:11: spec.grid['loss.kernel']: validations with different losses, validation images or settings cannot be compared, and halving compares the trials' validations; expected one loss (but for mmdBatch and microBatch), one validation and one data.train for all trials; an experiment for each",
      })
  void explainsWhatCannotBeHalved(String written, String instead, String grid, String line) {
    String text =
        HEAD.replace(written, instead)
            + "  grid: "
            + grid
            + "\n  search: {method: halving, minIterations: 5}\n";

    assertThatThrownBy(() -> ExperimentSpecs.parse("s.yaml", text)).hasMessage(line);
  }

  private static JsonNode node(String json) {
    try {
      return Json.specs().readTree(json);
    } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
      throw new IllegalArgumentException(e);
    }
  }
}

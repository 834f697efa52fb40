package dev.fewstep.schemas.spec;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.fewstep.schemas.Json;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ExperimentSpecsTest {
  private static final String FULL = Samples.text("spec/full.yaml");

  @Test
  void readsEveryField() {
    ExperimentSpec experiment = ExperimentSpecs.parse("full.yaml", FULL);

    assertThat(experiment.metadata().name()).isEqualTo("kernels");
    assertThat(experiment.spec().grid().keySet()).containsExactly("loss.kernel", "sampling.steps");
    assertThat(experiment.spec().policy().retry().backoff()).isEqualTo(Duration.ofSeconds(10));
    assertThat(experiment.spec().evaluation().baseSteps()).containsExactly(10, 50);
    assertThat(Grid.of(experiment.spec()).size()).isEqualTo((3 * 2 - 1 + 1) * 2);
  }

  @Test
  void survivesJson() throws Exception {
    ExperimentSpec experiment = ExperimentSpecs.parse("full.yaml", FULL);

    String json = Json.toText(experiment);

    assertThat(ExperimentSpecs.parse("again.json", json)).isEqualTo(experiment);
    assertThat(Json.messages().readValue(json, ExperimentSpec.class)).isEqualTo(experiment);
  }

  @Test
  void namesTheUnknownFieldItsPlaceAndTheNearestName() {
    assertThat(lines(FULL.replace("{steps: 5,", "{stpes: 5,")))
        .containsExactly(
            "grid.yaml:11: spec.base.sampling.stpes: unknown field; expected one of steps, spacing,"
                + " eta, sections, label; did you mean 'steps'?");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "kernel: cubic, ext | kernel: cubik, ext | grid.yaml:12: spec.base.loss.kernel: 'cubik' is not valid; expected one of cubic, linear, rbf, polynomial, rational-quadratic; did you mean 'cubic'?",
        "steps: 5, sp | steps: five, sp | grid.yaml:11: spec.base.sampling.steps: 'five' has the wrong type; expected an integer",
        "steps: 5, sp | steps: 1001, sp | grid.yaml:11: spec.base.sampling.steps: 1001 is not valid; expected at most 1000",
        "flip: true | flip: yes | grid.yaml:9: spec.base.data.flip: unquoted 'yes' is a boolean to some readers of YAML and text to others; expected true, false, or quoted text",
        "samples: 2048 | samples: 1 | grid.yaml:25: spec.evaluation.samples: 1 is not valid; expected at least 2",
        "linear, rbf] | linear, rfb] | grid.yaml:15: spec.grid['loss.kernel'][2]: axis loss.kernel: 'rfb' is not valid for loss.kernel; expected one of cubic, linear, rbf, polynomial, rational-quadratic; did you mean 'rbf'?",
        "sampling.steps: [4, 5] | sampling.steps: [4, '5'] | grid.yaml:16: spec.grid['sampling.steps'][1]: axis sampling.steps: '5' has the wrong type for sampling.steps; expected an integer",
        "microBatch: 32} | microBatch: 128} | grid.yaml:12: spec.base.loss: microBatch must be 1 to mmdBatch (64), not 128",
        "[fashion-mnist-b] | [fashion-mnist-a] | grid.yaml:24: spec.evaluation.extractors: trials that train on fashion-mnist-a/multi have no held-out score; expected another extractor than fashion-mnist-a",
        "name: kernels | names: kernels | grid.yaml:4: metadata.names: unknown field; expected one of name, project, labels; did you mean 'name'?",
        "include: | includes: | grid.yaml:19: spec.includes: unknown field; expected one of base, grid, exclude, include, seeds, search, evaluation, policy, resources; did you mean 'include'?",
        "rbf, sampling.steps: 4 | rbf, sampling.stepz: 4 | grid.yaml:18: spec.exclude[0]['sampling.stepz']: 'sampling.stepz' is no axis; expected one of loss.kernel, sampling.steps; did you mean 'sampling.steps'?",
        "rbf, sampling.steps: 4 | rbf, sampling.steps: 7 | grid.yaml:18: spec.exclude[0]['sampling.steps']: axis sampling.steps never has the value 7; expected one of 4, 5",
        "kernel: cubic, ext | kernel: polynomial, degre: 2, ext | grid.yaml:12: spec.base.loss.degre: unknown field; expected one of kernel, gamma, sigma, bandwidth, bandwidths, alphas, degree, coef0, estimator, precision, extractor, extractors, mmdBatch, microBatch; did you mean 'degree'?",
        "kernel: cubic, ext | kernel: rbf, gamma: 1, sigma: 2, ext | grid.yaml:12: spec.base.loss: gamma and sigma say the same twice",
        "kernel: cubic, ext | kernel: rbf, bandwidth: median, sigma: 2, ext | grid.yaml:12: spec.base.loss: bandwidth: median finds the width itself",
        "kernel: cubic, ext | kernel: rbf, bandwidths: [1, 0], ext | grid.yaml:12: spec.base.loss.bandwidths[1]: 0 is not valid; expected more than 0",
        "kernel: cubic, ext | kernel: rational, ext | grid.yaml:12: spec.base.loss.kernel: 'rational' is not valid; expected one of cubic, linear, rbf, polynomial, rational-quadratic",
        "kernel: cubic, ext | extractors: [{extractor: fashion-mnist-c}], ext | grid.yaml:12: spec.base.loss: loss.extractor is required, or several in loss.extractors, but not both",
        "extractor: fashion-mnist-a/multi, | extractors: [{extractor: c}, {extractor: c/multi, weight: 0}], | grid.yaml:12: spec.base.loss.extractors[1].weight: 0 is not valid; expected more than 0",
        "extractor: fashion-mnist-a/multi, | extractors: [{extractor: c}, {extractor: fashion-mnist-b}], | grid.yaml:24: spec.evaluation.extractors: trials that train on c, fashion-mnist-b have no held-out score; expected another extractor than c, fashion-mnist-b",
        "warmup: 10} | parity: published} | grid.yaml:8: spec.base: spacing must be published with parity: published",
        "warmup: 10} | parity: published, warmup: 10} | grid.yaml:13: spec.base.training: warmup must be 0 with parity: published, whose rate is constant, not 10",
        "warmup: 10} | accumulate: 4} | grid.yaml:13: spec.base.training: accumulate belongs to parity: published",
        "warmup: 10} | schedule: step} | grid.yaml:13: spec.base.training: decayEvery is required by schedule: step",
        "warmup: 10} | validation: {fraction: 0.6}} | grid.yaml:13: spec.base.training.validation.fraction: 0.6 is not valid; expected at most 0.5",
        "extractor: fashion-mnist-a/multi, | `` | grid.yaml:12: spec.base.loss: loss.extractor is required",
      })
  void explains(String written, String instead, String line) {
    assertThat(FULL).contains(written);
    assertThat(lines(FULL.replace(written, instead)))
        .anySatisfy(found -> assertThat(found).startsWith(line));
  }

  @Test
  void namesTheNearestPathForAnAxisThatIsNone() {
    List<SpecProblem> problems = problems(FULL.replace("    loss.kernel: [", "    loss.kernal: ["));

    assertThat(problems)
        .anySatisfy(
            problem -> {
              assertThat(problem.line()).isEqualTo(15);
              assertThat(problem.message()).isEqualTo("'loss.kernal' is no field of base");
              assertThat(problem.nearest()).contains("loss.kernel");
            });
  }

  @Test
  void reportsEverythingAtOnceInTheOrderOfTheText() {
    String text =
        FULL.replace("flip: true", "flip: no")
            .replace("kernel: cubic, ext", "kernel: quadric, ext")
            .replace("priority: 60", "priority: 101")
            .replace("linear, rbf]", "linear, 7]");

    assertThat(problems(text)).extracting(SpecProblem::line).startsWith(9, 12, 15).contains(27);
    assertThat(problems(text)).hasSizeGreaterThanOrEqualTo(4);
  }

  @Test
  void refusesAxesThatOverlapRepeatOrAreTooMany() {
    assertThat(lines(FULL.replace("    sampling.steps: [4, 5]", "    loss: [{kernel: rbf}]")))
        .anyMatch(line -> line.contains("'loss.kernel' lies inside 'loss'"));
    assertThat(lines(FULL.replace("[4, 5]", "[4, 5, 5.0]")))
        .anyMatch(line -> line.contains("axis sampling.steps has the value 5.0 twice"));
    String thousand = IntStream.rangeClosed(1, 1000).boxed().toList().toString();
    assertThat(lines(FULL.replace("[4, 5]", thousand + "\n    training.iterations: " + thousand)))
        .anyMatch(line -> line.contains("3.000e+06 grid points; expected at most 1000000 trials"));
  }

  @Test
  void findsThePointOfTheGridThatIsNoConfiguration() {
    assertThat(
            lines(
                FULL.replace("sampling.steps: [4, 5]", "loss.mmdBatch: [16, 64]")
                    .replace(", sampling.steps: 4}", ", loss.mmdBatch: 16}")))
        .anyMatch(
            line ->
                line.startsWith(
                    "grid.yaml:16: spec.grid['loss.mmdBatch']: microBatch must be 1 to mmdBatch"
                        + " (16), not 32, at loss.kernel='cubic', loss.mmdBatch=16"));
  }

  /**
   * A megabyte of nonsense ends in a short list of problems; work grows no faster than the text.
   */
  @Test
  void endsSoonOnHostileGrids() {
    String axes =
        IntStream.range(0, 20_000).mapToObj(i -> "    a." + i + ": [1]\n").collect(joining());
    String includes =
        "  include:\n    - {"
            + IntStream.range(0, 20_000).mapToObj(i -> "x." + i + ": 1").collect(joining(", "))
            + "}\n";
    String excludes =
        IntStream.range(0, 15_000)
            .mapToObj(i -> "    - {sampling.steps: " + i + "}\n")
            .collect(joining());

    assertThat(lines(FULL.replace("  grid:\n", "  grid:\n" + axes)))
        .anyMatch(line -> line.contains("20002 axes; expected at most 16"));
    assertThat(lines(FULL.replaceAll("  include:\n.*\n", includes))).hasSizeBetween(50, 100);
    assertThat(lines(FULL.replace("  exclude:\n", "  exclude:\n" + excludes)))
        .hasSizeBetween(50, 100);
  }

  private static List<SpecProblem> problems(String text) {
    SpecException refusal =
        catchThrowableOfType(SpecException.class, () -> ExperimentSpecs.parse("grid.yaml", text));
    assertThat(refusal).isNotNull();
    return refusal.problems();
  }

  private static List<String> lines(String text) {
    return problems(text).stream().map(SpecProblem::toLine).toList();
  }
}

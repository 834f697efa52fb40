package dev.fewstep.bench.orchestration;

import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Specifications of the benchmark: a finetune and an evaluation for each trial. */
final class Grids {
  private Grids() {}

  /**
   * A grid over iterations and seeds.
   *
   * @param first the first number of iterations, which makes the tasks of two grids different ones
   * @param points grid points
   * @param seeds seeds of each
   */
  static String grid(String name, int first, int points, int seeds) {
    return """
        apiVersion: fewstep/v1
        kind: Experiment
        metadata: {name: %s}
        spec:
          base:
            data: {train: train}
            model: {weights: ddpm}
            loss: {extractor: small/multi}
          grid:
            training.iterations: [%s]
          seeds: [%s]
          evaluation:
            reference: test
            extractors: [wide]
            samples: 2048
            baseSteps: [10]
        """
        .formatted(name, numbers(first, points), numbers(0, seeds));
  }

  private static String numbers(int first, int count) {
    return IntStream.range(first, first + count)
        .mapToObj(Integer::toString)
        .collect(Collectors.joining(", "));
  }
}

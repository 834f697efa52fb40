package dev.fewstep.worker.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import dev.fewstep.worker.evaluation.NearestNeighbours.Distance;
import dev.fewstep.worker.evaluation.NearestNeighbours.Neighbour;
import dev.fewstep.worker.tensor.TorchEngine;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class NearestNeighboursTest {
  private static NDManager manager;

  @BeforeAll
  static void open() {
    manager = TorchEngine.newManager(Device.cpu());
  }

  @AfterAll
  static void close() {
    manager.close();
  }

  @Test
  void pointsOfThePlane() {
    try (NearestNeighbours search =
        new NearestNeighbours(manager, Distance.L2, new float[] {0, 0, 10, 0}, 2, 2)) {
      search.add(new float[] {3, 4, 10, 1, 10, 0});
      search.add(new float[] {0, 1});
      List<List<Neighbour>> found = search.neighbours();
      assertThat(found.get(0)).containsExactly(new Neighbour(3, 1), new Neighbour(0, 5));
      assertThat(found.get(1)).containsExactly(new Neighbour(2, 0), new Neighbour(1, 1));
    }
  }

  @Test
  void cosineForgetsLengths() {
    try (NearestNeighbours search =
        new NearestNeighbours(manager, Distance.COSINE, new float[] {2, 0}, 2, 3)) {
      search.add(new float[] {0, 5, -1, 0, 7, 7, 100, 0});
      List<Neighbour> found = search.neighbours().get(0);
      assertThat(found).extracting(Neighbour::index).containsExactly(3L, 2L, 0L);
      assertThat(found.get(0).distance()).isZero();
      assertThat(found.get(1).distance()).isCloseTo(1 - Math.sqrt(0.5), within(1e-12));
      assertThat(found.get(2).distance()).isCloseTo(1, within(1e-12));
    }
  }

  @Test
  void blocksChangeNothingAndTiesGoToTheEarlier() {
    Random random = new Random(2);
    int d = 7;
    float[] queries = gaussian(random, 5 * d);
    float[] points = gaussian(random, 100 * d);
    // A far offset makes |q|²+|p|²-2qp lose digits; exact copies must still be found at 0.
    for (int i = 0; i < points.length; i++) {
      points[i] += 1000;
    }
    for (int i = 0; i < queries.length; i++) {
      queries[i] += 1000;
    }
    System.arraycopy(queries, 0, points, 40 * d, d);
    System.arraycopy(queries, 0, points, 70 * d, d);
    List<List<Neighbour>> expected = bruteForce(queries, points, d, 4);
    for (int block : new int[] {1, 33, 100}) {
      try (NearestNeighbours search = new NearestNeighbours(manager, Distance.L2, queries, d, 4)) {
        for (int from = 0; from < 100; from += block) {
          int to = Math.min(100, from + block);
          search.add(java.util.Arrays.copyOfRange(points, from * d, to * d));
        }
        assertThat(search.neighbours()).isEqualTo(expected);
        assertThat(search.neighbours().get(0).get(0)).isEqualTo(new Neighbour(40, 0));
        assertThat(search.neighbours().get(0).get(1)).isEqualTo(new Neighbour(70, 0));
      }
    }
  }

  @Test
  void whatHasNoDistanceIsRefused() {
    assertThatThrownBy(
            () ->
                new NearestNeighbours(
                    manager, Distance.L2, new float[] {1, Float.POSITIVE_INFINITY}, 2, 1))
        .hasMessageContaining("query 0 is not finite");
    try (NearestNeighbours search =
        new NearestNeighbours(manager, Distance.COSINE, new float[] {1, 1}, 2, 1)) {
      assertThatThrownBy(() -> search.add(new float[] {1, 1, 0, 0}))
          .hasMessageContaining("vector 1 is zero");
      assertThatThrownBy(() -> search.add(new float[] {1})).hasMessageContaining("rows of 2");
    }
  }

  private static float[] gaussian(Random random, int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  private static List<List<Neighbour>> bruteForce(float[] queries, float[] points, int d, int k) {
    List<List<Neighbour>> all = new ArrayList<>();
    for (int q = 0; q < queries.length / d; q++) {
      List<Neighbour> one = new ArrayList<>();
      for (int p = 0; p < points.length / d; p++) {
        double sum = 0;
        for (int i = 0; i < d; i++) {
          double difference = (double) queries[q * d + i] - points[p * d + i];
          sum += difference * difference;
        }
        one.add(new Neighbour(p, Math.sqrt(sum)));
      }
      one.sort(Comparator.comparingDouble(Neighbour::distance));
      all.add(List.copyOf(one.subList(0, k)));
    }
    return all;
  }
}

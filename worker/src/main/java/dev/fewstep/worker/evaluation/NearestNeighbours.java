package dev.fewstep.worker.evaluation;

import static dev.fewstep.schemas.spec.Checks.require;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.fewstep.worker.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The k nearest of very many vectors for each of some queries. Vectors stream through in blocks and
 * are not kept. Candidates are found by |q|² + |p|² - 2 q.p in double; the distances reported are
 * summed from differences in double, so that a copy has distance 0.
 */
public final class NearestNeighbours implements AutoCloseable {
  /** How far apart two vectors are. */
  public enum Distance {
    /** Euclidean. */
    L2,
    /** 1 - cos of the angle, in [0, 2]. */
    COSINE;

    /** Its name as a user writes it. */
    public String text() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * A vector near a query.
   *
   * @param index its index among all vectors, in the order they came
   * @param distance to the query
   */
  public record Neighbour(long index, double distance) {}

  private static final double SLACK = 1e-9;

  private final Distance distance;
  private final int dimensions;
  private final int k;
  private final double[] queries;
  private final double[] squares;
  private final List<List<Neighbour>> found = new ArrayList<>();
  private final NDManager manager;
  private final NDArray matrix;
  private long seen;

  /**
   * Prepares a search.
   *
   * @param parent whose device multiplies
   * @param distance L2, or the cosine distance
   * @param queries row after row
   * @param dimensions values of a row, at least 1
   * @param k neighbours wanted, at least 1
   * @throws IllegalArgumentException when a value is not finite or, for the cosine, a row is zero
   */
  public NearestNeighbours(
      NDManager parent, Distance distance, float[] queries, int dimensions, int k) {
    require(k >= 1, "k must be at least 1, not %s", k);
    require(dimensions >= 1, "dimensions must be at least 1, not %s", dimensions);
    require(
        queries.length > 0 && queries.length % dimensions == 0,
        "%s values are no rows of %s",
        queries.length,
        dimensions);
    this.distance = distance;
    this.dimensions = dimensions;
    this.k = k;
    this.queries = rows(queries, "query");
    this.squares = squares(this.queries);
    int count = queries.length / dimensions;
    for (int i = 0; i < count; i++) {
      found.add(new ArrayList<>());
    }
    manager = parent.newSubManager();
    matrix = Tensors.of(manager, this.queries, new Shape(count, dimensions));
  }

  /** Takes the next vectors, row after row; their indices go on from those before. */
  public void add(float[] vectors) {
    require(
        vectors.length % dimensions == 0,
        "%s values are no rows of %s",
        vectors.length,
        dimensions);
    int count = vectors.length / dimensions;
    if (count == 0) {
      return;
    }
    double[] points = rows(vectors, "vector");
    double[] lengths = squares(points);
    double[] products;
    try (NDManager scope = manager.newSubManager()) {
      NDArray block = Tensors.of(scope, points, new Shape(count, dimensions));
      products = matrix.matMul(block.transpose()).toDoubleArray();
    }
    for (int q = 0; q < found.size(); q++) {
      List<Neighbour> best = found.get(q);
      for (int p = 0; p < count; p++) {
        double near = squares[q] + lengths[p] - 2 * products[q * count + p];
        if (best.size() < k || near <= limit(best, squares[q] + lengths[p])) {
          insert(best, new Neighbour(seen + p, exact(q, points, p)));
        }
      }
    }
    seen += count;
  }

  /**
   * The neighbours of every query, nearest first; of equally near ones the earlier first.
   *
   * @return as many lists as queries, each of min(k, vectors seen)
   */
  public List<List<Neighbour>> neighbours() {
    return found.stream().map(List::copyOf).toList();
  }

  @Override
  public void close() {
    manager.close();
  }

  /** The squared distance from which a candidate cannot be among the best, with room to round. */
  private double limit(List<Neighbour> best, double scale) {
    double worst = best.get(best.size() - 1).distance();
    double square = distance == Distance.L2 ? worst * worst : 2 * worst;
    return square + SLACK * (square + scale);
  }

  private void insert(List<Neighbour> best, Neighbour candidate) {
    int at = best.size();
    while (at > 0 && best.get(at - 1).distance() > candidate.distance()) {
      at--;
    }
    best.add(at, candidate);
    if (best.size() > k) {
      best.remove(best.size() - 1);
    }
  }

  private double exact(int query, double[] points, int point) {
    double sum = 0;
    for (int i = 0; i < dimensions; i++) {
      double difference = queries[query * dimensions + i] - points[point * dimensions + i];
      sum += difference * difference;
    }
    return distance == Distance.L2 ? Math.sqrt(sum) : sum / 2;
  }

  /** In double; for the cosine every row has length 1, where 1 - cos is half the squared L2. */
  private double[] rows(float[] values, String what) {
    double[] rows = new double[values.length];
    for (int row = 0; row < values.length / dimensions; row++) {
      double square = 0;
      for (int i = row * dimensions; i < (row + 1) * dimensions; i++) {
        require(Float.isFinite(values[i]), "a value of %s %s is not finite", what, row);
        rows[i] = values[i];
        square += rows[i] * rows[i];
      }
      if (distance == Distance.COSINE) {
        require(square > 0, "%s %s is zero: it has no direction", what, row);
        double length = Math.sqrt(square);
        for (int i = row * dimensions; i < (row + 1) * dimensions; i++) {
          rows[i] /= length;
        }
      }
    }
    return rows;
  }

  private double[] squares(double[] rows) {
    double[] squares = new double[rows.length / dimensions];
    for (int i = 0; i < rows.length; i++) {
      squares[i / dimensions] += rows[i] * rows[i];
    }
    return squares;
  }
}

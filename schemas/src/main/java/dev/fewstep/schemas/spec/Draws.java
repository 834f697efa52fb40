package dev.fewstep.schemas.spec;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.fewstep.schemas.Digests;
import java.math.BigDecimal;
import java.math.MathContext;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Points drawn at random. A draw is a function of the search's seed, what is drawn and the point's
 * index: the first 64 bits of SHA-256 over these. So it is the same on every machine, and further
 * points leave the earlier ones as they are.
 *
 * <p>Places of the grid come without replacement, by a Fisher-Yates shuffle of which only the
 * beginning is made; with ranges the grid is shuffled anew when it is used up.
 */
final class Draws {
  /** Decimal digits that numbers drawn from a range keep. */
  static final int DIGITS = 6;

  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
  private static final MathContext ROUNDING = new MathContext(DIGITS);

  private final long seed;
  private final Map<String, RangeSpec> ranges;
  private final int[] places;

  /**
   * Draws.
   *
   * @param points points of the grid that are not left out, at least 1
   */
  Draws(SearchSpec search, long points) {
    this.seed = search.seed();
    this.ranges = search.ranges();
    this.places = places(search.trials().orElseThrow(), (int) points);
  }

  private int[] places(int count, int points) {
    int[] chosen = new int[count];
    Map<Integer, Integer> moved = new HashMap<>();
    for (int i = 0; points > 1 && i < count; i++) {
      int from = i % points;
      if (from == 0) {
        moved.clear();
      }
      int to = from + (int) Long.remainderUnsigned(bits("grid", i), points - from);
      chosen[i] = moved.getOrDefault(to, to);
      moved.put(to, moved.getOrDefault(from, from));
    }
    return chosen;
  }

  /** Number of points drawn. */
  int count() {
    return places.length;
  }

  /** Place of a point among those of the grid that are not left out. */
  int place(int point) {
    return places[point];
  }

  /** What a point has drawn from the ranges, by path. */
  Map<String, JsonNode> values(int point) {
    Map<String, JsonNode> values = new LinkedHashMap<>();
    ranges.forEach((path, range) -> values.put(path, value(range, bits("range " + path, point))));
    return values;
  }

  private static JsonNode value(RangeSpec range, long bits) {
    double part = (bits >>> 11) * 0x1p-53;
    if (range.uniform().isPresent()) {
      List<Double> ends = range.uniform().get();
      return number(ends.get(0) + part * (ends.get(1) - ends.get(0)), ends);
    }
    if (range.logUniform().isPresent()) {
      List<Double> ends = range.logUniform().get();
      // StrictMath is the same on every machine.
      double low = StrictMath.log(ends.get(0));
      double high = StrictMath.log(ends.get(1));
      return number(StrictMath.exp(low + part * (high - low)), ends);
    }
    if (range.integers().isPresent()) {
      List<Long> ends = range.integers().get();
      long count = ends.get(1) - ends.get(0) + 1;
      return NODES.numberNode(ends.get(0) + Long.remainderUnsigned(bits, count));
    }
    List<JsonNode> choices = range.choice().orElseThrow();
    return choices.get((int) Long.remainderUnsigned(bits, choices.size()));
  }

  /** Rounded, so that it is written as it is read, and kept within its range. */
  private static JsonNode number(double value, List<Double> ends) {
    double rounded = new BigDecimal(value).round(ROUNDING).doubleValue();
    return NODES.numberNode(Math.min(Math.max(rounded, ends.get(0)), ends.get(1)));
  }

  private long bits(String what, int point) {
    String text = "fewstep search\n" + seed + "\n" + what + "\n" + point;
    return ByteBuffer.wrap(Digests.sha256().digest(text.getBytes(StandardCharsets.UTF_8)))
        .getLong();
  }
}

package dev.fewstep.schemas.spec;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;

/**
 * Which points of a product are left out, with the way from the n-th kept point to its place in the
 * product. One bit a point: at most 125 kB.
 */
final class Exclusion {
  private static final int BLOCK = 1024;

  private final BitSet excluded;
  private final int[] keptBefore;
  private final long kept;

  private Exclusion(BitSet excluded, int size) {
    this.excluded = excluded;
    this.keptBefore = new int[size / BLOCK + 1];
    int count = 0;
    for (int block = 0; block < keptBefore.length; block++) {
      keptBefore[block] = count;
      int end = Math.min(size, (block + 1) * BLOCK);
      count += end - block * BLOCK - excluded.get(block * BLOCK, end).cardinality();
    }
    this.kept = count;
  }

  /**
   * Finds the points that have all the values of one entry.
   *
   * @param axes axes, the slowest first; entries name them
   * @param values values of each axis
   */
  static Exclusion of(
      List<String> axes, List<List<JsonNode>> values, List<Map<String, JsonNode>> entries) {
    int size = 1;
    for (List<JsonNode> choices : values) {
      size = Math.multiplyExact(size, choices.size());
    }
    BitSet excluded = new BitSet(size);
    for (Map<String, JsonNode> entry : entries) {
      mark(excluded, axes, values, entry, 0, 0);
    }
    return new Exclusion(excluded, size);
  }

  private static void mark(
      BitSet excluded,
      List<String> axes,
      List<List<JsonNode>> values,
      Map<String, JsonNode> entry,
      int axis,
      int point) {
    if (axis == axes.size()) {
      excluded.set(point);
      return;
    }
    JsonNode wanted = entry.get(axes.get(axis));
    List<JsonNode> choices = values.get(axis);
    for (int choice = 0; choice < choices.size(); choice++) {
      if (wanted == null || GridCheck.same(wanted, choices.get(choice))) {
        mark(excluded, axes, values, entry, axis + 1, point * choices.size() + choice);
      }
    }
  }

  /** Number of points that are not left out. */
  long kept() {
    return kept;
  }

  /** Place in the product of the n-th point that is not left out. */
  long select(long n) {
    int block = Arrays.binarySearch(keptBefore, (int) n);
    if (block < 0) {
      block = -block - 2;
    }
    // Blocks without a kept point share their count with the next one: the last of them holds it.
    while (block + 1 < keptBefore.length && keptBefore[block + 1] <= n) {
      block++;
    }
    int place = excluded.nextClearBit(block * BLOCK);
    for (int left = (int) n - keptBefore[block]; left > 0; left--) {
      place = excluded.nextClearBit(place + 1);
    }
    return place;
  }
}

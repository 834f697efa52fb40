package dev.fewstep.schemas.spec;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Which points of a product are left out, with the way from the n-th kept point to its place in the
 * product. One bit a point: at most 125 kB.
 */
final class Exclusion {
  private static final int BLOCK = 1024;
  private static final int ANY = -1;

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
   * @param axes axes, the slowest first; entries name them and values that they have
   * @param values values of each axis
   */
  static Exclusion of(
      List<String> axes, List<List<JsonNode>> values, List<Map<String, JsonNode>> entries) {
    int size = 1;
    for (List<JsonNode> choices : values) {
      size = Math.multiplyExact(size, choices.size());
    }
    List<Map<JsonNode, Integer>> places = values.stream().map(Exclusion::places).toList();
    BitSet excluded = new BitSet(size);
    for (Map<String, JsonNode> entry : entries) {
      int[] wanted = new int[axes.size()];
      for (int axis = 0; axis < wanted.length; axis++) {
        JsonNode value = entry.get(axes.get(axis));
        wanted[axis] = value == null ? ANY : places.get(axis).get(GridCheck.comparable(value));
      }
      mark(excluded, values, wanted, 0, 0);
    }
    return new Exclusion(excluded, size);
  }

  private static Map<JsonNode, Integer> places(List<JsonNode> choices) {
    Map<JsonNode, Integer> places = new HashMap<>();
    for (JsonNode choice : choices) {
      places.put(GridCheck.comparable(choice), places.size());
    }
    return places;
  }

  private static void mark(
      BitSet excluded, List<List<JsonNode>> values, int[] wanted, int axis, int point) {
    if (axis == wanted.length) {
      excluded.set(point);
      return;
    }
    int choices = values.get(axis).size();
    int first = wanted[axis] == ANY ? 0 : wanted[axis];
    int last = wanted[axis] == ANY ? choices - 1 : wanted[axis];
    for (int choice = first; choice <= last; choice++) {
      mark(excluded, values, wanted, axis + 1, point * choices + choice);
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

package dev.fewstep.schemas.spec;

import java.util.Collection;
import java.util.Locale;
import java.util.Optional;

/** Finds the valid name that somebody probably meant. */
public final class Nearest {
  private static final int LONGEST = 200;

  private Nearest() {}

  /**
   * The name with the least edit distance to what was written, regardless of case; empty when even
   * that differs in more than half of its letters. The first of equally near names wins.
   */
  public static Optional<String> to(String written, Collection<String> names) {
    if (written.isEmpty() || written.length() > LONGEST) {
      return Optional.empty();
    }
    String best = "";
    int least = Integer.MAX_VALUE;
    for (String name : names) {
      int distance = distance(written.toLowerCase(Locale.ROOT), name.toLowerCase(Locale.ROOT));
      if (distance < least) {
        least = distance;
        best = name;
      }
    }
    return least <= Math.max(1, Math.max(best.length(), written.length()) / 2)
        ? Optional.of(best)
        : Optional.empty();
  }

  /** Optimal string alignment: insertions, deletions, substitutions and swaps of neighbours. */
  static int distance(String a, String b) {
    int[][] rows = new int[a.length() + 1][b.length() + 1];
    for (int i = 0; i <= a.length(); i++) {
      for (int j = 0; j <= b.length(); j++) {
        if (i == 0 || j == 0) {
          rows[i][j] = i + j;
          continue;
        }
        int change = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
        int least = Math.min(rows[i - 1][j], rows[i][j - 1]) + 1;
        least = Math.min(least, rows[i - 1][j - 1] + change);
        if (i > 1
            && j > 1
            && a.charAt(i - 1) == b.charAt(j - 2)
            && a.charAt(i - 2) == b.charAt(j - 1)) {
          least = Math.min(least, rows[i - 2][j - 2] + 1);
        }
        rows[i][j] = least;
      }
    }
    return rows[a.length()][b.length()];
  }
}

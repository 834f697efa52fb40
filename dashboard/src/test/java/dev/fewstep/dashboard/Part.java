package dev.fewstep.dashboard;

import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.Arrays;

/** Something beside Java that a test needs. */
final class Part {
  private Part() {}

  /**
   * Goes on where the part is present. Otherwise the test is skipped with a line on standard error,
   * or fails when {@code -Dfewstep.require} names the part.
   *
   * @param missing what is absent and how to get it
   */
  static void needs(String part, boolean present, String missing) {
    if (present) {
      return;
    }
    boolean required =
        Arrays.asList(System.getProperty("fewstep.require", "").split("\\s*,\\s*")).contains(part);
    if (required) {
      fail("part '%s' is required and absent: %s".formatted(part, missing));
    }
    String reason =
        "SKIPPED, part '%s' is absent: %s (-Dfewstep.require=%s makes this an error)"
            .formatted(part, missing, part);
    System.err.println(reason);
    assumeTrue(false, reason);
  }
}

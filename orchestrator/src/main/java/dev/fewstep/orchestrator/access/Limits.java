package dev.fewstep.orchestrator.access;

import static dev.fewstep.schemas.spec.Checks.require;
import static java.util.Objects.requireNonNull;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How much callers may ask for, by each replica for itself.
 *
 * @param requests of each token: what it may ask for; a change counts for {@value #CHANGE}
 * @param signIns of each address: how often it may try to sign in
 * @param refusals of each address: how many of its requests that were refused are noted in the
 *     audit; ten times as many of all addresses together
 */
public record Limits(Rate requests, Rate signIns, Rate refusals) {
  /** What a request that changes something costs. */
  public static final int CHANGE = 5;

  public Limits {
    requireNonNull(requests, "requests");
    requireNonNull(signIns, "signIns");
    requireNonNull(refusals, "refusals");
    require(
        requests.atOnce() >= CHANGE,
        "a token must be able to ask for %s at once, which a change counts for, not for %s",
        CHANGE,
        requests.atOnce());
  }

  /**
   * A steady rate and what may come at once.
   *
   * @param perSecond more than 0
   * @param atOnce 1 or more
   */
  public record Rate(double perSecond, int atOnce) {
    private static final Pattern FORM =
        Pattern.compile("(\\d{1,6}(?:\\.\\d{1,3})?)/s up to (\\d{1,7})");

    public Rate {
      require(perSecond > 0, "a rate must be more than 0 a second, not %s", perSecond);
      require(atOnce >= 1, "a rate must let 1 through at once, not %s", atOnce);
    }

    /**
     * Reads a rate such as {@code 100/s up to 2000}.
     *
     * @throws IllegalArgumentException when it is none
     */
    public static Rate parse(String text) {
      Matcher form = FORM.matcher(text.strip());
      require(form.matches(), "'%s' is no rate like '100/s up to 2000'", text);
      return new Rate(Double.parseDouble(form.group(1)), Integer.parseInt(form.group(2)));
    }

    /** A budget for each of many callers. */
    public RateLimit limit() {
      return new RateLimit(perSecond, atOnce);
    }

    /** So many times as much. */
    public Rate times(int factor) {
      return new Rate(perSecond * factor, atOnce * factor);
    }
  }

  /** Those that hold unless others are set. */
  public static Limits usual() {
    return new Limits(new Rate(100, 2_000), new Rate(1, 60), new Rate(0.2, 20));
  }
}

package dev.fewstep.schemas.spec;

import static dev.fewstep.schemas.spec.Checks.require;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What the values of a field are drawn from; exactly one of the four is given.
 *
 * @param uniform [low, high]: any number between them, all equally likely
 * @param logUniform [low, high], both positive: the number's logarithm is uniform
 * @param integers [low, high]: any integer from low to high, both included
 * @param choice one of the values, all equally likely
 */
public record RangeSpec(
    Optional<List<Double>> uniform,
    Optional<List<Double>> logUniform,
    Optional<List<Long>> integers,
    Optional<List<JsonNode>> choice) {
  public RangeSpec {
    uniform = uniform == null ? Optional.empty() : uniform.map(List::copyOf);
    logUniform = logUniform == null ? Optional.empty() : logUniform.map(List::copyOf);
    integers = integers == null ? Optional.empty() : integers.map(List::copyOf);
    choice = choice == null ? Optional.empty() : choice.map(List::copyOf);
    long given =
        Stream.of(uniform, logUniform, integers, choice).filter(Optional::isPresent).count();
    require(
        given == 1,
        "a range is one of uniform, logUniform, integers and choice, not %s of them",
        given);
    uniform.ifPresent(ends -> ends("uniform", ends));
    logUniform.ifPresent(
        ends -> {
          ends("logUniform", ends);
          require(ends.get(0) > 0, "logUniform must begin above 0, not at %s", ends.get(0));
        });
    integers.ifPresent(
        ends -> {
          ends("integers", ends.stream().map(Long::doubleValue).toList());
          require(
              Math.abs(ends.get(0)) <= 1L << 53 && Math.abs(ends.get(1)) <= 1L << 53,
              "integers must lie within 2^53 of 0, not %s",
              ends);
        });
    choice.ifPresent(values -> require(!values.isEmpty(), "choice must name at least one value"));
  }

  private static void ends(String kind, List<Double> ends) {
    require(ends.size() == 2, "%s must be [low, high], not a list of %s", kind, ends.size());
    require(
        Double.isFinite(ends.get(0)) && Double.isFinite(ends.get(1)),
        "%s must have finite ends, not %s",
        kind,
        ends);
    require(ends.get(0) < ends.get(1), "%s must end above its beginning, not %s", kind, ends);
  }
}

package dev.fewstep.schemas.spec;

import static dev.fewstep.schemas.spec.Checks.require;
import static java.util.Objects.requireNonNullElse;

import com.fasterxml.jackson.annotation.JsonCreator;
import java.util.List;

/**
 * How images are sampled.
 *
 * @param steps sampling steps asked for, 1 to 1000; the NFE really made is reported
 * @param spacing which timesteps are visited, default uniform
 * @param eta DDIM noise level in [0, 1]: 0 deterministic, 1 DDPM-like; default 0
 * @param sections steps of each section, cleanest first, for the spacing of that name; their sum is
 *     steps; default one section of all
 * @param label class of every image of a conditional network, −1 (default) to draw one per image by
 *     the seed
 */
public record SamplingSpec(
    Integer steps, TimestepSpacing spacing, Double eta, List<Integer> sections, Integer label) {
  @JsonCreator
  public SamplingSpec {
    steps = requireNonNullElse(steps, 5);
    spacing = requireNonNullElse(spacing, TimestepSpacing.UNIFORM);
    eta = requireNonNullElse(eta, 0.0);
    sections = List.copyOf(requireNonNullElse(sections, List.of()));
    label = requireNonNullElse(label, -1);
    require(steps >= 1 && steps <= 1000, "steps must be 1 to 1000, not %s", steps);
    require(eta >= 0 && eta <= 1, "eta must be in [0, 1], not %s", eta);
    require(label >= -1, "label must be -1 or a class from 0, not %s", label);
    if (!sections.isEmpty()) {
      require(spacing == TimestepSpacing.SECTIONS, "sections are only read with spacing sections");
      long sum = 0;
      for (int count : sections) {
        require(count >= 1, "sections must be positive, not %s", count);
        sum += count;
      }
      require(sum == steps, "sections have %s steps together, but steps is %s", sum, steps);
    }
  }

  /** Without sections, and with labels drawn by the seed. */
  public SamplingSpec(Integer steps, TimestepSpacing spacing, Double eta) {
    this(steps, spacing, eta, List.of(), -1);
  }
}

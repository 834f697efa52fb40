package dev.fewstep.cli.local;

import dev.fewstep.cli.CliException;
import dev.fewstep.schemas.spec.SamplingSpec;
import dev.fewstep.schemas.spec.TimestepSpacing;
import dev.fewstep.worker.diffusion.DdimSampler;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Option;

/** How images are sampled: options of every verb that draws samples. */
final class SamplingOptions {
  @Option(
      names = "--steps",
      paramLabel = "N",
      required = true,
      description = "sampling steps, 1 to 1000")
  private int steps;

  @Option(
      names = "--spacing",
      paramLabel = "NAME",
      defaultValue = "uniform",
      description =
          "uniform, quadratic, published (may make more evaluations than asked), ddim (a whole stride, or refused) or sections (first and last included; default: ${DEFAULT-VALUE})")
  private TimestepSpacing spacing;

  @Option(
      names = "--eta",
      paramLabel = "E",
      defaultValue = "0",
      description = "0 deterministic to 1 DDPM-like (default: ${DEFAULT-VALUE})")
  private double eta;

  @Option(
      names = "--seed",
      paramLabel = "S",
      defaultValue = "0",
      description =
          "seed of the noise: image i depends on it and i alone (default: ${DEFAULT-VALUE})")
  private long seed;

  @Option(
      names = "--label",
      paramLabel = "CLASS",
      defaultValue = "-1",
      description =
          "class of every image of a conditional network, from 0 (default: drawn for each image by the seed)")
  private int label;

  @Option(
      names = "--batch",
      paramLabel = "N",
      defaultValue = "64",
      description = "images at once; changes no image (default: ${DEFAULT-VALUE})")
  private int batch;

  /** Checked settings. */
  SamplingSpec spec() {
    Check.require(batch >= 1, "--batch must be at least 1, not %s", batch);
    return at(steps);
  }

  /** The same settings at another number of steps. */
  SamplingSpec at(int otherSteps) {
    return new SamplingSpec(otherSteps, spacing, eta, List.of(), label);
  }

  long seed() {
    return seed;
  }

  int batch() {
    return batch;
  }

  /** What was done, for a result line. */
  String describe(DdimSampler sampler) {
    return "%d sampling steps (%s, eta %s), NFE %d, seed %d"
        .formatted(steps, spacing.name().toLowerCase(Locale.ROOT), eta, sampler.nfe(), seed);
  }

  /** Complaints about options. */
  static final class Check {
    private Check() {}

    /** Refuses what was typed. */
    static void require(boolean holds, String complaint, Object... values) {
      if (!holds) {
        throw CliException.usage(complaint.formatted(values));
      }
    }
  }
}

package dev.fewstep.cli.published;

import dev.fewstep.cli.CliException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Turns a published configuration and command line into a call of one of fewstep's own verbs. */
final class PublishedSampling {
  private static final int FOR_FID = 50_000;
  private static final int SHEET = 25;
  private static final int INTERPOLATED = 11;
  private static final int SEQUENCES = 8;

  private final PublishedConfig config;
  private final PublishedOptions options;
  private final PublishedOptions.Action action;
  private final Optional<String> weights;
  private final List<String> notes = new ArrayList<>();

  /**
   * A conversion.
   *
   * @param weights file of the weights, when not where --run's training puts them
   */
  PublishedSampling(
      PublishedConfig config,
      PublishedOptions options,
      PublishedOptions.Action action,
      Optional<String> weights) {
    this.config = config;
    this.options = options;
    this.action = action;
    this.weights = weights;
  }

  /** What departs from the published code. */
  List<String> notes() {
    return List.copyOf(notes);
  }

  /**
   * The verb and its options.
   *
   * @param parity whether --test_FID ignores --skip_type and steps are made as published
   * @param file name of the configuration
   */
  List<String> arguments(boolean parity, String file) {
    options.check();
    notes.addAll(options.notes(action));
    int timesteps = config.integer("diffusion.num_diffusion_timesteps");
    int steps = options.steps(action, timesteps);
    String spacing = options.skip();
    if (action == PublishedOptions.Action.testFid && parity && !spacing.equals("uniform")) {
      notes.add("--skip_type is ignored by --test_FID, as in the published code.");
      spacing = "uniform";
    }
    int skipped = timesteps / steps;
    int calls = (timesteps + skipped - 1) / skipped;
    if (spacing.equals("uniform") && calls != steps) {
      notes.add(
          "range(0, %d, %d) is %d network evaluations; %s."
              .formatted(
                  timesteps,
                  skipped,
                  calls,
                  parity
                      ? "they are made as published"
                      : "this makes the " + steps + " asked for (--parity published makes all)"));
      spacing = parity ? "published" : spacing;
    }
    List<String> words =
        new ArrayList<>(
            List.of(
                verb(), "--weights", weights(PublishedSpec.name(file, options, steps, parity))));
    words.addAll(List.of("--steps", Integer.toString(steps), "--spacing", spacing));
    words.addAll(List.of("--eta", Double.toString(options.eta())));
    words.addAll(List.of("--seed", Long.toString(options.seed())));
    words.addAll(List.of("--batch", Integer.toString(config.integer("sampling.batch_size"))));
    Path folder = options.exp().resolve("image_samples").resolve(options.imageFolder());
    words.addAll(List.of("-o", folder + sheet()));
    switch (action) {
      case testFid, sampleFid -> {
        words.addAll(List.of("--count", Integer.toString(FOR_FID), "--images", folder.toString()));
        int batch = config.integer("sampling.batch_size");
        if (FOR_FID % batch != 0) {
          notes.add(
              "%,d images: the published loop stops at %,d, the last multiple of sampling.batch_size."
                  .formatted(FOR_FID, FOR_FID / batch * batch));
        }
      }
      case interpolation ->
          words.addAll(
              List.of("--frames", Integer.toString(INTERPOLATED), "--images", folder.toString()));
      case sequence ->
          words.addAll(
              List.of(
                  "--count",
                  Integer.toString(SEQUENCES),
                  "--show",
                  "x0",
                  "--frames",
                  folder.toString()));
      default -> words.addAll(List.of("--count", Integer.toString(SHEET), "--nrow", "5"));
    }
    return List.copyOf(words);
  }

  private String verb() {
    return switch (action) {
      case interpolation -> "interpolate";
      case sequence -> "sequence";
      default -> "sample";
    };
  }

  /** Ending of the sheet's name, so that one picture does not take another's place. */
  private String sheet() {
    return switch (action) {
      case interpolation -> "-interpolation.png";
      case sequence -> "-sequence.png";
      case sampleSheet -> "-sheet.png";
      default -> ".png";
    };
  }

  private String weights(String run) {
    if (weights.isPresent()) {
      return weights.get();
    }
    if (options.usePretrained()) {
      PublishedRecipe.Data data = PublishedRecipe.data(config);
      throw CliException.usage(
          "--use_pretrained: say where the pretrained weights (%s) are with --weights FILE"
              .formatted(data.weights()));
    }
    config
        .find("sampling.ckpt_id", Integer.class)
        .ifPresent(
            id -> notes.add("sampling.ckpt_id %d: the weights are the final ones.".formatted(id)));
    return options.exp().resolve("logs").resolve(run).resolve("weights.safetensors").toString();
  }
}

package dev.fewstep.cli.published;

import dev.fewstep.cli.CliException;
import java.util.List;
import java.util.Optional;

/**
 * Training of the base model as the DDIM repository's train() does it, as fields of an experiment.
 */
record PretrainText(
    PublishedConfig config,
    PublishedRecipe recipe,
    Optional<Integer> iterations,
    List<String> notes) {

  /** Writes the fields of {@code model.pretrain}. */
  void write(SpecText out, long seed) {
    out.open("network")
        .field("imageSize", config.integer("data.image_size"))
        .field("channels", config.integer("data.channels"))
        .field("width", config.integer("model.ch"))
        .field("multipliers", config.integers("model.ch_mult"))
        .field("resBlocks", config.integer("model.num_res_blocks"))
        .field("attention", config.integers("model.attn_resolutions"))
        .field("dropout", config.number("model.dropout"))
        .field("resampConv", config.find("model.resamp_with_conv", Boolean.class).orElse(true));
    out.open("schedule")
        .field("trainTimesteps", config.integer("diffusion.num_diffusion_timesteps"))
        .field("betaStart", config.number("diffusion.beta_start"))
        .field("betaEnd", config.number("diffusion.beta_end"))
        .field("kind", config.text("diffusion.beta_schedule"))
        .close()
        .close();
    int batch = config.integer("training.batch_size");
    int images = recipe.data().images().orElse(0);
    int epochs = config.integer("training.n_epochs");
    long steps =
        iterations
            .map(Integer::longValue)
            .orElseGet(() -> PublishedRecipe.loopSteps(images, batch) * epochs);
    if (steps > Integer.MAX_VALUE) {
      throw CliException.usage(
          "%d epochs are %,d steps: too many; say how many with --iterations"
              .formatted(epochs, steps));
    }
    boolean average = config.find("model.ema", Boolean.class).orElse(false);
    out.open("training")
        .field("iterations", steps)
        .field("batch", batch)
        .field("learningRate", config.number("optim.lr"))
        .field("warmup", 0)
        .field("cosine", false)
        .field("clipNorm", config.find("optim.grad_clip", Double.class).orElse(1e9))
        .field("ema", average ? config.find("model.ema_rate", Double.class).orElse(0.9999) : 0.0)
        .field("flip", config.bool("data.random_flip"))
        .field("checkpointEvery", config.find("training.snapshot_freq", Integer.class).orElse(5000))
        .close();
    out.field("seed", seed);
    notes.add(
        "--pretrain: the base model is trained first, as the DDIM repository's train() does"
            + " (antithetic timesteps apart: timesteps here are drawn independently).");
  }
}

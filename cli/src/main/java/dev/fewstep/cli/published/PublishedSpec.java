package dev.fewstep.cli.published;

import dev.fewstep.cli.CliException;
import dev.fewstep.schemas.spec.ExperimentSpecs;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Turns a published configuration and command line into the text of an experiment. */
final class PublishedSpec {
  private static final int SCORED = 50_000;
  private static final int LONG = 100_000;

  /**
   * What a person may choose beyond the published options.
   *
   * @param parity whether training follows the published code where that departs from what it means
   * @param features whose features are compared
   * @param train name of the training images, when not the usual one
   * @param weights name of the pretrained weights, when not the usual one
   * @param extractor name of the extractor, when not the usual one
   * @param heldOut extractors whose scores are held out, when not the usual one
   * @param iterations optimiser steps, when not the configuration's epochs
   */
  record Choices(
      boolean parity,
      PublishedRecipe.Features features,
      Optional<String> train,
      Optional<String> weights,
      Optional<String> extractor,
      List<String> heldOut,
      Optional<Integer> iterations) {
    Choices {
      heldOut = List.copyOf(heldOut);
    }
  }

  private final String file;
  private final PublishedConfig config;
  private final PublishedOptions options;
  private final Choices choices;
  private final PublishedRecipe recipe;
  private final boolean pretrain;
  private final int steps;
  private final List<String> notes = new ArrayList<>();

  PublishedSpec(
      String file,
      PublishedConfig config,
      PublishedOptions options,
      PublishedOptions.Action action,
      Choices choices) {
    this.file = file;
    this.config = config;
    this.options = options;
    this.choices = choices;
    this.recipe = PublishedRecipe.of(config, choices.features());
    this.pretrain = action == PublishedOptions.Action.pretrain;
    this.steps = options.steps(action, timesteps());
    options.check();
    notes.addAll(options.notes(action));
  }

  private int timesteps() {
    return config.integer("diffusion.num_diffusion_timesteps");
  }

  /** Name of the experiment. */
  String name() {
    return name(file, options, steps, choices.parity());
  }

  /**
   * Name of a run: {@code --doc}, or the configuration and the steps, in lower-case letters, digits
   * and hyphens.
   */
  static String name(String file, PublishedOptions options, int steps, boolean parity) {
    String stem = file.substring(file.lastIndexOf('/') + 1).replaceFirst("\\.ya?ml$", "");
    String wanted =
        options.doc().orElse(stem + "-" + steps + "-steps" + (parity ? "-published" : ""));
    String name =
        wanted.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-").replaceAll("^-+|-+$", "");
    name = name.length() > 63 ? name.substring(0, 63).replaceAll("-+$", "") : name;
    if (name.isEmpty()) {
      throw CliException.usage("--doc '" + wanted + "' has neither a letter nor a digit");
    }
    return name;
  }

  /** The text, notes and all; it has passed the checks that a submitted experiment passes. */
  String text() {
    String body = body();
    SpecText head = new SpecText();
    head.comment("From " + file + " of MMD-DDM or DDIM by 'fewstep import-config'.");
    head.comment(
        "Published function: %s%s; U-Net: %s."
            .formatted(
                recipe.function(),
                recipe.reachable() ? "" : " (main.py never calls it)",
                network()));
    head.comment("Images: %s.".formatted(recipe.data().preparation()));
    notes.forEach(note -> head.comment("- " + note));
    String text = head + body;
    ExperimentSpecs.parse(name() + ".yaml", text);
    return text;
  }

  private String body() {
    SpecText out = new SpecText();
    out.field("apiVersion", "fewstep/v1").field("kind", "Experiment").open("metadata");
    out.field("name", name()).field("project", project());
    Map<String, String> labels = new LinkedHashMap<>();
    if (!options.comment().isBlank()) {
      labels.put("comment", options.comment());
    }
    options.doc().ifPresent(doc -> labels.put("doc", doc));
    if (!labels.isEmpty()) {
      out.texts("labels", labels);
    }
    out.close().open("spec").open("base");
    out.open("data")
        .field("train", choices.train().orElse(recipe.data().train()))
        .field("flip", config.bool("data.random_flip"))
        .close();
    model(out);
    sampling(out);
    loss(out);
    training(out);
    out.close().field("seeds", List.of(options.seed()));
    out.open("evaluation");
    out.field("reference", choices.train().orElse(recipe.data().train()));
    out.field(
        "extractors",
        choices.heldOut().isEmpty() ? List.of(choices.features().heldOut()) : choices.heldOut());
    out.field("samples", SCORED).field("seed", options.seed());
    out.field("batch", config.integer("sampling.batch_size")).close();
    return out.toString();
  }

  private String project() {
    String name = config.text("data.dataset").toLowerCase(Locale.ROOT);
    return config
        .find("data.category", String.class)
        .map(category -> name + "-" + category.toLowerCase(Locale.ROOT).replace('_', '-'))
        .orElse(name);
  }

  private String network() {
    return "%dx%d, %d channels, ch %d, multipliers %s, %d blocks, attention at %s, dropout %s"
        .formatted(
            config.integer("data.image_size"),
            config.integer("data.image_size"),
            config.integer("data.channels"),
            config.integer("model.ch"),
            config.integers("model.ch_mult"),
            config.integer("model.num_res_blocks"),
            config.integers("model.attn_resolutions"),
            config.number("model.dropout"));
  }

  private void model(SpecText out) {
    out.open("model");
    if (!pretrain) {
      out.field("weights", choices.weights().orElse(recipe.data().weights())).close();
      notes.add(
          "The weights bring their network and noise schedule (%s, %s to %s, %d steps); dropout is active in finetuning, as it is in the published code."
              .formatted(
                  config.text("diffusion.beta_schedule"),
                  config.number("diffusion.beta_start"),
                  config.number("diffusion.beta_end"),
                  timesteps()));
      return;
    }
    out.open("pretrain");
    new PretrainText(config, recipe, choices.iterations(), notes).write(out, options.seed());
    out.close().close();
  }

  private void sampling(SpecText out) {
    String skip = options.skip();
    String spacing = skip;
    int skipped = timesteps() / steps;
    int calls = (timesteps() + skipped - 1) / skipped;
    if (choices.parity()) {
      spacing = "published";
      if (!skip.equals("uniform")) {
        notes.add(
            "--skip_type is ignored in training and by --test_FID, as in the published code.");
      }
      if (calls != steps) {
        notes.add(
            "%d steps make %d network evaluations: range(0, %d, %d)."
                .formatted(steps, calls, timesteps(), skipped));
      }
    } else if (skip.equals("uniform") && calls != steps) {
      notes.add(
          "The published code makes %d network evaluations for %d steps (range(0, %d, %d)); this makes %d. 'spacing: published' makes as many as there."
              .formatted(calls, steps, timesteps(), skipped, steps));
    } else if (!skip.equals("uniform")) {
      notes.add("--skip_type: honoured here; published training and --test_FID ignore it.");
    }
    out.open("sampling").field("steps", steps).field("spacing", spacing);
    out.field("eta", options.eta()).close();
  }

  private void loss(SpecText out) {
    int batch = config.integer("training.batch_size");
    int acc = recipe.accumulation();
    out.open("loss").field("kernel", "cubic");
    out.field("extractor", choices.extractor().orElse(choices.features().input()));
    if (choices.parity()) {
      out.field("precision", recipe.doubleKernel() ? "float64" : "float32");
      out.field("mmdBatch", batch);
    } else {
      out.field("precision", "float64").field("mmdBatch", batch * acc);
      if (acc > 1) {
        out.field("microBatch", batch);
        notes.add(
            "%s averages the gradients of %d MMDs of %d images; this is one MMD of %d images, sampled %d at a time."
                .formatted(recipe.function(), acc, batch, batch * acc, batch));
      }
      if (!recipe.doubleKernel()) {
        notes.add("The kernel is in float64; %s has float32.".formatted(recipe.function()));
      }
    }
    out.close();
    if (choices.features() == PublishedRecipe.Features.clip) {
      notes.add(
          "CLIP runs in float32; the published code runs it in float16 on a GPU without scaling the loss.");
    }
  }

  private void training(SpecText out) {
    int batch = config.integer("training.batch_size");
    int acc = recipe.accumulation();
    int epochs = config.integer("training.n_epochs");
    double lr = config.number("optim.lr");
    int images = recipe.data().images().orElse(0);
    long iterations = Math.multiplyExact(recipe.optimiserSteps(images, batch), (long) epochs);
    String count =
        "%s of %,d loop steps (batch %d of %,d images) are %,d optimiser steps"
            .formatted(epochs, PublishedRecipe.loopSteps(images, batch), batch, images, iterations);
    if (choices.iterations().isPresent() && !pretrain) {
      iterations = choices.iterations().get();
      count += "; --iterations chose " + iterations;
    }
    if (pretrain && choices.iterations().isPresent()) {
      iterations = 500;
      count = "500 iterations of finetuning, since this configuration is one of DDPM training";
    }
    if (iterations > Integer.MAX_VALUE) {
      throw CliException.usage(count + ": too many; say how many with --iterations");
    }
    out.open("training").comment(count + ".");
    out.field("iterations", iterations).field("learningRate", lr).field("warmup", 0);
    out.field("clipNorm", recipe.clip()).field("ema", 0.0);
    optional(out, "weightDecay", "optim.weight_decay", 0.0);
    optional(out, "beta1", "optim.beta1", 0.9);
    optional(out, "eps", "optim.eps", 1e-8);
    if (choices.parity()) {
      out.field("parity", "published");
      if (acc > 1) {
        out.field("accumulate", acc);
      }
    }
    int every = config.find("training.validation_freq", Integer.class).orElse(50);
    out.field("checkpointEvery", Math.max(1, every / acc)).close();
    notes.add(
        "Clipped at %s, a constant of %s%s; no warm-up, no average of weights (model.ema is ignored there)."
            .formatted(
                recipe.clip(),
                recipe.function(),
                config
                    .find("optim.grad_clip", Double.class)
                    .map(clip -> ", which does not read optim.grad_clip (" + clip + ")")
                    .orElse("")));
    if (iterations > LONG || lr > 1e-5) {
      notes.add(
          "ATTENTION: learning rate %s and %,d iterations are those of DDPM training from scratch, not of a finetune. MMD-DDM's own files have 5e-6 or 1e-6, and its checkpoint names hint at 400 to 700 loop steps: see --iterations."
              .formatted(lr, iterations));
    } else if (iterations > 1000) {
      notes.add(
          "The published checkpoint was chosen by hand; names in the code hint at loop step 400 to 700: see --iterations and training.validation.");
    }
  }

  private void optional(SpecText out, String name, String path, double usual) {
    config
        .find(path, Double.class)
        .filter(value -> value != usual)
        .ifPresent(value -> out.field(name, value));
  }
}

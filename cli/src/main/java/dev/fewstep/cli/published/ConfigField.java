package dev.fewstep.cli.published;

import java.util.List;

/**
 * One field of the published repositories' YAML files.
 *
 * @param path section and name, such as {@code data.image_size}
 * @param kind what its value is
 * @param required whether a conversion needs it
 * @param there what the published MMD-DDM code does with it
 * @param here what becomes of it
 */
record ConfigField(String path, Kind kind, boolean required, String there, String here) {
  /** What a value is. */
  enum Kind {
    TEXT("text"),
    INTEGER("an integer"),
    NUMBER("a number"),
    BOOLEAN("true or false"),
    INTEGERS("a list of integers");

    private final String words;

    Kind(String words) {
      this.words = words;
    }

    /** For complaints. */
    String words() {
      return words;
    }
  }

  private static final String NETWORK = "the U-Net";
  private static final String DESCRIBES =
      "named in the notes, since imported weights bring their own network; with --pretrain `model.pretrain.network.%s`";

  /** Every field of cifar10.yml, celeba.yml, church.yml and bedroom.yml of either repository. */
  static final List<ConfigField> ALL =
      List.of(
          used(
              "data.dataset",
              Kind.TEXT,
              "chooses data and training function",
              "`data.train`, the defaults of the names, clip, accumulation and kernel precision"),
          optional(
              "data.category",
              Kind.TEXT,
              "LSUN: which folder and checkpoint",
              "the same, for LSUN"),
          used("data.image_size", Kind.INTEGER, "resize, U-Net", DESCRIBES.formatted("imageSize")),
          used("data.channels", Kind.INTEGER, "noise shape", DESCRIBES.formatted("channels")),
          checked("data.logit_transform", Kind.BOOLEAN, "logit of the images", "must be false"),
          checked(
              "data.uniform_dequantization",
              Kind.BOOLEAN,
              "uniform noise on real images",
              "must be false"),
          checked(
              "data.gaussian_dequantization",
              Kind.BOOLEAN,
              "Gaussian noise on real images",
              "must be false"),
          used("data.random_flip", Kind.BOOLEAN, "mirrors real images", "`data.flip`"),
          checked("data.rescaled", Kind.BOOLEAN, "maps images to [-1, 1]", "must be true"),
          optional(
              "data.num_workers",
              Kind.INTEGER,
              "loader processes",
              "nothing: images are decoded off the training thread"),
          checked("model.type", Kind.TEXT, "DDPM training only", "must be simple"),
          checked("model.in_channels", Kind.INTEGER, NETWORK, "must be data.channels"),
          checked("model.out_ch", Kind.INTEGER, NETWORK, "must be data.channels"),
          used("model.ch", Kind.INTEGER, NETWORK, DESCRIBES.formatted("width")),
          used("model.ch_mult", Kind.INTEGERS, NETWORK, DESCRIBES.formatted("multipliers")),
          used("model.num_res_blocks", Kind.INTEGER, NETWORK, DESCRIBES.formatted("resBlocks")),
          used("model.attn_resolutions", Kind.INTEGERS, NETWORK, DESCRIBES.formatted("attention")),
          used(
              "model.dropout", Kind.NUMBER, "active in finetuning", DESCRIBES.formatted("dropout")),
          optional("model.var_type", Kind.TEXT, "never used: only `ddpm_noisy` would", "nothing"),
          optional(
              "model.ema_rate",
              Kind.NUMBER,
              "DDPM training only",
              "with --pretrain `model.pretrain.training.ema`"),
          optional(
              "model.ema",
              Kind.BOOLEAN,
              "ignored by every MMD function",
              "with --pretrain whether there is an average"),
          optional(
              "model.resamp_with_conv", Kind.BOOLEAN, NETWORK, DESCRIBES.formatted("resampConv")),
          used(
              "diffusion.beta_schedule",
              Kind.TEXT,
              "linear, quad, const, jsd or sigmoid",
              DESCRIBES.formatted("schedule.kind")),
          used(
              "diffusion.beta_start",
              Kind.NUMBER,
              "schedule",
              DESCRIBES.formatted("schedule.betaStart")),
          used(
              "diffusion.beta_end",
              Kind.NUMBER,
              "schedule",
              DESCRIBES.formatted("schedule.betaEnd")),
          used(
              "diffusion.num_diffusion_timesteps",
              Kind.INTEGER,
              "schedule",
              DESCRIBES.formatted("schedule.trainTimesteps")),
          used(
              "training.batch_size",
              Kind.INTEGER,
              "batch of the MMD",
              "`loss.mmdBatch`; with --pretrain also `model.pretrain.training.batch`"),
          used(
              "training.n_epochs",
              Kind.INTEGER,
              "epochs",
              "`training.iterations`: epochs x optimiser steps an epoch"),
          optional("training.n_iters", Kind.INTEGER, "never read", "nothing"),
          optional(
              "training.snapshot_freq",
              Kind.INTEGER,
              "DDPM training only",
              "with --pretrain `model.pretrain.training.checkpointEvery`"),
          optional(
              "training.validation_freq",
              Kind.INTEGER,
              "previews and checkpoints",
              "`training.checkpointEvery`"),
          optional("training.k", Kind.INTEGER, "never read", "nothing"),
          used(
              "sampling.batch_size",
              Kind.INTEGER,
              "images at once",
              "`evaluation.batch`, `--batch`"),
          optional("sampling.last_only", Kind.BOOLEAN, "never read", "nothing"),
          optional(
              "sampling.ckpt_id",
              Kind.INTEGER,
              "DDIM's --sample: which checkpoint",
              "the default name of the weights"),
          optional("optim.weight_decay", Kind.NUMBER, "Adam", "`training.weightDecay`"),
          checked("optim.optimizer", Kind.TEXT, "Adam, RMSProp or SGD", "must be Adam"),
          used("optim.lr", Kind.NUMBER, "Adam", "`training.learningRate`"),
          optional("optim.beta1", Kind.NUMBER, "Adam", "`training.beta1`"),
          checked("optim.amsgrad", Kind.BOOLEAN, "Adam", "must be false"),
          optional("optim.eps", Kind.NUMBER, "Adam", "`training.eps`"),
          optional(
              "optim.grad_clip",
              Kind.NUMBER,
              "DDPM training only: the MMD functions clip at a constant",
              "with --pretrain `model.pretrain.training.clipNorm`"));

  private static ConfigField used(String path, Kind kind, String there, String here) {
    return new ConfigField(path, kind, true, there, here);
  }

  private static ConfigField optional(String path, Kind kind, String there, String here) {
    return new ConfigField(path, kind, false, there, here);
  }

  private static ConfigField checked(String path, Kind kind, String there, String here) {
    return new ConfigField(path, kind, false, there, here);
  }

  String section() {
    return path.substring(0, path.indexOf('.'));
  }

  String name() {
    return path.substring(path.indexOf('.') + 1);
  }

  /** The table of all fields in Markdown: docs/import-config.md holds it. */
  static String table() {
    StringBuilder text = new StringBuilder("| field | published code | here |\n|---|---|---|\n");
    for (ConfigField field : ALL) {
      text.append("| `%s` | %s | %s |\n".formatted(field.path, field.there, field.here));
    }
    return text.toString();
  }
}

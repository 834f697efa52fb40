package dev.fewstep.cli.published;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Configurations with the fields of the published ones, written here. */
public final class ConfigTexts {
  private ConfigTexts() {}

  /** 32-pixel images, batch 64, 50 epochs. */
  public static String cifar10() {
    return text(
        "CIFAR10", "", 32, "[1, 2, 2, 2]", 0.1, 64, 50, 500, "0.000005", "    grad_clip: 1.0\n");
  }

  /** 64-pixel faces, batch 128, one epoch. */
  static String celeba() {
    return text(
        "CELEBA", "", 64, "[1, 2, 2, 2, 4]", 0.1, 128, 1, 500, "0.000005", "    grad_clip: 1.0\n");
  }

  /** 256-pixel churches, batch 32, one epoch. */
  static String church() {
    return text(
        "LSUN",
        "    category: \"church_outdoor\"\n",
        256,
        "[1, 1, 2, 2, 4, 4]",
        0.0,
        32,
        1,
        250,
        "0.000001",
        "");
  }

  /** 256-pixel bedrooms with the constants of training from scratch. */
  static String bedroom() {
    return text(
            "LSUN",
            "    category: \"bedroom\"\n",
            256,
            "[1, 1, 2, 2, 4, 4]",
            0.0,
            64,
            10000,
            32,
            "0.00002",
            "")
        .replace("    k: 5\n", "");
  }

  private static String text(
      String dataset,
      String category,
      int size,
      String multipliers,
      double dropout,
      int batch,
      int epochs,
      int sampled,
      String rate,
      String clip) {
    List<String> lines = new ArrayList<>();
    lines.add("data:");
    lines.add("    dataset: \"" + dataset + "\"");
    if (!category.isEmpty()) {
      lines.add(category.stripTrailing());
    }
    lines.add("    image_size: " + size);
    lines.add("    channels: 3");
    for (String name :
        new String[] {"logit_transform", "uniform_dequantization", "gaussian_dequantization"}) {
      lines.add("    " + name + ": false");
    }
    lines.add("    random_flip: true");
    lines.add("    rescaled: true");
    lines.add("    num_workers: 4");
    lines.add("model:");
    lines.add("    type: \"simple\"");
    lines.add("    in_channels: 3");
    lines.add("    out_ch: 3");
    lines.add("    ch: 128");
    lines.add("    ch_mult: " + multipliers);
    lines.add("    num_res_blocks: 2");
    lines.add("    attn_resolutions: [16, ]");
    lines.add("    dropout: " + String.format(Locale.ROOT, "%.1f", dropout));
    lines.add("    var_type: fixedlarge");
    lines.add("    ema_rate: 0.9999");
    lines.add("    ema: True");
    lines.add("    resamp_with_conv: True");
    lines.add("diffusion:");
    lines.add("    beta_schedule: linear");
    lines.add("    beta_start: 0.0001");
    lines.add("    beta_end: 0.02");
    lines.add("    num_diffusion_timesteps: 1000");
    lines.add("training:");
    lines.add("    batch_size: " + batch);
    lines.add("    n_epochs: " + epochs);
    lines.add("    n_iters: 50000");
    lines.add("    snapshot_freq: 5000");
    lines.add("    validation_freq: 50");
    lines.add("    k: 5");
    lines.add("sampling:");
    lines.add("    batch_size: " + sampled);
    lines.add("    last_only: True");
    lines.add("optim:");
    lines.add("    weight_decay: 0.000");
    lines.add("    optimizer: \"Adam\"");
    lines.add("    lr: " + rate);
    lines.add("    beta1: 0.9");
    lines.add("    amsgrad: false");
    lines.add("    eps: 0.00000001");
    return String.join("\n", lines) + "\n" + clip;
  }
}

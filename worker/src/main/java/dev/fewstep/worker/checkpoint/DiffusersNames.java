package dev.fewstep.worker.checkpoint;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The tensors of diffusers' {@code UNet2DModel} under the names of the DDIM U-Net, which is the
 * same network when the model has the configuration of {@code google/ddpm-cifar10-32} (one head,
 * {@code downsample_padding} 0, {@code flip_sin_to_cos} false, {@code freq_shift} 1, eps 1e-6;
 * facts: mmd-ddm 6d). Attention's linear layers become 1x1 convolutions; both the old ({@code
 * query}, {@code proj_attn}) and the new names ({@code to_q}, {@code to_out.0}) are known.
 */
public final class DiffusersNames {
  private static final Pattern BLOCK =
      Pattern.compile("(down|up)_blocks\\.(\\d{1,2})\\.(resnets|attentions)\\.(\\d{1,2})\\.(.+)");
  private static final Pattern RESAMPLE =
      Pattern.compile("(down|up)_blocks\\.(\\d{1,2})\\.(?:down|up)samplers\\.0\\.conv\\.(.+)");
  private static final Pattern MIDDLE =
      Pattern.compile("mid_block\\.(resnets|attentions)\\.([01])\\.(.+)");

  private static final Map<String, String> TOP =
      Map.of(
          "time_embedding.linear_1", "temb.dense.0",
          "time_embedding.linear_2", "temb.dense.1",
          "conv_in", "conv_in",
          "conv_norm_out", "norm_out",
          "conv_out", "conv_out");

  private static final Map<String, String> RESNET =
      Map.of(
          "norm1", "norm1",
          "conv1", "conv1",
          "time_emb_proj", "temb_proj",
          "norm2", "norm2",
          "conv2", "conv2",
          "conv_shortcut", "nin_shortcut");

  private static final Map<String, String> ATTENTION =
      Map.of(
          "group_norm", "norm",
          "query", "q",
          "to_q", "q",
          "key", "k",
          "to_k", "k",
          "value", "v",
          "to_v", "v",
          "proj_attn", "proj_out",
          "to_out.0", "proj_out");

  private DiffusersNames() {}

  /** Whether the names are those of a {@code UNet2DModel}. */
  public static boolean matches(Collection<String> names) {
    return names.contains("time_embedding.linear_1.weight")
        && names.contains("conv_norm_out.weight")
        && names.stream().anyMatch(name -> name.startsWith("down_blocks.0.resnets.0."));
  }

  /**
   * Renames and reshapes every tensor.
   *
   * @param tensors name to tensor, all of them of one model
   * @return the same tensors, in the same order, under the DDIM U-Net's names
   * @throws IllegalArgumentException naming the first tensor that such a model does not have
   */
  public static Map<String, RawTensor> toNative(Map<String, RawTensor> tensors) {
    int levels =
        1
            + tensors.keySet().stream()
                .map(BLOCK::matcher)
                .filter(Matcher::matches)
                .filter(block -> block.group(1).equals("up"))
                .mapToInt(block -> Integer.parseInt(block.group(2)))
                .max()
                .orElse(0);
    Map<String, RawTensor> renamed = new LinkedHashMap<>();
    tensors.forEach(
        (name, tensor) -> {
          String own =
              toNative(name, levels)
                  .orElseThrow(
                      () ->
                          new IllegalArgumentException(
                              name
                                  + " is not a tensor of a diffusers UNet2DModel with one head and"
                                  + " plain resnets"));
          if (renamed.put(own, asConvolution(own, tensor)) != null) {
            throw new IllegalArgumentException(
                name + " and another tensor both stand for " + own + " of the DDIM U-Net");
          }
        });
    return renamed;
  }

  /** The DDIM U-Net's name of one tensor of a model with that many levels. */
  static Optional<String> toNative(String name, int levels) {
    Matcher block = BLOCK.matcher(name);
    if (block.matches()) {
      boolean resnet = block.group(3).equals("resnets");
      String prefix =
          block.group(1)
              + "."
              + level(block.group(1), block.group(2), levels)
              + (resnet ? ".block." : ".attn.")
              + block.group(4);
      return inner(prefix, block.group(5), resnet ? RESNET : ATTENTION);
    }
    Matcher resample = RESAMPLE.matcher(name);
    if (resample.matches()) {
      String way = resample.group(1);
      return Optional.of(
          "%s.%d.%ssample.conv.%s"
              .formatted(way, level(way, resample.group(2), levels), way, resample.group(3)));
    }
    Matcher middle = MIDDLE.matcher(name);
    if (middle.matches()) {
      boolean resnet = middle.group(1).equals("resnets");
      int index = 1 + Integer.parseInt(middle.group(2));
      return inner(
          "mid." + (resnet ? "block_" : "attn_") + index,
          middle.group(3),
          resnet ? RESNET : ATTENTION);
    }
    return inner("", name, TOP);
  }

  /** diffusers counts up blocks from the coarsest level, DDIM from the finest. */
  private static int level(String way, String index, int levels) {
    int given = Integer.parseInt(index);
    return way.equals("up") ? levels - 1 - given : given;
  }

  private static Optional<String> inner(String prefix, String rest, Map<String, String> names) {
    int dot = rest.lastIndexOf('.');
    if (dot < 0) {
      return Optional.empty();
    }
    String leaf = rest.substring(dot);
    return Optional.ofNullable(names.get(rest.substring(0, dot)))
        .map(own -> (prefix.isEmpty() ? own : prefix + "." + own) + leaf);
  }

  private static RawTensor asConvolution(String name, RawTensor tensor) {
    long[] shape = tensor.shape();
    boolean linear = shape.length == 2 && name.contains("attn");
    return linear
        ? new RawTensor(tensor.type(), new long[] {shape[0], shape[1], 1, 1}, tensor.bytes())
        : tensor;
  }
}

package dev.fewstep.worker.diffusion;

import dev.fewstep.worker.diffusion.NetworkText.Slot;
import java.util.ArrayList;
import java.util.List;

/**
 * Writes a U-Net as one TorchScript method {@code forward(x, t, P, seeds, dev)} and lists its
 * parameters in the order of {@code P}, which is the order of the published network's state dict.
 * One call per evaluation keeps the overhead of the binding out of training, and the interpreter
 * frees each intermediate after its last use.
 */
final class UNetProgram {
  private final UNetConfig config;
  private final NetworkText text = new NetworkText();
  private int dropouts;

  UNetProgram(UNetConfig config) {
    this.config = config;
    declare();
    write();
  }

  List<Slot> slots() {
    return text.slots();
  }

  int dropouts() {
    return dropouts;
  }

  String script() {
    return NetworkText.helpers(config.groups(), "1e-6", config.dropout()) + HELPERS + text.body();
  }

  private static final String HELPERS =
      """
        def down(self: __torch__.Ops, x: Tensor, P: List[Tensor], i: int) -> Tensor:
          return torch.conv2d(torch.constant_pad_nd(x, [0, 1, 0, 1], 0), P[i], P[i + 1], [2, 2])
        def up(self: __torch__.Ops, x: Tensor, P: List[Tensor], i: int) -> Tensor:
          y = torch.upsample_nearest2d(x, [2 * torch.size(x, 2), 2 * torch.size(x, 3)])
          return torch.conv2d(y, P[i], P[i + 1], [1, 1], [1, 1])
        def res(self: __torch__.Ops, x: Tensor, e: Tensor, P: List[Tensor], i: int, seeds: List[int], layer: int, dev: str) -> Tensor:
          h = (self).conv(torch.silu((self).norm(x, P, i)), P, i + 2)
          b = torch.linear(e, P[i + 4], P[i + 5])
          h = h + torch.unsqueeze(torch.unsqueeze(b, -1), -1)
          h = torch.silu((self).norm(h, P, i + 6))
          h = (self).drop(h, seeds, layer, dev)
          return (self).conv(h, P, i + 8)
        def attend(self: __torch__.Ops, x: Tensor, P: List[Tensor], i: int) -> Tensor:
          h = (self).norm(x, P, i)
          q = torch.transpose(torch.flatten((self).point(h, P, i + 2), 2), 1, 2)
          k = torch.transpose(torch.flatten((self).point(h, P, i + 4), 2), 1, 2)
          v = torch.transpose(torch.flatten((self).point(h, P, i + 6), 2), 1, 2)
          a = torch.scaled_dot_product_attention(q, k, v)
          a = torch.reshape(torch.transpose(a, 1, 2), torch.size(x))
          return x + (self).point(a, P, i + 8)
        def embed(self: __torch__.Ops, t: Tensor, width: int) -> Tensor:
          half = torch.floordiv(width, 2)
          k = torch.arange(half, dtype=6, device=t.device)
          f = torch.exp(k * (-9.2103403719761836 / (half - 1)))
          a = torch.unsqueeze(t, 1) * torch.unsqueeze(f, 0)
          return torch.cat([torch.sin(a), torch.cos(a)], 1)
      """;

  // ---- parameters -------------------------------------------------------------------------------

  private void declare() {
    int width = config.width();
    int inner = config.channels() * config.patch() * config.patch();
    text.linear("temb.dense.0", width, 4 * width);
    text.linear("temb.dense.1", 4 * width, 4 * width);
    text.conv("conv_in", inner, width, 3, false);
    int levels = config.multipliers().size();
    int in = width;
    for (int level = 0; level < levels; level++) {
      int out = width(level);
      for (int block = 0; block < config.resBlocks(); block++) {
        declareRes("down." + level + ".block." + block, block == 0 ? in : out, out);
      }
      if (attends(level)) {
        for (int block = 0; block < config.resBlocks(); block++) {
          declareAttention("down." + level + ".attn." + block, out);
        }
      }
      if (level < levels - 1 && config.resampConv()) {
        text.conv("down." + level + ".downsample.conv", out, out, 3, false);
      }
      in = out;
    }
    declareRes("mid.block_1", in, in);
    declareAttention("mid.attn_1", in);
    declareRes("mid.block_2", in, in);
    for (int level = 0; level < levels; level++) {
      int out = width(level);
      for (int block = 0; block <= config.resBlocks(); block++) {
        declareRes("up." + level + ".block." + block, upInput(level, block), out);
      }
      if (attends(level)) {
        for (int block = 0; block <= config.resBlocks(); block++) {
          declareAttention("up." + level + ".attn." + block, out);
        }
      }
      if (level > 0 && config.resampConv()) {
        text.conv("up." + level + ".upsample.conv", out, out, 3, false);
      }
    }
    text.norm("norm_out", width(0));
    text.conv("conv_out", width(0), inner, 3, true);
  }

  private int upInput(int level, int block) {
    int levels = config.multipliers().size();
    int below = level == levels - 1 ? width(level) : width(level + 1);
    int hidden = block == 0 ? below : width(level);
    int skip =
        block < config.resBlocks() ? width(level) : level == 0 ? config.width() : width(level - 1);
    return hidden + skip;
  }

  private int width(int level) {
    return config.width() * config.multipliers().get(level);
  }

  private boolean attends(int level) {
    return config.attention().contains((config.imageSize() / config.patch()) >> level);
  }

  private void declareRes(String name, int in, int out) {
    text.norm(name + ".norm1", in);
    text.conv(name + ".conv1", in, out, 3, false);
    text.linear(name + ".temb_proj", 4 * config.width(), out);
    text.norm(name + ".norm2", out);
    text.conv(name + ".conv2", out, out, 3, true);
    if (in != out) {
      text.conv(name + ".nin_shortcut", in, out, 1, false);
    }
  }

  private void declareAttention(String name, int channels) {
    text.norm(name + ".norm", channels);
    text.conv(name + ".q", channels, channels, 1, false);
    text.conv(name + ".k", channels, channels, 1, false);
    text.conv(name + ".v", channels, channels, 1, false);
    text.conv(name + ".proj_out", channels, channels, 1, true);
  }

  // ---- code -------------------------------------------------------------------------------------

  private void write() {
    text.line(
        "  def forward(self: __torch__.Ops, x: Tensor, t: Tensor, P: List[Tensor],"
            + " seeds: List[int], dev: str) -> Tensor:");
    text.line("    e = torch.linear((self).embed(t, %d), P[0], P[1])", config.width());
    text.line("    e = torch.silu(torch.linear(torch.silu(e), P[2], P[3]))");
    if (config.patch() > 1) {
      text.line("    x = torch.pixel_unshuffle(x, %d)", config.patch());
    }
    text.line("    h = (self).conv(x, P, %d)", at("conv_in"));
    List<String> skips = new ArrayList<>();
    skip(skips);
    int levels = config.multipliers().size();
    for (int level = 0; level < levels; level++) {
      for (int block = 0; block < config.resBlocks(); block++) {
        res("down." + level + ".block." + block);
        attention("down." + level + ".attn." + block);
        skip(skips);
      }
      if (level < levels - 1) {
        if (config.resampConv()) {
          text.line("    h = (self).down(h, P, %d)", at("down." + level + ".downsample.conv"));
        } else {
          text.line("    h = torch.avg_pool2d(h, [2, 2], [2, 2])");
        }
        skip(skips);
      }
    }
    res("mid.block_1");
    attention("mid.attn_1");
    res("mid.block_2");
    for (int level = levels - 1; level >= 0; level--) {
      for (int block = 0; block <= config.resBlocks(); block++) {
        text.line("    h = torch.cat([h, %s], 1)", skips.remove(skips.size() - 1));
        res("up." + level + ".block." + block);
        attention("up." + level + ".attn." + block);
      }
      if (level > 0) {
        if (config.resampConv()) {
          text.line("    h = (self).up(h, P, %d)", at("up." + level + ".upsample.conv"));
        } else {
          text.line(
              "    h = torch.upsample_nearest2d(h, [2 * torch.size(h, 2), 2 * torch.size(h, 3)])");
        }
      }
    }
    text.line("    h = torch.silu((self).norm(h, P, %d))", at("norm_out"));
    text.line("    h = (self).conv(h, P, %d)", at("conv_out"));
    if (config.patch() > 1) {
      text.line("    h = torch.pixel_shuffle(h, %d)", config.patch());
    }
    text.line("    return h");
  }

  private void res(String name) {
    int first = at(name + ".norm1");
    String shortcut =
        has(name + ".nin_shortcut")
            ? "(self).point(h, P, " + at(name + ".nin_shortcut") + ")"
            : "h";
    text.line("    h = %s + (self).res(h, e, P, %d, seeds, %d, dev)", shortcut, first, dropouts++);
  }

  private void attention(String name) {
    if (has(name + ".norm")) {
      text.line("    h = (self).attend(h, P, %d)", at(name + ".norm"));
    }
  }

  private void skip(List<String> skips) {
    String name = "s" + skips.size() + "_" + text.length();
    text.line("    %s = h", name);
    skips.add(name);
  }

  private boolean has(String layer) {
    return text.slots().stream().anyMatch(slot -> slot.name().equals(layer + ".weight"));
  }

  private int at(String layer) {
    for (int i = 0; i < text.next(); i++) {
      if (text.slots().get(i).name().equals(layer + ".weight")) {
        return i;
      }
    }
    throw new IllegalStateException("No layer " + layer);
  }
}

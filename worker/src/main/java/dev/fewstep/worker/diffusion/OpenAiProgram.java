package dev.fewstep.worker.diffusion;

import dev.fewstep.worker.diffusion.NetworkText.Slot;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/**
 * Writes an improved- or guided-diffusion U-Net (unet.py of both) as one TorchScript method {@code
 * forward(x, t, y, P, seeds, dev, outputs)} and lists its parameters in the order of {@code P},
 * which is that of the published state dict and also that of execution. Only the first {@code
 * outputs} channels are computed.
 */
final class OpenAiProgram {
  private final OpenAiConfig config;
  private final NetworkText text = new NetworkText();
  private int dropouts;

  /** A feature map that a block on the way up takes again. */
  private record Skip(String variable, int channels) {}

  OpenAiProgram(OpenAiConfig config) {
    this.config = config;
    write();
  }

  List<Slot> slots() {
    return text.slots();
  }

  int dropouts() {
    return dropouts;
  }

  String script() {
    return NetworkText.helpers(config.groups(), "1e-5", config.dropout())
        + HELPERS
            .replace("INJECT", inner(config.scaleShift() ? SCALE_SHIFT : ADD))
            .replace("SPLIT", inner(config.newAttentionOrder() ? NEW_ORDER : LEGACY_ORDER))
        + text.body();
  }

  private static String inner(String lines) {
    return lines.indent(4).stripTrailing();
  }

  private static final String SCALE_SHIFT =
      """
          s = torch.chunk(b, 2, 1)
          h = torch.silu(torch.addcmul(s[1], (self).norm(h, P, i + 6), s[0] + 1))""";
  private static final String ADD =
      """
          h = torch.silu((self).norm(h + b, P, i + 6))""";
  private static final String NEW_ORDER =
      """
          z = torch.reshape(z, [n, 3, heads, torch.floordiv(c, heads), -1])
          q = torch.transpose(torch.select(z, 1, 0), 2, 3)
          k = torch.transpose(torch.select(z, 1, 1), 2, 3)
          v = torch.transpose(torch.select(z, 1, 2), 2, 3)""";
  private static final String LEGACY_ORDER =
      """
          z = torch.reshape(z, [n, heads, 3, torch.floordiv(c, heads), -1])
          q = torch.transpose(torch.select(z, 2, 0), 2, 3)
          k = torch.transpose(torch.select(z, 2, 1), 2, 3)
          v = torch.transpose(torch.select(z, 2, 2), 2, 3)""";

  // Of line, see NetworkText on dilated 1x1 convolutions.
  private static final String HELPERS =
      """
        def line(self: __torch__.Ops, x: Tensor, P: List[Tensor], i: int) -> Tensor:
          return torch.conv2d(x, torch.unsqueeze(P[i], 3), P[i + 1], [1, 1], [0, 0], [2, 2])
        def half(self: __torch__.Ops, x: Tensor) -> Tensor:
          return torch.avg_pool2d(x, [2, 2], [2, 2])
        def twice(self: __torch__.Ops, x: Tensor) -> Tensor:
          return torch.upsample_nearest2d(x, [2 * torch.size(x, 2), 2 * torch.size(x, 3)])
        def down(self: __torch__.Ops, x: Tensor, P: List[Tensor], i: int) -> Tensor:
          return torch.conv2d(x, P[i], P[i + 1], [2, 2], [1, 1])
        def rest(self: __torch__.Ops, h: Tensor, e: Tensor, P: List[Tensor], i: int, seeds: List[int], layer: int, dev: str) -> Tensor:
          h = (self).conv(h, P, i + 2)
          b = torch.unsqueeze(torch.unsqueeze(torch.linear(e, P[i + 4], P[i + 5]), -1), -1)
      INJECT
          h = (self).drop(h, seeds, layer, dev)
          return (self).conv(h, P, i + 8)
        def res(self: __torch__.Ops, x: Tensor, e: Tensor, P: List[Tensor], i: int, seeds: List[int], layer: int, dev: str) -> Tensor:
          return (self).rest(torch.silu((self).norm(x, P, i)), e, P, i, seeds, layer, dev)
        def res_down(self: __torch__.Ops, x: Tensor, e: Tensor, P: List[Tensor], i: int, seeds: List[int], layer: int, dev: str) -> Tensor:
          h = (self).half(torch.silu((self).norm(x, P, i)))
          return (self).half(x) + (self).rest(h, e, P, i, seeds, layer, dev)
        def res_up(self: __torch__.Ops, x: Tensor, e: Tensor, P: List[Tensor], i: int, seeds: List[int], layer: int, dev: str) -> Tensor:
          h = (self).twice(torch.silu((self).norm(x, P, i)))
          return (self).twice(x) + (self).rest(h, e, P, i, seeds, layer, dev)
        def attend(self: __torch__.Ops, x: Tensor, P: List[Tensor], i: int, heads: int) -> Tensor:
          n = torch.size(x, 0)
          c = torch.size(x, 1)
          z = (self).line((self).norm(x, P, i), P, i + 2)
      SPLIT
          a = torch.scaled_dot_product_attention(q, k, v)
          a = torch.reshape(torch.transpose(a, 2, 3), torch.size(x))
          return x + (self).line(a, P, i + 4)
        def embed(self: __torch__.Ops, t: Tensor, width: int) -> Tensor:
          half = torch.floordiv(width, 2)
          k = torch.arange(half, dtype=6, device=t.device)
          f = torch.exp(k * -9.2103403719761836 / half)
          a = torch.unsqueeze(t, 1) * torch.unsqueeze(f, 0)
          e = torch.cat([torch.cos(a), torch.sin(a)], 1)
          if torch.ne(torch.remainder(width, 2), 0):
            e = torch.constant_pad_nd(e, [0, 1], 0)
          return e
      """;

  // ---- network ----------------------------------------------------------------------------------

  private void write() {
    int width = config.width();
    text.line(
        "  def forward(self: __torch__.Ops, x: Tensor, t: Tensor, y: Tensor, P: List[Tensor],"
            + " seeds: List[int], dev: str, outputs: int) -> Tensor:");
    text.linear("time_embed.0", width, 4 * width);
    text.linear("time_embed.2", 4 * width, 4 * width);
    text.line("    e = torch.linear((self).embed(t, %d), P[0], P[1])", width);
    text.line("    e = torch.linear(torch.silu(e), P[2], P[3])");
    if (config.classes() > 0) {
      text.line("    e = e + torch.embedding(P[%d], y)", text.next());
      text.embedding("label_emb", config.classes(), 4 * width);
    }
    text.line("    e = torch.silu(e)");
    int levels = config.multipliers().size();
    int channels = width(0);
    text.line("    h = (self).conv(x, P, %d)", text.next());
    text.conv("input_blocks.0.0", config.channels(), channels, 3, false);
    Deque<Skip> skips = new ArrayDeque<>();
    keep(skips, channels);
    for (int level = 0; level < levels; level++) {
      for (int block = 0; block < config.resBlocks(); block++) {
        String name = "input_blocks." + skips.size();
        res(name + ".0", channels, width(level));
        channels = width(level);
        attention(name + ".1", level, channels);
        keep(skips, channels);
      }
      if (level < levels - 1) {
        down("input_blocks." + skips.size() + ".0", channels);
        keep(skips, channels);
      }
    }
    res("middle_block.0", channels, channels);
    attend("middle_block.1", channels);
    res("middle_block.2", channels, channels);
    int index = 0;
    for (int level = levels - 1; level >= 0; level--) {
      for (int block = 0; block <= config.resBlocks(); block++) {
        String name = "output_blocks." + index++;
        Skip skip = skips.pop();
        text.line("    h = torch.cat([h, %s], 1)", skip.variable());
        res(name + ".0", channels + skip.channels(), width(level));
        channels = width(level);
        boolean attends = attention(name + ".1", level, channels);
        if (level > 0 && block == config.resBlocks()) {
          up(name + (attends ? ".2" : ".1"), channels);
        }
      }
    }
    int out = text.next();
    text.norm("out.0", channels);
    text.conv("out.2", channels, config.outputs(), 3, true);
    text.line("    h = torch.silu((self).norm(h, P, %d))", out);
    text.line(
        "    return torch.conv2d(h, torch.slice(P[%d], 0, 0, outputs),"
            + " torch.slice(P[%d], 0, 0, outputs), [1, 1], [1, 1])",
        out + 2, out + 3);
  }

  private int width(int level) {
    return config.width() * config.multipliers().get(level);
  }

  private void keep(Deque<Skip> skips, int channels) {
    String variable = "s" + skips.size();
    text.line("    %s = h", variable);
    skips.push(new Skip(variable, channels));
  }

  private int declareRes(String name, int in, int out) {
    int first = text.next();
    text.norm(name + ".in_layers.0", in);
    text.conv(name + ".in_layers.2", in, out, 3, false);
    text.linear(name + ".emb_layers.1", 4 * config.width(), config.scaleShift() ? 2 * out : out);
    text.norm(name + ".out_layers.0", out);
    text.conv(name + ".out_layers.3", out, out, 3, true);
    return first;
  }

  private void res(String name, int in, int out) {
    int first = declareRes(name, in, out);
    String shortcut = "h";
    if (in != out) {
      shortcut = "(self).point(h, P, " + text.next() + ")";
      text.conv(name + ".skip_connection", in, out, 1, false);
    }
    text.line("    h = %s + (self).res(h, e, P, %d, seeds, %d, dev)", shortcut, first, dropouts++);
  }

  private void resize(String method, String name, int channels) {
    int first = declareRes(name, channels, channels);
    text.line("    h = (self).%s(h, e, P, %d, seeds, %d, dev)", method, first, dropouts++);
  }

  private void down(String name, int channels) {
    switch (config.resample()) {
      case RESIDUAL -> resize("res_down", name, channels);
      case POOLING -> text.line("    h = (self).half(h)");
      case CONVOLUTION -> {
        text.line("    h = (self).down(h, P, %d)", text.next());
        text.conv(name + ".op", channels, channels, 3, false);
      }
    }
  }

  private void up(String name, int channels) {
    switch (config.resample()) {
      case RESIDUAL -> resize("res_up", name, channels);
      case POOLING -> text.line("    h = (self).twice(h)");
      case CONVOLUTION -> {
        text.line("    h = (self).conv((self).twice(h), P, %d)", text.next());
        text.conv(name + ".conv", channels, channels, 3, false);
      }
    }
  }

  private boolean attention(String name, int level, int channels) {
    boolean attends = config.attention().contains(config.imageSize() >> level);
    if (attends) {
      attend(name, channels);
    }
    return attends;
  }

  private void attend(String name, int channels) {
    text.line("    h = (self).attend(h, P, %d, %d)", text.next(), config.headsOf(channels));
    text.norm(name + ".norm", channels);
    text.projection(name + ".qkv", channels, 3 * channels, false);
    text.projection(name + ".proj_out", channels, channels, true);
  }
}

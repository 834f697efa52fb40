"""The DDIM U-Net and its two training steps in eager PyTorch, for comparison with fewstep's.

Prints one JSON line: seconds a step (median of the repeats), the process's CPU seconds a step, peak resident MB.
"""
import argparse
import json
import math
import resource
import statistics
import time

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.checkpoint import checkpoint

SIZES = {
    # image, channels, width, multipliers, blocks, attention, groups, patch
    "cifar": (32, 3, 128, (1, 2, 2, 2), 2, (16,), 32, 1),
    "demo": (28, 1, 32, (1, 2), 1, (7,), 8, 2),
}


class Res(nn.Module):
    def __init__(self, i, o, emb, groups):
        super().__init__()
        self.norm1 = nn.GroupNorm(groups, i, eps=1e-6)
        self.conv1 = nn.Conv2d(i, o, 3, padding=1)
        self.temb_proj = nn.Linear(emb, o)
        self.norm2 = nn.GroupNorm(groups, o, eps=1e-6)
        self.conv2 = nn.Conv2d(o, o, 3, padding=1)
        self.short = nn.Conv2d(i, o, 1) if i != o else nn.Identity()

    def forward(self, x, e):
        h = self.conv1(F.silu(self.norm1(x)))
        h = h + self.temb_proj(F.silu(e))[:, :, None, None]
        return self.short(x) + self.conv2(F.silu(self.norm2(h)))


class Attention(nn.Module):
    """Attention as the published network writes it: two batched products and a softmax."""

    def __init__(self, c, groups):
        super().__init__()
        self.norm = nn.GroupNorm(groups, c, eps=1e-6)
        self.q, self.k, self.v, self.out = (nn.Conv2d(c, c, 1) for _ in range(4))

    def forward(self, x):
        b, c, h, w = x.shape
        y = self.norm(x)
        q = self.q(y).reshape(b, c, h * w).permute(0, 2, 1)
        k = self.k(y).reshape(b, c, h * w)
        weights = torch.softmax(torch.bmm(q, k) * c**-0.5, dim=2)
        y = torch.bmm(self.v(y).reshape(b, c, h * w), weights.permute(0, 2, 1)).reshape(b, c, h, w)
        return x + self.out(y)


class UNet(nn.Module):
    def __init__(self, image, channels, width, multipliers, blocks, attention, groups, patch):
        super().__init__()
        self.width, self.patch, self.blocks = width, patch, blocks
        inner, emb, size = channels * patch * patch, 4 * width, image // patch
        self.dense = nn.ModuleList([nn.Linear(width, emb), nn.Linear(emb, emb)])
        self.conv_in = nn.Conv2d(inner, width, 3, padding=1)
        self.down, self.up, skips, c = nn.ModuleList(), nn.ModuleList(), [width], width
        for level, m in enumerate(multipliers):
            stage = nn.ModuleList()
            for _ in range(blocks):
                stage.append(Res(c, width * m, emb, groups))
                c = width * m
                stage.append(Attention(c, groups) if size >> level in attention else nn.Identity())
                skips.append(c)
            last = level == len(multipliers) - 1
            stage.append(nn.Identity() if last else nn.Conv2d(c, c, 3, stride=2))
            if not last:
                skips.append(c)
            self.down.append(stage)
        self.mid = nn.ModuleList([Res(c, c, emb, groups), Attention(c, groups), Res(c, c, emb, groups)])
        for level, m in reversed(list(enumerate(multipliers))):
            stage = nn.ModuleList()
            for _ in range(blocks + 1):
                stage.append(Res(c + skips.pop(), width * m, emb, groups))
                c = width * m
                stage.append(Attention(c, groups) if size >> level in attention else nn.Identity())
            stage.append(nn.Conv2d(c, c, 3, padding=1) if level else nn.Identity())
            self.up.append(stage)
        self.norm_out = nn.GroupNorm(groups, c, eps=1e-6)
        self.conv_out = nn.Conv2d(c, inner, 3, padding=1)

    def forward(self, x, t):
        half = self.width // 2
        a = t[:, None] * torch.exp(torch.arange(half) * (-math.log(10000) / (half - 1)))[None]
        e = self.dense[1](F.silu(self.dense[0](torch.cat([a.sin(), a.cos()], 1))))
        h = self.conv_in(F.pixel_unshuffle(x, self.patch) if self.patch > 1 else x)
        skips = [h]
        for level, stage in enumerate(self.down):
            for i in range(self.blocks):
                h = stage[2 * i + 1](stage[2 * i](h, e))
                skips.append(h)
            if level < len(self.down) - 1:
                h = stage[-1](F.pad(h, (0, 1, 0, 1)))
                skips.append(h)
        h = self.mid[2](self.mid[1](self.mid[0](h, e)), e)
        for level, stage in enumerate(self.up):
            for i in range(self.blocks + 1):
                h = stage[2 * i + 1](stage[2 * i](torch.cat([h, skips.pop()], 1), e))
            if level < len(self.up) - 1:
                h = stage[-1](F.interpolate(h, scale_factor=2.0, mode="nearest"))
        h = self.conv_out(F.silu(self.norm_out(h)))
        return F.pixel_shuffle(h, self.patch) if self.patch > 1 else h


def features_net(channels):
    return nn.Sequential(
        nn.Conv2d(channels, 32, 3, padding=1), nn.ReLU(), nn.AvgPool2d(2),
        nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(),
    ).requires_grad_(False)


def mmd2(x, y):
    d, m = x.shape[1], x.shape[0]
    xx, yy, xy = ((a @ b.T / d + 1) ** 3 for a, b in ((x, x), (y, y), (x, y)))
    return ((xx.sum() - xx.trace()) + (yy.sum() - yy.trace())) / (m * (m - 1)) - 2 * xy.mean()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--size", choices=SIZES, required=True)
    parser.add_argument("--kind", choices=("denoise", "mmd", "mmd-checkpointed", "sample"), required=True)
    parser.add_argument("--batch", type=int, required=True)
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--channels-last", action="store_true")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(0)
    net = UNet(*SIZES[args.size])
    if args.channels_last:
        net = net.to(memory_format=torch.channels_last)
    image, channels = SIZES[args.size][:2]
    shape = (args.batch, channels, image, image)
    extractor = features_net(channels)
    adam = torch.optim.Adam(net.parameters(), lr=1e-5)
    alpha = torch.cumprod(1 - torch.linspace(1e-4, 0.02, 1000, dtype=torch.float64), 0).float()
    times = list(range(0, 1000, 1000 // args.steps))

    def chain(x, evaluate):
        for i in reversed(range(len(times))):
            a, b = alpha[times[i]], alpha[times[i - 1]] if i else torch.tensor(1.0)
            e = evaluate(x, torch.full((args.batch,), float(times[i])))
            x = b.sqrt() * (x - (1 - a).sqrt() * e) / a.sqrt() + (1 - b).sqrt() * e
        return x

    def update(loss):
        adam.zero_grad(set_to_none=False)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        adam.step()
        return float(loss)

    def denoise():
        x, e = torch.rand(shape) * 2 - 1, torch.randn(shape)
        t = torch.randint(1000, (args.batch,))
        a = alpha[t][:, None, None, None]
        return update(F.mse_loss(net(a.sqrt() * x + (1 - a).sqrt() * e, t.float()), e))

    def mmd():
        real = torch.rand(shape)
        recompute = args.kind == "mmd-checkpointed"
        run = (lambda x, t: checkpoint(net, x, t, use_reentrant=False)) if recompute else net
        generated = ((chain(torch.randn(shape), run) + 1) / 2).clamp(0, 1)
        with torch.no_grad():
            target = extractor(real)
        return update(mmd2(extractor(generated), target))

    def sample():
        with torch.no_grad():
            return float(chain(torch.randn(shape), net).sum())

    step = {"denoise": denoise, "sample": sample}.get(args.kind, mmd)
    step()
    wall, cpu = [], []
    for _ in range(args.repeats):
        w, c = time.perf_counter(), time.process_time()
        step()
        wall.append(time.perf_counter() - w)
        cpu.append(time.process_time() - c)
    print(json.dumps({
        "seconds": statistics.median(wall), "cpu": statistics.median(cpu),
        "peakMb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "parameters": sum(p.numel() for p in net.parameters()), "version": torch.__version__,
    }))


if __name__ == "__main__":
    main()

"""Outputs and gradients of openai/guided-diffusion's UNetModel with weights by formula: guided.py CHECKOUT OUT_DIR

Weights: the k-th tensor of the state dict (from 0), element i (from 0) in C order, w = sin(12.9898 (i + 1) + 78.233 (k + 1)) in double;
tensors of 2 or more dimensions w sqrt(4 / fan_in), fan_in the product of all dimensions but the first; vectors named `*.weight` (of the
normalisations) 1 + 0.1 w; other vectors 0.05 w. Loss: sum(out[:, :3] * linspace(-1, 1, n)). Of the gradient of every parameter the file
holds [L2 norm, sum(g * w)], w being the formula's for that tensor, and whole gradients of a few.
"""
import sys

import numpy as np
import torch

sys.path.insert(0, sys.argv[1])
from guided_diffusion.unet import UNetModel  # noqa: E402

CASES = {
    # new attention order, residual resampling, channels per head, labels, scale-shift, learned variance
    "guided": dict(
        image_size=16, model_channels=32, out_channels=6, num_res_blocks=1, attention_resolutions=(2,), channel_mult=(1, 2),
        num_classes=7, num_head_channels=16, use_scale_shift_norm=True, resblock_updown=True, use_new_attention_order=True),
    # legacy order, pooling without parameters, heads by number, no scale-shift, three levels, two blocks
    "pooled": dict(
        image_size=16, model_channels=32, out_channels=3, num_res_blocks=2, attention_resolutions=(1, 4), channel_mult=(1, 1, 2),
        num_heads=4, conv_resample=False),
    # convolutions between levels, new order with heads by number
    "convolved": dict(
        image_size=8, model_channels=32, out_channels=6, num_res_blocks=1, attention_resolutions=(1,), channel_mult=(2, 1),
        num_heads=2, use_scale_shift_norm=True, use_new_attention_order=True),
}


def formula(k, shape):
    n = int(np.prod(shape))
    return np.sin(12.9898 * (np.arange(n, dtype=np.float64) + 1) + 78.233 * (k + 1)).reshape(shape)


def weights(net):
    state = {}
    for k, (name, value) in enumerate(net.state_dict().items()):
        w = formula(k, value.shape)
        if value.dim() > 1:
            w = w * np.sqrt(4 / np.prod(value.shape[1:]))
        elif name.endswith(".weight"):
            w = 1 + 0.1 * w
        else:
            w = 0.05 * w
        state[name] = torch.from_numpy(w.astype(np.float32))
    return state


for case, config in CASES.items():
    torch.manual_seed(3)
    net = UNetModel(in_channels=3, **config)
    net.load_state_dict(weights(net))
    size = config["image_size"]
    x = torch.randn(2, 3, size, size, requires_grad=True)
    t = torch.tensor([3.25, 871.0])
    y = torch.tensor([5, 2]) if "num_classes" in config else None
    out = net(x, t, y) if y is not None else net(x, t)
    used = out[:, :3]
    (used * torch.linspace(-1, 1, used.numel()).reshape(used.shape)).sum().backward()
    arrays = dict(x=x.detach(), t=t, out=out.detach(), grad_x=x.grad)
    if y is not None:
        arrays["y"] = y
    names, checks = [], []
    for k, (name, parameter) in enumerate(net.named_parameters()):
        g = parameter.grad.double().numpy()
        names.append(name)
        checks.append([np.sqrt((g * g).sum()), (g * formula(k, g.shape)).sum()])
        if name.endswith(("emb_layers.1.bias", "qkv.bias", "in_layers.0.weight")) or name in ("label_emb.weight", "out.2.weight"):
            arrays["grad." + name] = parameter.grad
    arrays["checks"] = np.array(checks)
    np.savez(f"{sys.argv[2]}/{case}.npz", **{k: np.asarray(v) for k, v in arrays.items()})
    with open(f"{sys.argv[2]}/{case}.txt", "w") as lines:
        lines.writelines(f"{name} {' '.join(str(d) for d in value.shape)}\n" for name, value in net.named_parameters())

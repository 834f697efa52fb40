"""DDIM's Model with resamp_with_conv false, weights by the formula of ../openai/guided.py: pooled_levels.py CHECKOUT-OF-ermongroup/ddim OUT_DIR

Writes pooled-levels.npz (x, t, eps, grad_x of sum(eps * linspace(-1, 1, n))), and prints the SHA-256 of the lines "name d1 d2 ...\\n" of the
state dicts at the published sizes, with and without resampling convolutions.
"""
import hashlib
import sys
import types

import numpy as np
import torch

sys.path.insert(0, sys.argv[1])
from models.diffusion import Model  # noqa: E402


def network(ch, mult, blocks, attention, size, channels, conv):
    space = types.SimpleNamespace
    model = space(ch=ch, out_ch=channels, ch_mult=mult, num_res_blocks=blocks, attn_resolutions=attention, dropout=0.0,
                  in_channels=channels, resamp_with_conv=conv, type="simple")
    return Model(space(model=model, data=space(image_size=size), diffusion=space(num_diffusion_timesteps=1000)))


net = network(32, [1, 2], 1, [8], 16, 1, False)
state = {}
for k, (name, value) in enumerate(net.state_dict().items()):
    w = np.sin(12.9898 * (np.arange(value.numel(), dtype=np.float64) + 1) + 78.233 * (k + 1)).reshape(value.shape)
    if value.dim() > 1:
        w = w * np.sqrt(4 / np.prod(value.shape[1:]))
    elif "norm" in name and name.endswith("weight"):
        w = 1 + 0.1 * w
    else:
        w = 0.05 * w
    state[name] = torch.from_numpy(w.astype(np.float32))
net.load_state_dict(state)
torch.manual_seed(5)
x = torch.randn(2, 1, 16, 16, requires_grad=True)
t = torch.tensor([7.0, 801.0])
eps = net(x, t)
(eps * torch.linspace(-1, 1, eps.numel()).reshape(eps.shape)).sum().backward()
np.savez(f"{sys.argv[2]}/pooled-levels.npz", x=x.detach(), t=t, eps=eps.detach(), grad_x=x.grad)
with torch.device("meta"):
    for size, mult in ((32, [1, 2, 2, 2]), (64, [1, 2, 2, 2, 4]), (256, [1, 1, 2, 2, 4, 4])):
        for conv in (True, False):
            state = network(128, mult, 2, [16], size, 3, conv).state_dict()
            lines = "".join(f"{n} {' '.join(str(d) for d in v.shape)}\n" for n, v in state.items())
            print(size, conv, len(state), sum(v.numel() for v in state.values()), hashlib.sha256(lines.encode()).hexdigest()[:16])

"""Makes script_denoiser.pt and script_denoiser.npz beside this file: a scripted (x, t) -> (eps, variance) network with a dropout,
its input, output and the gradients of sum(output * upstream) by x and by every parameter. Needs torch (made with 2.7.1)."""
import math
import pathlib

import numpy as np
import torch
from torch import nn

here = pathlib.Path(__file__).parent


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.enter = nn.Conv2d(1, 8, 3, padding=1)
        self.time = nn.Linear(4, 8)
        self.drop = nn.Dropout(0.5)
        self.leave = nn.Conv2d(8, 2, 3, padding=1)

    def forward(self, x, t):
        a = t[:, None] * torch.exp(torch.arange(2, device=x.device) * (-math.log(1000.0)))[None]
        h = self.enter(x) + self.time(torch.cat([a.sin(), a.cos()], 1))[:, :, None, None]
        return self.leave(self.drop(torch.nn.functional.silu(h)))


torch.manual_seed(5)
net = torch.jit.script(Net().eval())
net.save(str(here / "script_denoiser.pt"))
x, t = torch.randn(3, 1, 6, 6, requires_grad=True), torch.tensor([0.0, 310.0, 999.0])
y = net(x, t)[:, :1]
upstream = torch.randn_like(y)
(y * upstream).sum().backward()
arrays = {"x": x, "t": t, "y": y, "upstream": upstream, "grad_x": x.grad}
arrays |= {"grad." + name: p.grad for name, p in net.named_parameters()}
np.savez(here / "script_denoiser.npz", **{k: v.detach().numpy() for k, v in arrays.items()})

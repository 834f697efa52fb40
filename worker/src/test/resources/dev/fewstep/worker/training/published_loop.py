"""Makes published-loop.npz: MMD-DDM's loop (runners/diffusion.py, train_cifar / train_lsun) on the reference U-Net.

python published_loop.py MMD_DDM_CHECKOUT VECTORS_UNET OUT.npz

MMD_DDM_CHECKOUT is a checkout of github.com/diegovalsesia/MMD-DDM, whose network (models/diffusion.py) is run as it is;
VECTORS_UNET holds state.pth, features-state.pth and reference.npz (x, y) of the reference vectors. Autograd goes through
the whole chain; loss, clipping and update are written here as the published loop has them. torch 2.7.1, CPU.

Per case: epochs (2, and 1 of acc4) over 8 images in mini-batches of 3, 3, 2; accumulation over `acc`; Adam lr 1e-3; clip 0.5; DDIM, 5 steps.
Stored: losses and norms before clipping of every mini-batch, and of the change of all parameters, concatenated in the
state dict's order, every 89th value.
`zero` names the parameters whose gradient is zero in exact arithmetic: below 1e-13 of the whole in float64.
"""
import sys
from types import SimpleNamespace as NS

import numpy as np
import torch
import torch.nn.functional as F

checkout, vectors, out = sys.argv[1:4]
sys.path.insert(0, checkout)
import models.diffusion as network  # noqa: E402

# The embedding is made in single precision; in double precision it is used as it is.
embed = network.get_timestep_embedding
network.get_timestep_embedding = lambda t, width: embed(t, width).to(t.dtype)

torch.set_num_threads(1)
config = NS(
    model=NS(type="simple", ch=32, out_ch=1, ch_mult=[1, 2], num_res_blocks=1, attn_resolutions=[8], dropout=0.0,
             in_channels=1, resamp_with_conv=True),
    data=NS(image_size=16), diffusion=NS(num_diffusion_timesteps=1000))
reference = np.load(vectors + "/reference.npz")
STRIDE = 89


def make(dtype):
    model = network.Model(config)
    model.load_state_dict(torch.load(vectors + "/state.pth"))
    f = torch.load(vectors + "/features-state.pth")
    return model.to(dtype), {k: v.to(dtype) for k, v in f.items()}


def features(f, x):
    h = F.relu(F.conv2d(x, f["c1.weight"], f["c1.bias"], 2, 1))
    return F.relu(F.conv2d(h, f["c2.weight"], f["c2.bias"], 2, 1)).mean((2, 3))


def chain(model, x, steps):
    betas = torch.from_numpy(np.linspace(1e-4, 0.02, 1000)).float().to(x.dtype)
    bars = torch.cat([torch.ones(1, dtype=x.dtype), (1 - betas).cumprod(0)])
    seq = list(range(0, 1000, 1000 // steps))
    for i, j in zip(reversed(seq), reversed([-1] + seq[:-1])):
        at, s = bars[i + 1], bars[j + 1]
        e = model(x, torch.full((x.shape[0],), float(i), dtype=x.dtype))
        x0 = (x - e * (1 - at).sqrt()) / at.sqrt()
        x = s.sqrt() * x0 + (1 - s).sqrt() * e
    return x


def mmd(a, b):
    k = lambda p, q: (p @ q.T / p.shape[1] + 1) ** 3
    m = a.shape[0]
    xx, yy, xy = k(a, a), k(b, b), k(a, b)
    return (xx.sum() - xx.diagonal().sum() + yy.sum() - yy.diagonal().sum()) / (m * (m - 1)) - 2 * xy.sum() / (m * m)


def run(acc, batches, kernel, clip=0.5, dtype=torch.float32, epochs=2, lr=1e-3):
    model, f = make(dtype)
    before = torch.cat([p.detach().flatten() for p in model.parameters()]).clone()
    adam = torch.optim.Adam(model.parameters(), lr=lr)
    x = torch.from_numpy(reference["x"]).to(dtype)
    y = torch.from_numpy(reference["y"]).to(dtype)
    losses, norms, first = [], [], None
    for _ in range(epochs):
        at = 0
        for i, n in enumerate(batches):
            sample = chain(model, x[at:at + n], 5)
            a = features(f, torch.clamp((sample + 1) / 2, 0, 1)).to(kernel)
            b = features(f, y[at:at + n]).to(kernel)
            loss = mmd(a, b) / acc
            loss.backward()
            at += n
            if first is None:
                first = {k: p.grad.clone() for k, p in model.named_parameters()}
            losses.append(loss.item())
            norms.append(torch.nn.utils.clip_grad_norm_(model.parameters(), clip).item())
            if (i + 1) % acc == 0 or i == len(batches) - 1:
                adam.step()
                adam.zero_grad()
    after = torch.cat([p.detach().flatten() for p in model.parameters()])
    return losses, norms, (after - before), after, first, model


if __name__ == "__main__":
    stored = {}
    _, _, _, _, first, model = run(1, [8], torch.float64, dtype=torch.float64, epochs=1)
    whole = sum(float((g ** 2).sum()) for g in first.values()) ** 0.5
    zero = [k for k, g in first.items() if float(g.norm()) < 1e-13 * whole]
    stored["zero"] = np.frombuffer("\n".join(zero).encode(), np.uint8)
    # A second epoch of acc4 meets a ReLU of the extractor 4e-5 from its kink, on either side of which the norm is
    # 3.449 or 3.682: nothing that rounding may decide is a reference.
    cases = (("acc2", 2, torch.float64, 2), ("acc1", 1, torch.float32, 2), ("acc4", 4, torch.float32, 1))
    for name, acc, kernel, epochs in cases:
        losses, norms, change, _, _, _ = run(acc, [3, 3, 2], kernel, epochs=epochs)
        stored[name + ".losses"] = np.array(losses)
        stored[name + ".norms"] = np.array(norms)
        stored[name + ".change"] = change[::STRIDE].numpy().astype(np.float32)
    # The same in double precision: what the single-precision numbers, theirs and ours, are near to.
    losses, norms, change, _, _, _ = run(2, [3, 3, 2], torch.float64, dtype=torch.float64)
    stored["exact.losses"] = np.array(losses)
    stored["exact.norms"] = np.array(norms)
    stored["exact.change"] = change[::STRIDE].numpy().astype(np.float32)
    np.savez(out, **stored)
    print(len(zero), zero)
    print({k: (v.shape, v[:4]) for k, v in stored.items()})

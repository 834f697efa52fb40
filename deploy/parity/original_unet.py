"""Weights both ways between fewstep and the original U-Net of DDIM and MMD-DDM (models/diffusion.py), strictly.

  1. The original network, randomly initialised, is saved with torch.save and run.
  2. fewstep reads that .pth, runs it, finetunes one MMD step and writes what it has learnt.
  3. The original network loads fewstep's file with strict=True and is run again.

Both outputs must agree to 1e-5 relative L2. Usage:
  original_unet.py CHECKOUT-OF-ermongroup/ddim CLASSPATH [cifar10|celeba]     (original_unet.sh makes the class path)
"""
import argparse
import pathlib
import subprocess
import sys
import tempfile
import types

import numpy as np
import torch
from safetensors.torch import load_file

SIZES = {
    "cifar10": dict(image=32, mult=[1, 2, 2, 2], attention=16, parameters=35_746_307, tensors=328),
    "celeba": dict(image=64, mult=[1, 2, 2, 2, 4], attention=16, parameters=78_700_803, tensors=390),
}


def original(checkout, size):
    sys.path.insert(0, checkout)
    from models.diffusion import Model

    space = types.SimpleNamespace
    return Model(space(
        model=space(ch=128, out_ch=3, ch_mult=size["mult"], num_res_blocks=2, attn_resolutions=[size["attention"]],
                    dropout=0.0, in_channels=3, resamp_with_conv=True, type="simple"),
        data=space(image_size=size["image"]),
        diffusion=space(num_diffusion_timesteps=1000),
    )).eval()


def difference(a, b):
    return float(np.linalg.norm(a - b) / np.linalg.norm(b))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("checkout")
    parser.add_argument("classpath")
    parser.add_argument("size", choices=SIZES, nargs="?", default="cifar10")
    args = parser.parse_args()
    size = SIZES[args.size]
    torch.manual_seed(3)
    net = original(args.checkout, size)
    state = net.state_dict()
    found = sum(p.numel() for p in net.parameters()), len(state)
    assert found == (size["parameters"], size["tensors"]), found
    x, t = torch.randn(3, 3, size["image"], size["image"]), torch.tensor([0.0, 431.0, 999.0])
    with tempfile.TemporaryDirectory() as folder, torch.no_grad():
        folder = pathlib.Path(folder)
        torch.save(state, folder / "original.pth")
        np.savez(folder / "inputs.npz", x=x.numpy(), t=t.numpy())
        before = net(x, t).numpy()
        subprocess.run(["java", "-Xmx2g", "-cp", args.classpath, "dev.fewstep.bench.NetworkParity", str(folder),
                        str(size["image"]), ",".join(map(str, size["mult"])), str(size["attention"])],
                       check=True, stderr=subprocess.DEVNULL)
        ours = np.load(folder / "outputs.npz")
        written = {}
        for file in sorted(folder.glob("finetuned.*")):
            weights = load_file(file) if file.suffix == ".safetensors" else torch.load(file, weights_only=True)
            moved = sum(float((weights[k] - state[k]).abs().max()) > 0 for k in state)
            again = original(args.checkout, size)
            again.load_state_dict(weights, strict=True)
            written[file.name] = difference(again(x, t).numpy(), ours["after"]), moved
    rows = [("original -> fewstep", difference(ours["before"], before))]
    rows += [(f"{name} -> original, strict", d) for name, (d, _) in written.items()]
    print(f"{args.size}: {found[0]:,} parameters in {found[1]} tensors")
    for name, d in rows:
        print(f"  {name:42s} relative L2 {d:.2e}")
    for name, (_, moved) in written.items():
        print(f"  {name}: {moved} of {found[1]} tensors moved by the finetuning step")
    if not all(d <= 1e-5 for _, d in rows) or not written:
        sys.exit("outputs differ by more than 1e-5")


if __name__ == "__main__":
    main()

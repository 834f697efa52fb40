"""Checkpoints between PyTorch and fewstep, both ways: every type, views, shared storages, parameters, lists.

Usage: python3 deploy/parity/checkpoints.py   (needs torch; runs ./fewstep of this checkout, or $FEWSTEP)
"""

import os
import pathlib
import subprocess
import tempfile

import torch

HOME = pathlib.Path(__file__).resolve().parents[2]
TYPES = [torch.float32, torch.float64, torch.float16, torch.bfloat16, torch.int64, torch.int32, torch.int16, torch.int8,
         torch.uint8, torch.bool]


def fewstep(*arguments):
    subprocess.run([os.environ.get("FEWSTEP", str(HOME / "fewstep")), *map(str, arguments)], check=True, stdout=subprocess.DEVNULL)


def tensors():
    made = {}
    for kind in TYPES:
        whole = (torch.randn(4, 3, 5) * 50).to(kind)
        made[f"{kind}.whole"] = whole
        made[f"{kind}.transposed"] = whole.transpose(0, 2)[1:]
        made[f"{kind}.scalar"] = whole[0, 0, 0].clone()
        made[f"{kind}.empty"] = whole[:0]
        made[f"{kind}.expanded"] = whole[:1, :1, :1].expand(2, 3, 4)
    made["parameter"] = torch.nn.Parameter(torch.randn(3))
    made["na\u00efve"] = torch.arange(3.0)
    return made


def same(found, expected):
    assert list(found) == list(expected)
    for name, tensor in expected.items():
        assert found[name].dtype == tensor.dtype and found[name].shape == tensor.shape, name
        assert torch.equal(found[name], tensor.detach()), name


def main():
    torch.manual_seed(0)
    expected = tensors()
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        for legacy in (False, True):
            source, target = folder / "in.pth", folder / "out.pth"
            torch.save(expected, source, _use_new_zipfile_serialization=not legacy)
            fewstep("convert", source, target, "--select", "all")
            for weights_only in (True, False):
                same(torch.load(target, weights_only=weights_only), expected)
            torch.load(target, mmap=True)
            model = torch.nn.Sequential(torch.nn.Conv2d(1, 4, 3), torch.nn.Linear(3, 2)).double()
            adam = torch.optim.Adam(model.parameters())
            model(torch.zeros(1, 1, 5, 5).double()).sum().backward()
            adam.step()
            ema = {name: value * 1.01 for name, value in model.state_dict().items()}
            parallel = {"module." + name: value.clone() for name, value in model.state_dict().items()}
            torch.save([parallel, adam.state_dict(), 3, 7, ema], source, _use_new_zipfile_serialization=not legacy)
            fewstep("convert", source, target)
            model.load_state_dict(torch.load(target, weights_only=True), strict=True)
            same(model.state_dict(), ema)
            fewstep("convert", source, target, "--select", "0")
            same(torch.load(target, weights_only=True), {k[len("module."):]: v for k, v in parallel.items()})
    print("checkpoints: every type, view and list is the same on both sides")


if __name__ == "__main__":
    main()

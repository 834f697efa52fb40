"""Makes the references of this folder: see README.md."""
import io, os, re, sys, zipfile
import numpy as np, torch, torchvision
import torch.nn as nn, torch.nn.functional as F
from PIL import Image
from torchvision import transforms as T
from torchvision.models import resnet
import pytorch_fid.inception as fid
from cleanfid.resize import make_resizer

HERE = os.path.dirname(os.path.abspath(__file__))
torch.set_num_threads(1)


def formula(module):
    """Weights by the formula: sin(12.9898 (i+1) + 78.233 (k+1)) for the k-th name in sorted order."""
    state = module.state_dict()
    for k, name in enumerate(sorted(state)):
        t = state[name]
        w = np.sin(12.9898 * (np.arange(t.numel(), dtype=np.float64) + 1) + 78.233 * (k + 1))
        if name.endswith("num_batches_tracked"):
            v = np.zeros(t.numel())
        elif name.endswith("running_mean"):
            v = 0.1 * w
        elif name.endswith("running_var"):
            v = 1 + 0.2 * w
        elif re.search(r"(bn\d?|downsample\.1)\.weight$", name):
            v = 1 + 0.1 * w
        elif t.dim() >= 2:
            v = w * np.sqrt(4 / np.prod(t.shape[1:]))
        else:
            v = 0.05 * w
        t.copy_(torch.from_numpy(v.reshape(tuple(t.shape)).astype(np.float32)))
    for p in module.parameters():
        p.requires_grad_(False)
    return module.eval()


def fid_network():
    m = torchvision.models.inception_v3(num_classes=1008, aux_logits=False, weights=None, init_weights=False)
    m.Mixed_5b = fid.FIDInceptionA(192, pool_features=32)
    m.Mixed_5c = fid.FIDInceptionA(256, pool_features=64)
    m.Mixed_5d = fid.FIDInceptionA(288, pool_features=64)
    m.Mixed_6b = fid.FIDInceptionC(768, channels_7x7=128)
    m.Mixed_6c = fid.FIDInceptionC(768, channels_7x7=160)
    m.Mixed_6d = fid.FIDInceptionC(768, channels_7x7=160)
    m.Mixed_6e = fid.FIDInceptionC(768, channels_7x7=192)
    m.Mixed_7b = fid.FIDInceptionE_1(1280)
    m.Mixed_7c = fid.FIDInceptionE_2(2048)
    return formula(m)


def fid_features(m, x, spatial=False):
    """pytorch-fid's blocks on what it feeds them."""
    for layer in (m.Conv2d_1a_3x3, m.Conv2d_2a_3x3, m.Conv2d_2b_3x3, m.maxpool1, m.Conv2d_3b_1x1,
                  m.Conv2d_4a_3x3, m.maxpool2, m.Mixed_5b, m.Mixed_5c, m.Mixed_5d, m.Mixed_6a,
                  m.Mixed_6b, m.Mixed_6c):
        x = layer(x)
    if spatial:
        return m.Mixed_6d.branch1x1(x)[:, :7].permute(0, 2, 3, 1).reshape(len(x), -1)
    for layer in (m.Mixed_6d, m.Mixed_6e, m.Mixed_7a, m.Mixed_7b, m.Mixed_7c):
        x = layer(x)
    return x.mean(dim=(2, 3))


def bilinear(x):
    return 2 * F.interpolate(x, size=(299, 299), mode="bilinear", align_corners=False) - 1


def tensorflow1(x, edge=299):
    """TF1's resize_bilinear of 0..255, as torch-fidelity restates it, then (x - 128) / 128."""
    def axis(n):
        at = torch.arange(edge, dtype=torch.float32) * (n / edge)
        lo = at.floor().long()
        return lo, (lo + 1).clamp_max(n - 1), at - lo
    y0, y1, dy = axis(x.shape[2])
    x0, x1, dx = axis(x.shape[3])
    top = x[:, :, y0][..., x0] + (x[:, :, y0][..., x1] - x[:, :, y0][..., x0]) * dx
    bottom = x[:, :, y1][..., x0] + (x[:, :, y1][..., x1] - x[:, :, y1][..., x0]) * dx
    return (top + (bottom - top) * dy[:, None] - 128) / 128


def clean(images):
    resize = make_resizer("PIL", False, "bicubic", (299, 299))
    x = np.stack([resize(i.transpose(1, 2, 0)).transpose(2, 0, 1) for i in images])
    return (torch.from_numpy(x).float() - 128) / 128


def gradient(f, x, dtype=torch.float32):
    x = torch.from_numpy(x).to(dtype).requires_grad_(True)
    y = f(x)
    (y * torch.linspace(0, 1, y.numel(), dtype=dtype).reshape(y.shape)).sum().backward()
    return y.detach().numpy(), x.grad.numpy()


def inception(out):
    m = fid_network()
    rng = np.random.default_rng(7)
    images = rng.integers(0, 256, (2, 3, 37, 53), dtype=np.uint8)
    unit = images.astype(np.float32) / 255
    with torch.no_grad():
        x = torch.from_numpy(unit)
        pool = fid_features(m, bilinear(x))
        out["images"] = images
        out["pytorch-fid"] = pool.numpy()
        out["logits"] = m.fc(pool).numpy()
        out["probabilities"] = torch.softmax(F.linear(pool, m.fc.weight), 1).numpy()
        out["spatial"] = fid_features(m, bilinear(x), True).numpy()[:, ::17]
        out["tf"] = fid_features(m, tensorflow1(torch.from_numpy(images).float())).numpy()
        out["clean"] = fid_features(m, clean(images)).numpy()
    single = gradient(lambda v: fid_features(m, bilinear(v)), unit)[1]
    m = m.double()
    value, exact = gradient(lambda v: fid_features(m, bilinear(v)), unit.astype(np.float64), torch.float64)
    out["exact"], out["exact_gradient"], out["single_gradient"] = value, exact, single
    print("float32 gradient against float64:", np.linalg.norm(single - exact) / np.linalg.norm(exact))


def pngs(out):
    m = fid_network()
    rng = np.random.default_rng(10)
    os.makedirs(os.path.join(HERE, "odd"), exist_ok=True)
    sizes = [(13, 7), (31, 45), (64, 64), (99, 33), (301, 3), (17, 299), (40, 41), (5, 5), (121, 77), (23, 57)]
    rows = []
    for i, (w, h) in enumerate(sizes):
        yy, xx = np.mgrid[0:h, 0:w]
        base = np.stack([127 + 120 * np.sin(xx / (3 + c + i) + yy / (5 + c) + c) for c in range(3)], -1)
        rgb = np.clip(base + rng.normal(0, 6, base.shape), 0, 255).astype(np.uint8)
        image = Image.fromarray(rgb)
        if i % 5 == 2:
            image = image.convert("L")
        elif i % 5 == 3:
            image = image.quantize(16)
        path = os.path.join(HERE, "odd", f"{i:02d}.png")
        image.save(path, optimize=True)
        x = T.ToTensor()(Image.open(path).convert("RGB"))[None]
        with torch.no_grad():
            rows.append(fid_features(m, bilinear(x))[0].numpy())
    out["odd"] = np.stack(rows)


class NarrowVgg(nn.Module):
    """torchvision's VGG-11 with narrow layers and the same names."""
    def __init__(self):
        super().__init__()
        layers, c = [], 3
        for v in (8, "M", 8, "M", 12, 12, "M", 16, 16, "M", 16, 16, "M"):
            if v == "M":
                layers.append(nn.MaxPool2d(2, 2))
            else:
                layers += [nn.Conv2d(c, v, 3, padding=1), nn.ReLU(True)]
                c = v
        self.features = nn.Sequential(*layers)
        self.avgpool = nn.AdaptiveAvgPool2d((7, 7))
        self.classifier = nn.Sequential(nn.Linear(c * 49, 24), nn.ReLU(True), nn.Dropout(),
                                        nn.Linear(24, 20), nn.ReLU(True), nn.Dropout(), nn.Linear(20, 6))

    forward = torchvision.models.vgg.VGG.forward


def torchvision_nets(out):
    rng = np.random.default_rng(3)
    images = rng.integers(0, 256, (2, 3, 40, 33), dtype=np.uint8)
    out["tv_images"] = images
    norm = T.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
    def narrow(block, layers):
        m = resnet.ResNet(block, layers, num_classes=5)
        return m
    nets = {
        "resnet18": formula(torchvision.models.resnet18(weights=None)),
        "bottleneck": formula(resnet.ResNet(resnet.Bottleneck, [1, 2, 1, 1], num_classes=7)),
        "vgg11": formula(NarrowVgg()),
        "inception-v3": formula(torchvision.models.inception_v3(weights=None, transform_input=True, init_weights=False)),
    }
    for name, m in nets.items():
        resize, crop = (342, 299) if name == "inception-v3" else (256, 224)
        transform = T.Compose([T.Resize(resize), T.CenterCrop(crop), T.ToTensor(), norm])
        x = torch.stack([transform(Image.fromarray(i.transpose(1, 2, 0))) for i in images])
        smooth = lambda v: norm(F.interpolate(v, (crop, crop), mode="bilinear", align_corners=False, antialias=True))
        last = m.classifier if name == "vgg11" else m
        saved = last[6] if name == "vgg11" else m.fc
        with torch.no_grad():
            out[name + "_logits"] = m(x).numpy()
        if name == "vgg11":
            m.classifier[6] = nn.Identity()
        else:
            m.fc = nn.Identity()
        with torch.no_grad():
            out[name] = m(x).numpy()
            out[name + "_torch"] = m(smooth(torch.from_numpy(images.astype(np.float32) / 255))).numpy()
        if name in ("bottleneck", "vgg11"):
            d = m.double()
            out[name + "_gradient"] = gradient(lambda v: d(smooth(v)), images / 255.0, torch.float64)[1]


class Block(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.ln_1, self.ln_2 = nn.LayerNorm(d), nn.LayerNorm(d)
        self.qkv, self.out = nn.Linear(d, 3 * d), nn.Linear(d, d)
        self.up, self.down = nn.Linear(d, 2 * d), nn.Linear(2 * d, d)

    def forward(self, x):
        h = self.ln_1(x.to(torch.float32) if self.ln_1.weight.dtype == torch.float32 else x).to(x.dtype)
        n, l, d = h.shape
        q, k, v = self.qkv(h).reshape(n, l, 3, 2, d // 2).permute(2, 0, 3, 1, 4).unbind(0)
        a = torch.softmax(q @ k.transpose(-1, -2) / (d // 2) ** 0.5, -1) @ v
        x = x + self.out(a.transpose(1, 2).reshape(n, l, d))
        h = self.ln_2(x.to(torch.float32) if self.ln_2.weight.dtype == torch.float32 else x).to(x.dtype)
        h = self.up(h)
        return x + self.down(h * torch.sigmoid(1.702 * h))


class Vit(nn.Module):
    def __init__(self, patch, width, out):
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, patch, patch, bias=False)
        self.cls = nn.Parameter(torch.randn(width))
        self.pos = nn.Parameter(torch.randn((224 // patch) ** 2 + 1, width) * 0.3)
        self.block = Block(width)
        self.post = nn.LayerNorm(width)
        self.proj = nn.Parameter(torch.randn(width, out) * width ** -0.5)

    def forward(self, x):
        x = self.conv1(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.cls.to(x.dtype) + torch.zeros(x.shape[0], 1, x.shape[-1], dtype=x.dtype, device=x.device), x], 1)
        x = self.block(x + self.pos.to(x.dtype))
        x = self.post(x[:, 0].to(torch.float32)).to(x.dtype)
        return x @ self.proj


class Clip(nn.Module):
    """The call signature of OpenAI's ViT-B-32.pt: encode_image, float16 weights but for the norms."""
    def __init__(self):
        super().__init__()
        self.visual = Vit(32, 4, 8)

    def encode_image(self, image):
        return self.visual(image.to(self.visual.conv1.weight.dtype))

    def forward(self, image):
        return self.encode_image(image) * 0


class NvidiaLike(nn.Module):
    """The call signature of NVIDIA's inception-2015-12-05.pt; 0..255 in, resized inside."""
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 5, 4)
        self.output = nn.Linear(8, 5)

    def forward(self, img: torch.Tensor, return_features: bool = False, use_fp16: bool = False, no_output_bias: bool = False) -> torch.Tensor:
        x = F.interpolate(img.to(torch.float32), size=[33, 33], mode="bilinear", align_corners=False)
        x = torch.tanh(self.conv((x - 128) / 128)).mean(dim=[2, 3])
        if return_features:
            return x
        x = F.linear(x, self.output.weight) if no_output_bias else self.output(x)
        return torch.softmax(x, dim=1)


def as_on_cuda(buffer):
    """The same archive with its code naming cuda:0, as one saved on a GPU does; cpu elsewhere."""
    source, target = zipfile.ZipFile(io.BytesIO(buffer)), io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as out:
        for entry in source.infolist():
            data = source.read(entry)
            if entry.filename.endswith(".debug_pkl"):
                continue
            if entry.filename.endswith(".py"):
                data = data.replace(b'torch.device("cpu")', b'torch.device("cuda:0")')
            out.writestr(entry.filename, data, compress_type=zipfile.ZIP_STORED)
    return target.getvalue()


def save(module, name, cuda=False):
    buffer = io.BytesIO()
    torch.jit.save(module, buffer)
    data = as_on_cuda(buffer.getvalue()) if cuda else as_on_cuda_free(buffer.getvalue())
    open(os.path.join(HERE, name), "wb").write(data)
    code = b"".join(zipfile.ZipFile(io.BytesIO(data)).read(n) for n in zipfile.ZipFile(io.BytesIO(data)).namelist() if n.endswith(".py"))
    print(name, len(data), "float16 casts", code.count(b", 5, False"), "cuda", code.count(b'"cuda:0"'))


def as_on_cuda_free(buffer):
    source, target = zipfile.ZipFile(io.BytesIO(buffer)), io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as out:
        for entry in source.infolist():
            if not entry.filename.endswith(".debug_pkl"):
                out.writestr(entry.filename, source.read(entry), compress_type=zipfile.ZIP_STORED)
    return target.getvalue()


def scripts(out):
    torch.manual_seed(5)
    rng = np.random.default_rng(5)
    images = rng.integers(0, 256, (3, 3, 21, 34), dtype=np.uint8)
    unit = rng.random((3, 3, 24, 24)).astype(np.float32)
    out["script_images"], out["script_unit"] = images, unit
    pil = [Image.fromarray(i.transpose(1, 2, 0)) for i in images]

    clip = Clip().eval()
    for p in (clip.visual.conv1, clip.visual.block.qkv, clip.visual.block.out, clip.visual.block.up, clip.visual.block.down):
        p.half()
    clip.visual.proj.data = clip.visual.proj.data.half()
    save(torch.jit.trace_module(clip, {"encode_image": torch.rand(2, 3, 224, 224), "forward": torch.rand(2, 3, 224, 224)}, check_trace=False), "tiny-clip.pt", cuda=True)
    clip = clip.float()
    norm = T.Normalize((0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711))
    loss = lambda v: clip.encode_image(norm(F.interpolate(v, (224, 224), mode="bicubic", align_corners=False)))
    out["clip"], out["clip_gradient"] = gradient(loss, unit)
    crop = T.Compose([T.Resize(224, interpolation=T.InterpolationMode.BICUBIC), T.CenterCrop(224), T.ToTensor(), norm])
    with torch.no_grad():
        out["clip-pil"] = clip.encode_image(torch.stack([crop(i) for i in pil])).numpy()

    dino = Vit(14, 8, 6).eval()
    save(torch.jit.trace(dino, torch.rand(2, 3, 224, 224), check_trace=False), "tiny-dino.pt")
    norm = T.Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
    square = T.Compose([T.Resize((224, 224), interpolation=T.InterpolationMode.BICUBIC), T.ToTensor(), norm])
    with torch.no_grad():
        out["dinov2"] = dino(torch.stack([square(i) for i in pil])).numpy()
    loss = lambda v: dino(norm(F.interpolate(v, (224, 224), mode="bicubic", align_corners=False)))
    out["dinov2-torch"], out["dinov2_gradient"] = gradient(loss, unit)

    nvidia = NvidiaLike().eval()
    save(torch.jit.script(nvidia), "tiny-inception.pt")
    f = lambda v: nvidia(v * 255, return_features=True)
    out["inception"], out["inception_gradient"] = gradient(f, unit)
    with torch.no_grad():
        out["inception_probabilities"] = nvidia(torch.from_numpy(unit) * 255, no_output_bias=True).numpy()


if __name__ == "__main__":
    for name, parts in {"inception": (inception,), "odd": (pngs,), "torchvision": (torchvision_nets,), "scripts": (scripts,)}.items():
        if len(sys.argv) > 1 and name not in sys.argv[1:]:
            continue
        out = {}
        for part in parts:
            part(out)
        np.savez_compressed(os.path.join(HERE, name + ".npz"), **{k: np.ascontiguousarray(v) for k, v in out.items()})

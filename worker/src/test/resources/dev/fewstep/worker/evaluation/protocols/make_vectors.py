"""Makes small feature sets and what independent NumPy/SciPy code says of them: from the papers' formulas, not from fewstep.

Usage: python make_vectors.py OUT   (needs numpy and scipy)
"""
import json, sys
from pathlib import Path
import numpy as np
from scipy import linalg
from scipy.spatial.distance import cdist

out = Path(sys.argv[1])
rng = np.random.default_rng(20261123)


def frechet(mu1, s1, mu2, s2):
    root = linalg.sqrtm(s1 @ s2)
    d = mu1 - mu2
    return float(d @ d + np.trace(s1) + np.trace(s2) - 2 * np.trace(np.real(root)))


def stats(x):
    return x.mean(0), np.cov(x, rowvar=False)


def fd(x, y):
    return frechet(*stats(x), *stats(y))


def mmd2(x, y):
    d = x.shape[1]
    kxx, kyy, kxy = ((a @ b.T / d + 1) ** 3 for a, b in ((x, x), (y, y), (x, y)))
    m, n = len(x), len(y)
    return float((kxx.sum() - np.trace(kxx)) / (m * (m - 1)) + (kyy.sum() - np.trace(kyy)) / (n * (n - 1)) - 2 * kxy.mean())


def radii(x, k):
    return np.sort(cdist(x, x), axis=1)[:, k]


def inception_score(logits, split):
    p = np.exp(logits - logits.max(1, keepdims=True))
    p /= p.sum(1, keepdims=True)
    scores = []
    for i in range(0, len(p), split):
        part = p[i:i + split]
        kl = part * (np.log(part) - np.log(part.mean(0, keepdims=True)))
        scores.append(np.exp(kl.sum(1).mean()))
    return float(np.mean(scores)), float(np.std(scores))


def case(name, m, n, d, shift, scale, decay):
    spectrum = np.exp(-decay * np.arange(d))
    mix = rng.standard_normal((d, d)) / np.sqrt(d)
    real = (np.abs(rng.standard_normal((m, d)) * spectrum @ mix) + 0.1).astype(np.float32)
    fake = (np.abs(rng.standard_normal((n, d)) * spectrum @ mix) * scale + 0.1 + shift).astype(np.float32)
    logits = (3 * rng.standard_normal((n, 10))).astype(np.float32)
    np.savez(out / f"{name}.npz", real=real, generated=fake, logits=logits)
    x, y = real.astype(np.float64), fake.astype(np.float64)
    r3, f3, r5 = radii(x, 3), radii(y, 3), radii(x, 5)
    cross = cdist(x, y)
    is_mean, is_std = inception_score(logits.astype(np.float64), 64)
    first = np.arange(0, n, 2)
    sizes = [n // 4, n // 2, 3 * n // 4, n]
    fds = [fd(x, y[:size]) for size in sizes]
    slope, intercept = np.polyfit(1 / np.array(sizes, float), fds, 1)
    return {
        "frechet": fd(x, y),
        "kernel": mmd2(x, y),
        "kernel_of_every_second": mmd2(x, y[first]),
        "precision": float((cross <= r3[:, None]).any(0).mean()),
        "recall": float((cross <= f3[None, :]).any(1).mean()),
        "density": float((cross < r5[:, None]).sum() / 5 / n),
        "coverage": float((cross.min(1) < r5).mean()),
        "inception_score": is_mean, "inception_score_std": is_std,
        "sizes": sizes, "frechet_of_sizes": fds, "frechet_infinity": float(intercept),
    }


expected = {
    "small": case("small", 150, 130, 8, 0.05, 1.1, 0.1),
    "far": case("far", 120, 160, 16, 1.0, 0.5, 0.05),
    # A steep spectrum: nearly singular, but of full rank.
    "steep": case("steep", 140, 150, 24, 0.02, 1.0, 0.6),
}
# What the published packages write and say of the same features (pytorch-fid 0.3.0, clean-fid 0.1.35).
try:
    from pytorch_fid.fid_score import calculate_frechet_distance
    from cleanfid.fid import frechet_distance, kernel_distance
    for name, e in expected.items():
        f = np.load(out / f"{name}.npz")
        a, b = stats(f["real"].astype(float)), stats(f["generated"].astype(float))
        if name == "small":
            np.savez(out / "pytorch-fid-statistics.npz", mu=a[0], sigma=a[1])
        e["pytorch_fid"] = float(calculate_frechet_distance(*a, *b))
        e["clean_fid"] = float(frechet_distance(*a, *b))
        np.random.seed(0)
        e["clean_fid_kid_one_full_subset"] = float(kernel_distance(f["real"].astype(float)[:100], f["generated"].astype(float)[:100], num_subsets=1, max_subset_size=100))
        e["kernel_of_first_100"] = mmd2(f["real"][:100].astype(float), f["generated"][:100].astype(float))
except ImportError as missing:
    print("without", missing)
(out / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")

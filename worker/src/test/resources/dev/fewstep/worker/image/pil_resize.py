"""Writes pil-resize.npz: images and what Pillow makes of them. Run: python pil_resize.py"""
import numpy as np
import PIL
from PIL import Image

FILTERS = {"BOX": Image.BOX, "BILINEAR": Image.BILINEAR, "BICUBIC": Image.BICUBIC, "LANCZOS": Image.LANCZOS}
# height, width -> new height, new width
SIZES = [(31, 47, 16, 16), (32, 32, 64, 64), (17, 23, 40, 29), (50, 20, 13, 33), (1, 9, 5, 4), (9, 1, 4, 6),
         (1, 1, 3, 2), (40, 33, 1, 1), (24, 24, 24, 11), (19, 26, 7, 26), (28, 28, 37, 37)]

rng = np.random.default_rng(7)
arrays = {}
for h, w, nh, nw in SIZES:
    # Smooth, noisy and saturated parts: overshoot must be clipped.
    noise = rng.integers(0, 256, (h, w, 3))
    image = np.where(rng.random((h, w, 1)) < 0.2, rng.integers(0, 2, (h, w, 3)) * 255, noise).astype(np.uint8)
    name = f"{h}x{w}_{nh}x{nw}"
    arrays[name + "_in"] = image.transpose(2, 0, 1)
    for key, f in FILTERS.items():
        out = np.asarray(Image.fromarray(image).resize((nw, nh), f))
        arrays[f"{name}_{key}"] = out.transpose(2, 0, 1)
    plane = Image.fromarray(image[:, :, 0].astype(np.float32), mode="F")
    for key in ("BILINEAR", "BICUBIC"):
        arrays[f"{name}_{key}_F"] = np.asarray(plane.resize((nw, nh), FILTERS[key]))
np.savez_compressed("pil-resize.npz", **arrays)
print(PIL.__version__, len(arrays))

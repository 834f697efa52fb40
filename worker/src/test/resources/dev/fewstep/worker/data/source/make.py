"""Makes this folder's files: what Python's own tools write, small. Run: python make.py"""
import io
import os
import pickle
import shutil
import tarfile
import zipfile

import lmdb
import numpy as np
from PIL import Image
from torchvision import transforms

rng = np.random.default_rng(11)


def picture(h, w):
    coarse = (rng.random((h // 8 + 2, w // 8 + 2, 3)) * 255).astype(np.uint8)
    return Image.fromarray(coarse).resize((w, h), Image.BICUBIC)


def encoded(image, form, **options):
    data = io.BytesIO()
    image.save(data, form, **options)
    return data.getvalue()


# CIFAR, Python version: five batches of 4, one of 3, by every pickle protocol.
pixels, labels = [], []
with tarfile.open("cifar-10-python.tar.gz", "w:gz") as tar:
    for name, count, protocol in (("data_batch_4", 4, 2), ("test_batch", 3, 4), ("data_batch_1", 4, 0),
                                  ("data_batch_5", 4, 5), ("data_batch_2", 4, 2), ("data_batch_3", 4, 4)):
        data = rng.integers(0, 256, (count, 3072)).astype(np.uint8)
        classes = [int(c) for c in rng.integers(0, 10, count)]
        text = (lambda s: s.encode()) if protocol == 2 else (lambda s: s)
        batch = {text("batch_label"): text("a"), text("labels"): classes, text("data"): data,
                 text("filenames"): [text(f"f{i}.png") for i in range(count)]}
        body = pickle.dumps(batch, protocol=protocol)
        info = tarfile.TarInfo("cifar-10-batches-py/" + name)
        info.size = len(body)
        tar.addfile(info, io.BytesIO(body))
        if name != "test_batch":
            pixels.append((name, data))
            labels.append((name, classes))
expected = {"cifar": np.concatenate([d for _, d in sorted(pixels)]).reshape(-1, 3, 32, 32),
            "cifar_labels": np.concatenate([c for _, c in sorted(labels)]).astype(np.int64)}

# LSUN: WebP, PNG and JPEG values of very different sizes, so that there are branch and overflow pages.
lsun = transforms.Compose([transforms.Resize(24), transforms.CenterCrop(24)])
env = lmdb.open("church_lmdb", map_size=1 << 20)
made = []
with env.begin(write=True) as txn:
    for i in range(50):
        key = b"%032x" % int(rng.integers(0, 1 << 62))
        h, w = (37 + i % 5, 29 + i % 7) if i % 9 else (90, 61)
        image = picture(h, w)
        if i % 9 == 0:
            value = encoded(image, "WEBP", lossless=True)
        elif i % 2:
            value = encoded(image, "JPEG", quality=60)
        else:
            value = encoded(image, "PNG")
        txn.put(key, value)
        made.append((key, value))
os.makedirs("church", exist_ok=True)
env.copy("church", compact=True)
env.close()
shutil.rmtree("church_lmdb")
made.sort()
expected["lsun"] = np.stack([
    np.asarray(lsun(Image.open(io.BytesIO(v)).convert("RGB"))).transpose(2, 0, 1) for _, v in made])

# CelebA: crop and resize.
celeba = transforms.Compose([lambda im: transforms.functional.crop(im, 57, 25, 128, 128), transforms.Resize(64)])
files = [encoded(picture(218, 178), "JPEG", quality=75) for _ in range(4)]
with zipfile.ZipFile("img_align_celeba.zip", "w") as archive:
    for i in (2, 0, 3, 1):
        archive.writestr(f"img_align_celeba/{i + 1:06d}.jpg", files[i])
with open("list_eval_partition.txt", "w") as f:
    f.write("000001.jpg 0\n000002.jpg 1\n000003.jpg 0\n000004.jpg 2\n")
expected["celeba"] = np.stack([
    np.asarray(celeba(Image.open(io.BytesIO(files[i])).convert("RGB"))).transpose(2, 0, 1) for i in (0, 2)])

# Downsampled ImageNet, of 8 pixels a side.
data = rng.integers(0, 256, (5, 192)).astype(np.uint8)
np.savez("train_data_batch_1.npz", data=data, labels=np.array([1, 1000, 3, 4, 5]), mean=data.mean(0))
np.savez_compressed("train_data_batch_2.npz", data=data[:2] // 2, labels=[7, 8], mean=data.mean(0))
expected["imagenet"] = np.concatenate([data, data[:2] // 2]).reshape(-1, 3, 8, 8)

# Resize(20), CenterCrop(20) of many sizes.
files, results = {}, []
square = transforms.Compose([transforms.Resize(20), transforms.CenterCrop(20)])
with tarfile.open("sizes.tar", "w") as tar:
    for i, (h, w) in enumerate([(20, 20), (20, 33), (47, 20), (21, 20), (31, 57), (57, 31), (10, 13), (13, 10),
                                (19, 200), (90, 90), (3, 4), (64, 41)]):
        image = picture(h, w)
        for name, body in ((f"{i:03d}.png", encoded(image, "PNG")), (f"{i:03d}.cls", b"%d" % (i % 3))):
            info = tarfile.TarInfo(name)
            info.size = len(body)
            tar.addfile(info, io.BytesIO(body))
        results.append(np.asarray(square(image)).transpose(2, 0, 1))
expected["sizes"] = np.stack(results)
np.savez_compressed("expected.npz", **expected)

"""Writes decoded.zip: image files of many kinds; and decoded.npz: Image.open(file).convert("RGB") of each."""
import io
import zipfile

import numpy as np
import PIL
from PIL import Image, ImageCms

rng = np.random.default_rng(3)
files, pixels = {}, {}


def picture(h, w, c=3):
    coarse = rng.random((h // 6 + 2, w // 6 + 2, c)) * 255
    smooth = [Image.fromarray(coarse[:, :, i].astype(np.float32)).resize((w, h), Image.BICUBIC) for i in range(c)]
    noisy = np.stack([np.asarray(s) for s in smooth], -1) + rng.normal(0, 6, (h, w, c))
    return Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8))


def save(name, image, form, **options):
    data = io.BytesIO()
    image.save(data, form, **options)
    files[name] = data.getvalue()
    pixels[name] = np.asarray(Image.open(io.BytesIO(files[name])).convert("RGB")).transpose(2, 0, 1)


im = picture(53, 41)
for quality, sampling in ((75, 2), (90, 1), (95, 0)):
    save(f"jpeg_{quality}_{sampling}", im, "JPEG", quality=quality, subsampling=sampling)
save("jpeg_progressive", im, "JPEG", quality=80, progressive=True)
save("jpeg_restart", im, "JPEG", quality=80, restart_marker_blocks=2)
save("jpeg_grey", im.convert("L"), "JPEG", quality=85)
save("jpeg_cmyk", im.convert("CMYK"), "JPEG", quality=90)
exif = Image.Exif()
exif[0x112] = 6
save("jpeg_exif_rotated", im, "JPEG", quality=90, exif=exif)
profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
save("jpeg_profile", im, "JPEG", quality=90, icc_profile=profile)
# Without JFIF segment: still YCbCr.
plain = io.BytesIO()
im.save(plain, "JPEG", quality=90, subsampling=0)
plain = plain.getvalue()
bare = plain[:2] + plain[4 + int.from_bytes(plain[4:6], "big"):]
files["jpeg_bare"] = bare
pixels["jpeg_bare"] = np.asarray(Image.open(io.BytesIO(bare)).convert("RGB")).transpose(2, 0, 1)
save("png_rgb", im, "PNG")
save("png_profile", im, "PNG", icc_profile=profile)
save("png_rgba", picture(20, 23, 4), "PNG")
save("png_grey", im.convert("L"), "PNG")
save("png_grey_alpha", im.convert("LA"), "PNG")
save("png_palette", im.quantize(50), "PNG")
save("png_palette4_transparent", im.quantize(12), "PNG", transparency=3)
save("png_one_bit", im.convert("1"), "PNG")
save("png_grey_transparent", im.convert("L"), "PNG", transparency=7)
save("png_rgb_transparent", im, "PNG", transparency=(1, 2, 3))
save("png_16_grey", Image.fromarray(rng.integers(0, 400, (9, 11)).astype(np.uint16)), "PNG")


def png(width, height, depth, colour, rows, interlace=0):
    """A PNG written by hand, for what Pillow does not write."""
    import struct
    import zlib

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlace)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def hand(name, data):
    files[name] = data
    pixels[name] = np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).transpose(2, 0, 1)


values = rng.integers(0, 65536, (7, 5, 3)).astype(">u2")
hand("png_16_rgb", png(5, 7, 16, 2, b"".join(b"\0" + row.tobytes() for row in values)))
values = rng.integers(0, 65536, (7, 5, 2)).astype(">u2")
hand("png_16_grey_alpha", png(5, 7, 16, 4, b"".join(b"\0" + row.tobytes() for row in values)))
hand("png_2_grey", png(5, 3, 2, 0, b"".join(b"\0" + bytes(rng.integers(0, 256, 2).tolist()) for _ in range(3))))
rgb = np.asarray(picture(13, 11))
passes = [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)]
rows = b""
for y0, x0, dy, dx in passes:
    part = rgb[y0::dy, x0::dx]
    if part.size:
        rows += b"".join(b"\0" + row.tobytes() for row in part)
hand("png_interlaced", png(11, 13, 8, 2, rows, 1))
save("webp_80", im, "WEBP", quality=80)
save("webp_30", picture(64, 48), "WEBP", quality=30)
save("webp_lossless", im, "WEBP", lossless=True)
save("webp_alpha", picture(30, 27, 4), "WEBP", quality=80)

with zipfile.ZipFile("decoded.zip", "w", zipfile.ZIP_DEFLATED) as archive:
    for name, data in files.items():
        archive.writestr(name, data)
np.savez_compressed("decoded.npz", **pixels)
print(PIL.__version__, len(files))

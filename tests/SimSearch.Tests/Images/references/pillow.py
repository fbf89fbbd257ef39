"""Prints what Pillow makes of images, for the tests beside this folder: /usr/bin/python3 pillow.py EDGE-FOLDER (python3-pil 9.4.0, python3-numpy).

decode: SHA-256 of the upright RGB bytes of each file; transparency over white, 16 bits rounded to 8.
resize: SHA-256 of the pattern of ImageResizerTests after Image.resize. shorter: resized by the shorter side and cut in the middle as torchvision's Resize and CenterCrop do.
"""
import hashlib
import pathlib
import sys

import numpy
from PIL import Image, ImageOps


def pattern(height, width):
    pixels, state = bytearray(), 1
    for y in range(height):
        for x in range(width):
            for c in range(3):
                state = (state * 1664525 + 1013904223) & 0xFFFFFFFF
                pixels.append((x * 7 + y * 3 + c * 40) % 256 if (x // 5 + y // 4) % 2 else state >> 24)
    return Image.frombytes("RGB", (width, height), bytes(pixels))


def digest(image):
    return hashlib.sha256(image.tobytes()).hexdigest()


def rgb(image):
    image = ImageOps.exif_transpose(image)
    if image.mode == "RGBA" or "transparency" in image.info:
        image = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", image.size, (255, 255, 255, 255)), image).convert("RGB")
    if image.mode in ("I", "I;16"):
        return Image.fromarray(((numpy.asarray(image).astype("int64") * 255 + 32767) // 65535).astype("uint8"), "L").convert("RGB")
    return image.convert("RGB")


for file in sorted(pathlib.Path(sys.argv[1]).iterdir()):
    try:
        print("decode", file.name, digest(rgb(Image.open(file))))
    except Exception as error:
        print("decode", file.name, type(error).__name__)

for height, width, rows, columns in [(37, 53, 16, 24), (37, 53, 80, 90), (224, 300, 64, 64), (5, 7, 5, 3), (5, 7, 9, 7), (1, 1, 4, 4), (300, 7, 20, 20), (64, 64, 63, 65)]:
    for name, filter in [("Bilinear", Image.BILINEAR), ("Bicubic", Image.BICUBIC)]:
        print("resize", height, width, rows, columns, name, digest(pattern(height, width).resize((columns, rows), filter)))

for height, width, side, crop in [(60, 97, 32, 28), (97, 60, 32, 32), (50, 50, 40, 33)]:
    image = pattern(height, width)
    size = (side, int(side * height / width)) if width < height else (int(side * width / height), side)
    image = image.resize(size, Image.BILINEAR)
    left, top = round((image.width - crop) / 2), round((image.height - crop) / 2)
    print("shorter", height, width, side, crop, digest(image.crop((left, top, left + crop, top + crop))))

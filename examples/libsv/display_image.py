"""Displays images of a sensor in the terminal: a cell of its mosaic is a pixel, and two of them a character.

camtwin exec -- python display_image.py /dev/video10 [IMAGES [COLUMNS]]
"""

import sys

import numpy as np

from camtwin import libsv

RED_AT = {"RG": (0, 0), "GR": (0, 1), "BA": (0, 1), "GB": (1, 0), "BG": (1, 1)}
"""Row and column of the red pixel in a cell, by a format's first characters; BA10 is GRBG."""


def coloured(codes: np.ndarray, pixel_format: str) -> np.ndarray:
    """Return a picture with a pixel for each cell, (height / 2, width / 2, 3) of 0 .. 255."""
    row, column = RED_AT[pixel_format[:2]]
    bits = int(pixel_format[2:]) if pixel_format[2:].isdigit() else 8
    red = codes[row::2, column::2]
    greens = codes[row::2, 1 - column :: 2].astype(int) + codes[1 - row :: 2, column::2]
    blue = codes[1 - row :: 2, 1 - column :: 2]
    return np.dstack([red, greens // 2, blue]) >> (bits - 8)


if not 2 <= len(sys.argv) <= 4:
    sys.exit("usage: display_image.py NODE [IMAGES [COLUMNS]]")
images = int(sys.argv[2]) if len(sys.argv) > 2 else 1
columns = int(sys.argv[3]) if len(sys.argv) > 3 else 78
camera = libsv.get_camera(sys.argv[1])
camera.start_stream()
for _ in range(images):
    image = camera.get_image()
    if image is None:
        sys.exit("no image arrives")
    picture = coloured(libsv.process_image(image), image.info.pixel_format)
    height, width, _ = picture.shape
    rows = columns * height // width // 2 * 2
    small = picture[np.arange(rows) * height // rows][:, np.arange(columns) * width // columns]
    for above, below in zip(small[::2], small[1::2], strict=True):
        pairs = zip(above.tolist(), below.tolist(), strict=True)
        print("".join("\033[38;2;{};{};{}m\033[48;2;{};{};{}m▀".format(*a, *b) for a, b in pairs) + "\033[0m")
    camera.return_image(image)
camera.stop_stream()

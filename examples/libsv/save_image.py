"""Saves an image of a sensor as a 16-bit PGM file, its raw codes.

camtwin exec -- python save_image.py /dev/video10 image.pgm
"""

import sys
from pathlib import Path

from camtwin import libsv

if len(sys.argv) != 3:
    sys.exit("usage: save_image.py NODE FILE.pgm")
camera = libsv.get_camera(sys.argv[1])
camera.start_stream()
image = camera.get_image()
if image is None:
    sys.exit("no image arrives")
codes = libsv.process_image(image)
header = f"P5\n{codes.shape[1]} {codes.shape[0]}\n65535\n"
Path(sys.argv[2]).write_bytes(header.encode() + codes.astype(">u2").tobytes())  # PGM has the high byte first
camera.stop_stream()

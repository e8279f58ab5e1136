"""OpenCV on a module: raw Bayer, and what exposure and gain do to it. Prints JSON.

v4l2_opencv.py NUMBER
"""

import json
import sys

import cv2
import numpy as np

camera = cv2.VideoCapture(int(sys.argv[1]), cv2.CAP_V4L2)
camera.set(cv2.CAP_PROP_CONVERT_RGB, 0)
camera.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"RG10"))
camera.set(cv2.CAP_PROP_FRAME_WIDTH, 1280)
camera.set(cv2.CAP_PROP_FRAME_HEIGHT, 720)


def light() -> float:
    """Return the mean above black, of a frame that is taken with what is set now."""
    for _ in range(8):  # buffers that are filled already, and the sensor's own delay
        camera.read()
    good, flat = camera.read()
    return float(flat.view(np.uint16).mean()) - 64 if good else -1


told: dict[str, float] = {"opened": camera.isOpened()}
for exposure, gain in ((20, 1000), (40, 1000), (40, 2000)):
    camera.set(cv2.CAP_PROP_EXPOSURE, exposure)
    camera.set(cv2.CAP_PROP_GAIN, gain)
    told[f"{exposure} {gain}"] = light()
told["pixels"] = int(camera.read()[1].view(np.uint16).size)
print(json.dumps(told))

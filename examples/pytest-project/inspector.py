"""The code under test: runs the station's program, chooses exposures, reads codes."""

import json
import subprocess
from pathlib import Path

import cv2
import numpy as np

PYTHON = "/usr/bin/python3"  # which has gi
STATION = Path(__file__).with_name("station.py")
BRIGHT = 0.6
"""Share of the full scale that the brightest percent of an image is exposed to."""


def station(*words, timeout_s=40):
    """Run the station's program; return its answer."""
    command = [PYTHON, str(STATION), *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=timeout_s, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def choose_exposure(cam, full_scale):
    """Set the exposure time at which the brightest percent of the image is at BRIGHT."""
    for _ in range(4):
        (frame,) = cam.grab()
        bright = np.percentile(frame.image, 99) / full_scale
        low, high = cam.limits("ExposureTime")
        cam.ExposureTime = min(max(cam.ExposureTime * BRIGHT / max(bright, 0.01), low), high)
    return cam.ExposureTime


def hot(cam):
    """Tell whether the camera must be switched off: its status says more than its images."""
    cam.DeviceTemperatureSelector = "InHouse"
    return cam.DeviceTemperatureStatus == "Exceeded"


def read_codes(image):
    """Return the texts of the QR codes in an image that can be read."""
    eight = cv2.normalize(image, None, 0, 255, cv2.NORM_MINMAX).astype(np.uint8)
    return {*cv2.QRCodeDetector().detectAndDecodeMulti(eight)[1]}

"""The code under test: runs the station's programs, arms cameras, chooses exposures, reads codes."""

import json
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np

HERE = Path(__file__).parent
PYTHON = "/usr/bin/python3"  # which has gi
CLIENTS = {
    "aravis": (PYTHON, HERE / "station.py"),
    "gstreamer": (PYTHON, HERE / "station_gstreamer.py"),
    "harvesters": (sys.executable, HERE / "station_harvesters.py"),
    "opencv": (sys.executable, HERE / "station_opencv.py"),
    "viva": (sys.executable, HERE / "station_viva.py"),
}
BRIGHT = 0.6
"""Share of the full scale that the brightest percent of an image is exposed to."""
BLUR_px = 0.5
"""Motion blur that codes can have."""


def run(*command, timeout_s=40):
    """Run a program; return what it prints."""
    return subprocess.run(command, capture_output=True, text=True, timeout=timeout_s, check=True).stdout


def station(*words, client="aravis", run=run):
    """Run the station's program for a client library; return its answer."""
    return json.loads(run(*map(str, (*CLIENTS[client], *words))).splitlines()[-1])


def arm(cam):
    """Let a camera wait for pulses on its line: one image each."""
    cam.TriggerMode, cam.TriggerSource, cam.TriggerActivation = "On", "Line0", "RisingEdge"
    cam.AcquisitionStart()


def choose_exposure(cam, full_scale):
    """Set the exposure time at which the brightest percent of the image is at BRIGHT."""
    for _ in range(4):
        (frame,) = cam.grab()
        bright = np.percentile(frame.image, 99) / full_scale
        low, high = cam.limits("ExposureTime")
        cam.ExposureTime = min(max(cam.ExposureTime * BRIGHT / max(bright, 0.01), low), high)
    return cam.ExposureTime


def freeze(cam, speed_px_per_s):
    """Set the longest exposure time, in steps of 100 us, at which codes of this speed blur by BLUR_px."""
    cam.ExposureTime = max(1e6 * BLUR_px / speed_px_per_s // 100 * 100, 100.0)


def hot(cam):
    """Tell whether the camera must be switched off: its status says more than its images."""
    cam.DeviceTemperatureSelector = "InHouse"
    return cam.DeviceTemperatureStatus == "Exceeded"


def read_codes(image):
    """Return the texts of the QR codes in an image that can be read."""
    eight = cv2.normalize(image, None, 0, 255, cv2.NORM_MINMAX).astype(np.uint8)
    return {*cv2.QRCodeDetector().detectAndDecodeMulti(eight)[1]}

"""The host's automatic exposure on a module, by the adapter to V4L2 cameras. Prints JSON.

v4l2_exposure.py NUMBER LINE_us
"""

import json
import sys

from camtwin.hosts.v4l2 import V4l2Camera
from camtwin.isp.exposure import Exposure, ExposureController
from camtwin.isp.statistics import Statistics, measured

IN_FLIGHT = 8
"""Buffers that are filled already, and the sensor's own delay."""


def seen(camera: V4l2Camera) -> Statistics:
    """Return the statistics of a frame that is taken with what is set now."""
    for _ in range(IN_FLIGHT):
        camera.grab()
    raw = camera.grab().unpacked()
    return measured(raw.data, raw.bits, raw.mosaic, raw.black_DN, (16, 12))


with V4l2Camera(f"/dev/video{sys.argv[1]}", "BayerRG10", 1280, 720, float(sys.argv[2]), 64.0) as camera:
    limits = camera.limits()
    controller = ExposureController(limits, target=0.25)
    camera.apply(Exposure(limits.min_us * 4, 12.0))
    told = []
    for _ in range(8):
        statistics, used = seen(camera), camera.used()
        told.append([controller.brightness(statistics), used.exposure_us, used.gain_dB])
        if controller.settled(statistics):
            break
        camera.apply(controller.step(statistics, used, used))
print(json.dumps({"limits": [limits.min_us, limits.max_us, limits.min_dB, limits.max_dB], "steps": told}))

"""Foreign peers must be there: where one is missing each test of this folder fails, in a line; none skips."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from peers.netns import BIN, SYSTEM_PYTHON

PROGRAMS = {
    "cc": "gcc libc6-dev",
    "valgrind": "valgrind",
    "ip": "iproute2",
    "arv-tool-0.8": "aravis-tools-cli",
    "tshark": "tshark",
    "ethtool": "ethtool",
    "dnsmasq": "dnsmasq-base",
    "i2ctransfer": "i2c-tools",
    "v4l2-compliance": "v4l-utils",
    "gst-launch-1.0": "gstreamer1.0-tools",
    "ffmpeg": "ffmpeg",
}
ARAVIS = "import gi; gi.require_version('Aravis', '0.8'); from gi.repository import Aravis"
GSTREAMER = "import gi; gi.require_version('Gst', '1.0'); from gi.repository import Gst"


def missing_peer() -> str | None:
    """Return the missing peer and how to get it, in a line; None if every peer is there."""
    if os.geteuid():
        return "network namespaces need root: run as root, or leave these out with make test TESTS=tests/unit"
    for program, package in PROGRAMS.items():
        if not shutil.which(program):
            return f"{program} is missing: apt-get install {package}"
    if subprocess.run([SYSTEM_PYTHON, "-c", ARAVIS], capture_output=True).returncode:
        return f"{SYSTEM_PYTHON} cannot import Aravis: apt-get install gir1.2-aravis-0.8 python3-gi"
    if subprocess.run([SYSTEM_PYTHON, "-c", GSTREAMER], capture_output=True).returncode:
        return f"{SYSTEM_PYTHON} cannot import Gst: apt-get install gir1.2-gstreamer-1.0 python3-gi"
    for script in ("camtwin", "viva-camctl"):
        if not (BIN / script).exists():
            return f"{BIN / script} is missing: make setup, then pip install -e .[dev]"
    if not Path("/usr/include/libusb-1.0/libusb.h").exists():
        return "libusb's header is missing: apt-get install libusb-1.0-0-dev"
    for wheel in ("genicam", "harvesters", "emva1288", "usb", "libusb_package", "smbus2", "linuxpy"):
        if not importlib.util.find_spec(wheel):
            return f"the wheel with {wheel} is missing: pip install -e .[dev]"
    return None


@pytest.fixture(scope="session", autouse=True)
def _peers() -> None:
    if reason := missing_peer():
        pytest.fail(reason, pytrace=False)

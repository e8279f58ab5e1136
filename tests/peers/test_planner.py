"""Frame rates that are planned, judged by the timestamps of the images that stock Aravis received.

The settings are drawn at random and written by Aravis; the twin runs as fast as this computer allows, which
does not alter its timestamps. The packet size is fixed on both sides.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from math import inf
from pathlib import Path
from random import Random
from typing import Any

import pytest

import camtwin
from camtwin.camera.features.rates import payload_bytes
from camtwin.models import load
from camtwin.planner.rates import rates_of
from camtwin.session.session import Session
from peers import usb
from peers.netns import ADDRESS, CAMTWIN, sabotaged, twin
from unit.planner.at_random import FILLED, disarrange, tolerance

MODELS = ("baumer-vcxg-124m", "hikrobot-mv-cb060-10gm", "basler-aca4112-20um", "ids-imx412")
"""Two of each link."""
DRAWS = 4
MAX_BYTES = 400_000
"""Limit of an image, so that a draw takes a second or two."""
COUNTED = 100
FRAMES = FILLED + COUNTED + 1
QUICK = ("--pace", "max")
ROWS = ("Width=64", "ExposureTime=100.0")
"""Settings with which the readout is the limit."""


def draws(model: str) -> Iterator[tuple[Session, list[str]]]:
    """Yield a camera with settings at random, again and again, and what was written since the last time."""
    random, written = Random(f"Aravis {model}"), list[str]()
    with camtwin.open(model, render=False) as cam:
        while True:
            written += disarrange(cam, random)
            if payload_bytes(cam.twin.camera.settings) < MAX_BYTES and settles(cam):
                yield cam, written
                written = []


def settles(cam: Session) -> bool:
    """Tell whether frames begin at the link's rate before they are counted: the memory has to fill first."""
    limits = rates_of(cam.twin.camera).limits
    link = next(limit.period_ns for limit in limits if limit.name == "link")
    late = link - max(limit.period_ns for limit in limits if limit.name != "link")
    memory = cam.twin.camera.transmitter.memory
    images = (memory.size_bytes or inf) / (cam.Width * cam.Height * memory.stored_bits / 8)
    return late <= 0 or min(images, memory.free_run_images or inf) * link / late < FILLED


@contextmanager
def served(model: str, command: Sequence[str | Path] = CAMTWIN) -> Iterator[Any]:
    """Run a twin; yield what grabs from it through Aravis with options."""
    if load(model).link == "gige":
        with twin(*QUICK, command=command, model=model) as net:
            yield lambda *options: net.aravis("grab", "--address", ADDRESS, *options)
    else:
        with usb.UsbTwin(*QUICK, command=command, model=model) as running:
            yield lambda *options: running.grab(*options, frames=FRAMES)


def check(cam: Session, grab: Any, written: Sequence[str]) -> None:
    """Hold the planned rate to the timestamps of frames that come after the memory has filled."""
    told = rates_of(cam.twin.camera)
    size = ("--packet-size", str(cam.GevSCPSPacketSize)) if cam.has("GevSCPSPacketSize") else ()
    options = [word for text in written for word in ("--set", in_aravis_words(text))]
    frames = grab(*options, *size, "--times-only", "--frames", str(FRAMES))["frames"]
    assert len(frames) == FRAMES
    taken = {frame["id"]: frame["timestamp_ns"] for frame in frames if frame["status"] == "success"}
    ids = [number for number in taken if number > FILLED]
    first, last = ids[0], ids[-1]
    assert last - first > COUNTED / 2
    received = (last - first) * 1e9 / (taken[last] - taken[first])
    assert told.fps == pytest.approx(received, rel=tolerance(cam, told.fps)), (told.sentence, written)


def in_aravis_words(text: str) -> str:
    """Return NAME=VALUE as Aravis reads it."""
    return text.replace("=True", "=true").replace("=False", "=false")


@pytest.mark.parametrize("model", MODELS)
def test_the_planned_rate_is_the_one_that_aravis_receives(model: str):
    with served(model) as grab:
        for cam, written in islice(draws(model), DRAWS):
            check(cam, grab, written)


@pytest.mark.parametrize("model", ["baumer-vcxg-124m", "basler-aca4112-20um"])
def test_rows_that_take_longer_turn_red(model: str):
    with camtwin.open(model, render=False) as cam:
        for text in ROWS:
            cam.set(text)
        assert rates_of(cam.twin.camera).longest == ("readout",)
        with (
            served(model, sabotaged("rows take 7 % more")) as grab,
            pytest.raises(AssertionError, match="comparison failed"),
        ):
            check(cam, grab, ROWS)

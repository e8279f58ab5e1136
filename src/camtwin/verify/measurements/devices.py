"""A sensor module as a video device: what programs are told of it, and the samples of its software."""

from __future__ import annotations

import json
from typing import Final

import camtwin
import camtwin.verify.client
from camtwin import libsv
from camtwin.scene import Flat
from camtwin.session.devices import VideoDevice, samples
from camtwin.verify.case import Case, shown
from camtwin.verify.measurements.steps import agrees
from camtwin.verify.measures import measurement

CLIENT: Final = camtwin.verify.client.__file__


@measurement("device", heavy="devices")
def device(
    case: Case, *actions: str, light: float = 0, nm: float = 530, modes: str = "", convert: bool = False
) -> None:
    """Carry out steps of a V4L2 program, and look at what it is told: `4056x3040,301:rate=59.9~0.2`.

    What it can do, and tell, stands in camtwin/verify/client.py. `controls.has=Gain`, `controls.lacks=flip`:
    with such a name among others, without. light: photons per second of even light, in place of the chart.
    """
    parts = [action.replace("claim", case.claim.value).partition(":")[::2] for action in actions]
    scene = Flat(light, nm) if light else None
    with VideoDevice(case.model, scene=scene, seed=1, modes=modes or None, convert=convert) as served:
        told = json.loads(served.run(CLIENT, served.node, *(action for action, _ in parts)))
    for (action, wanted), answer in zip(parts, told, strict=True):
        for text in filter(None, wanted.split("&")):
            names, _, value = text.partition("=")
            name, _, how = names.partition(".")
            found = "+".join(answer[name]) if isinstance(answer[name], list) else answer[name]
            case.saw(f"{name} {shown(found)}")
            there = value.casefold() in str(found).casefold()
            if not (there == (how == "has") if how else agrees(found, value)):
                case.wrong(f"{name} after {action} is {shown(found)}, wanted is {text}")


@measurement("samples", heavy="devices")
def run_samples(case: Case, commands: str, *words: str, size: str = "") -> None:
    """Run samples with the device, `libsv/acquire_image.c DEVICE 3+...`: each ends well, with these words.

    size: set before them; without one they find the device as it is switched on.
    """
    with VideoDevice(case.model, seed=1) as served:
        served.run(CLIENT, served.node, *filter(None, [size]))
        for command in commands.split("+"):
            name, *others = command.replace("DEVICE", served.node).split()
            said = served.run(samples() / name, *others)
            case.saw(f"{name} ends with status 0")
            for word in words:
                case.that(f"it says {word!r}", word in said)


@measurement("library")
def library(case: Case, size: str) -> None:
    """Take an image by the library's calls from a module in process, without any setting."""
    camera = libsv.camera_of(camtwin.open_module(case.model, seed=1))
    camera.start_stream()
    image = camera.get_image()
    case.that("an image arrives", image)
    case.equal("its size", image and f"{image.info.width}x{image.info.height}", size)

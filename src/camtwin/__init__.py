"""camtwin: digital twins of machine-vision cameras, true to their data sheets.

    import camtwin
    light = camtwin.scene.Flat(photons_per_s=1.2e6, wavelength_nm=536)
    with camtwin.open("baumer-vcxg-124m", scene=light) as cam:
        cam.ExposureTime = 4000.0
        frames = cam.grab(3)

Everything is imported when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from camtwin import scene
    from camtwin.links.gentl import producer as gentl
    from camtwin.links.gige.dhcp_server import DhcpServer
    from camtwin.problem import Problem, Refused
    from camtwin.session.frame import Frame, NoImage
    from camtwin.session.module import open_module, open_modules
    from camtwin.session.session import NoFrame, Session
    from camtwin.session.session import connect as open
    from camtwin.sweeps.api import sweep
    from camtwin.twins import Twin
    from camtwin.twins.bare import BareSensor, open_sensor
    from camtwin.twins.link import csi2_dump
    from camtwin.twins.module import Carrier, Module

__version__ = "0.1.0.dev0"
__all__ = [
    "BareSensor",
    "Carrier",
    "DhcpServer",
    "Frame",
    "Module",
    "NoFrame",
    "NoImage",
    "Problem",
    "Refused",
    "Session",
    "Twin",
    "csi2_dump",
    "gentl",
    "open",
    "open_module",
    "open_modules",
    "open_sensor",
    "scene",
    "sweep",
]

HOMES = {
    "BareSensor": "twins.bare",
    "Carrier": "twins.module",
    "DhcpServer": "links.gige.dhcp_server",
    "Frame": "session.frame",
    "Module": "twins.module",
    "NoFrame": "session.session",
    "NoImage": "session.frame",
    "Problem": "problem",
    "Refused": "problem",
    "Session": "session.session",
    "Twin": "twins",
    "csi2_dump": "twins.link",
    "open_module": "session.module",
    "open_modules": "session.module",
    "open_sensor": "twins.bare",
    "sweep": "sweeps.api",
}


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def __getattr__(name: str) -> Any:
    if name == "open":
        return import_module("camtwin.session.session").connect
    if name == "scene":
        return import_module("camtwin.scene")
    if name == "gentl":
        return import_module("camtwin.links.gentl.producer")
    if name in HOMES:
        return getattr(import_module(f"camtwin.{HOMES[name]}"), name)
    raise AttributeError(f"module 'camtwin' has no attribute {name!r}")

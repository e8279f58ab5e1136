"""Drive a camera by triggers, wires and commands in virtual time, and read the events that come of it."""

from __future__ import annotations

from typing import Any, Final

from camtwin.session.session import Session
from camtwin.verify.case import Case

KEYS: Final = (0x1234, 0x56, 0xF0)
"""Device key, group key and group mask of the action commands here."""


def waiting(case: Case, source: str, start: bool = True, **features: Any) -> Session:
    """Open a camera with few rows that waits for a trigger; its lines are inputs where they can be."""
    usual = {"Height": 16, "ExposureTime": 1000, "link_speed": None}
    options = {name: value for name, value in usual.items() if name not in features} | features
    cam = case.open(TriggerMode="On", TriggerSource=source, **options)
    for line in reversed([line for line, modes in directions(cam).items() if "Input" in modes]):
        turn(cam, line, "Input")
    keyed(cam)
    if start:
        cam.AcquisitionStart()
    return cam


def keyed(cam: Session) -> None:
    """Set the keys of action commands, if the camera knows them."""
    if cam.has("ActionDeviceKey"):
        cam.ActionDeviceKey, cam.ActionGroupKey, cam.ActionGroupMask = KEYS


def directions(cam: Session) -> dict[str, tuple[str, ...]]:
    """List the modes that each line can have."""
    found: dict[str, tuple[str, ...]] = {}
    for line in cam.entries("LineSelector"):
        cam.LineSelector = line
        found[line] = tuple(cam.entries("LineMode"))
    return found


def turn(cam: Session, line: str, mode: str) -> None:
    """Select a line, and make it an input or an output if it can be both."""
    cam.LineSelector = line
    if cam.access("LineMode") == "RW":
        cam.LineMode = mode


# -- events ------------------------------------------------------------------------------------------
def listen(cam: Session, *events: str) -> None:
    """Switch these events on."""
    for name in events:
        cam.EventSelector, cam.EventNotification = name, "On"


def times(cam: Session, name: str) -> list[int]:
    """List the timestamps of the events of this name."""
    return [event.timestamp_ns for event in cam.events if event.name == name]

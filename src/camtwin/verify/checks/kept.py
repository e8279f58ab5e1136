"""What the camera keeps: factory settings, user sets, custom data, buffers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any, Final

from camtwin.problem import Refused
from camtwin.session.session import Session
from camtwin.verify.case import Case, check

SETS: Final = ("UserSet1", "UserSet2", "UserSet3")


def factory_reset(case: Case, cam: Session) -> None:
    """The factory's set is the one to begin with, and the camera is switched off and on."""
    case.write(cam, UserSetDefault="UserSet0")
    cam.world.power_cycle()


# -- factory settings --------------------------------------------------------------------------------
FACTORY: Final[dict[str, list[tuple[dict[str, str], str, Any, Any]]]] = {
    # row: (selectors, feature, other value, factory value)
    "trigger_mode": [({}, "TriggerMode", "On", "Off")],
    "exposure": [({}, "ExposureTime", 5000.0, 4000.0)],
    "gain": [({}, "Gain", 6.0, 0.0)],
    "offset": [({}, "BlackLevel", 9, 0)],
    "pixelformat": [({}, "PixelFormat", "Mono12", "Mono8")],
    "partial_scan": [
        ({}, "Width", 1024, 4096),
        ({}, "Height", 600, 3000),
        ({}, "OffsetX", 64, 0),
        ({}, "OffsetY", 33, 0),
    ],
    "frame_rate": [({}, "AcquisitionFrameRateEnable", True, False)],
    "timer": [({"TimerSelector": "Timer1"}, "TimerTriggerSource", "ExposureStart", "Off")],
    "counter": [
        ({"CounterSelector": name}, "CounterEventSource", "Line0", "Off") for name in ("Counter1", "Counter2")
    ],
    "sequencer": [({}, "SequencerMode", "On", "Off")],
    "defect": [({}, "DefectPixelCorrection", False, True)],
    "line_in": [({"LineSelector": "Line0"}, "LineInverter", True, False)],
    "line_in_invert": [({"LineSelector": "Line0"}, "LineInverter", True, False)],
    "line_out_invert": [({"LineSelector": "Line3"}, "LineInverter", True, False)],
    "line_out_source": [({"LineSelector": "Line3"}, "LineSource", "ExposureActive", "Off")],
    "gpio_invert": [({"LineSelector": line}, "LineInverter", True, False) for line in ("Line1", "Line2")],
    "gpio_mode": [({"LineSelector": line}, "LineMode", "Output", "Input") for line in ("Line1", "Line2")],
    "trigger_source": [({}, "TriggerSource", "Software", "All")],
}


def reads(case: Case, cam: Session, when: str, column: int) -> None:
    for row in FACTORY[case.claim.id.rpartition(".")[2]]:
        case.write(cam, **row[0])
        case.equal(f"{row[1]} {when}", getattr(cam, row[1]), row[column])


@check(*(f"baumer.factory.{name}" for name in FACTORY))
def factory(case: Case) -> None:
    """As it comes; then changed so that the change outlives a restart; then reset, with another restart."""
    name = case.claim.id.rpartition(".")[2]
    cam = case.open()
    reads(case, cam, "as it comes", 3)
    for selectors, feature, other, _ in FACTORY[name]:
        case.write(cam, **selectors, **{feature: other})
    case.write(cam, UserSetSelector="UserSet1")
    if name != "sequencer":  # no set keeps a running sequencer
        cam.UserSetSave()
        case.write(cam, UserSetDefault="UserSet1")
        cam.world.power_cycle()
    reads(case, cam, "changed", 2)
    factory_reset(case, cam)
    reads(case, cam, "after a factory reset", 3)
    if name == "line_in":
        case.write(cam, LineSelector="Line0")
        case.equal("LineMode", cam.LineMode, "Input")


# -- user sets ---------------------------------------------------------------------------------------
@check("baumer.userset.0")
def factory_set(case: Case) -> None:
    cam = case.open(ExposureTime=7000.0, UserSetSelector="UserSet0")
    try:
        cam.UserSetSave()
    except Refused as refused:
        case.saw(f"UserSetSave refused: {refused}")
    else:
        case.wrong("UserSetSave of UserSet0 is carried out")
    cam.UserSetLoad()
    case.equal("ExposureTime after UserSetLoad", cam.ExposureTime, 4000.0)


@check(*(f"baumer.userset.{n}" for n in (1, 2, 3)))
def user_set(case: Case) -> None:
    """Three sets with values of their own, through a power cycle; this one is saved last."""
    cam, values = case.open(), {name: 5000.0 + 10 * i for i, name in enumerate(SETS)}
    for name in sorted(SETS, key=lambda name: name == case.claim.value):
        case.write(cam, UserSetSelector=name, ExposureTime=values[name])
        cam.UserSetSave()
    cam.world.power_cycle()
    case.equal("ExposureTime after a power cycle", cam.ExposureTime, 4000.0)
    for name in SETS:
        case.write(cam, UserSetSelector=name)
        cam.UserSetLoad()
        case.equal(f"ExposureTime of {name}", cam.ExposureTime, values[name])


def other_value(cam: Session, name: str) -> Any:
    """Some value of a feature that it does not have now; None where it can have no other."""
    now = getattr(cam, name)
    if isinstance(now, bool):
        return not now
    if isinstance(now, (int, float)):
        low, high = cam.limits(name)
        step = cam.increment(name) or 1
        near = now - step if now - step >= low else now + step
        return near if low <= near <= high else None
    if isinstance(now, str) and cam.enumerated(name):
        return next((e for e in cam.entries(name) if e != now), None)
    return None


UNTOUCHED: Final = ("SequencerConfigurationMode", "SequencerMode", "UserSetDefault")
"""What locks others, or rules what is loaded."""


def selections(cam: Session, selectors: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Each combination of the selectors' entries; of long rows of numbers the first and the last."""
    options = [
        cam.entries(name) if cam.enumerated(name) else sorted(map(int, cam.limits(name)))
        for name in selectors
    ]
    return (dict(zip(selectors, entries, strict=True)) for entries in product(*options))


def now(case: Case, cam: Session, name: str, selected: tuple[tuple[str, Any], ...]) -> Any:
    """The value; None where others' settings hide the feature."""
    case.write(cam, **dict(selected))
    return None if cam.access(name) == "NA" else getattr(cam, name)


@check("baumer.userset.parameters")
def every_parameter(case: Case) -> None:
    """Every streamable feature that can be written, by every entry of its selectors, comes back."""
    cam = case.open()
    changed = {}
    for name, selectors in cam.streamable().items():
        for selected in selections(cam, selectors):
            case.write(cam, **selected)
            if name in UNTOUCHED or cam.access(name) != "RW":
                continue
            value = other_value(cam, name)
            if value is not None:
                case.write(cam, **{name: value})
                changed[name, tuple(selected.items())] = None
    for name, selected in changed:
        case.write(cam, **dict(selected))
        changed[name, selected] = getattr(cam, name)
    case.within("values changed", len(changed), 100, 10_000)
    case.write(cam, UserSetSelector="UserSet2")
    cam.UserSetSave()
    factory_reset(case, cam)
    gone = sum(now(case, cam, *key) != value for key, value in changed.items())
    case.within("of them with another value after a factory reset", gone, 100, len(changed))
    case.write(cam, UserSetSelector="UserSet2")
    cam.UserSetLoad()
    for (name, selected), value in changed.items():
        if (found := now(case, cam, name, selected)) != value:
            case.wrong(f"{name} {dict(selected) or ''} comes back as {found}, was {value}")


# -- custom data -------------------------------------------------------------------------------------
@check("baumer.memory.nonvolatile")
def memory(case: Case) -> None:
    fact = case.open().record("memory.nonvolatile")
    case.equal("record", (fact.value, fact.unit), (case.claim.number, case.claim.unit))
    cam = case.open(CustomDataConfigurationMode="On", CustomDataSelector=127, CustomData=0x5A)
    case.write(cam, CustomDataConfigurationMode="Off", ExposureTime=4711.0, UserSetSelector="UserSet1")
    cam.UserSetSave()
    cam.world.power_cycle()
    case.write(cam, UserSetSelector="UserSet1")
    cam.UserSetLoad()
    case.equal("ExposureTime of UserSet1 after a power cycle", cam.ExposureTime, 4711.0)
    case.write(cam, CustomDataSelector=127)
    case.equal("byte 127 of custom data after it", cam.CustomData, 0x5A)

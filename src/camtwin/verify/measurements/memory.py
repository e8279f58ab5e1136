"""Measure what the camera keeps: factory settings, user sets, custom data, firmware."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any, Final

from camtwin.session.session import Session
from camtwin.verify.case import Case
from camtwin.verify.measures import Value, measurement


def factory_reset(case: Case, cam: Session) -> None:
    """Begin with the factory's set, and switch the camera off and on."""
    case.write(cam, UserSetDefault="UserSet0")
    cam.world.power_cycle()


# -- factory settings --------------------------------------------------------------------------------
@measurement("factory")
def factory(
    case: Case, feature: str, factory: Value, other: Value, *, kept: bool = True, **selectors: Value
) -> None:
    """Read the factory's value of a feature as it comes, and after a reset with a restart.

    In between it is changed, in a set to begin with, so that the change outlives a restart; but where no set
    keeps it. selectors: of the feature.
    """
    cam = case.open(selectors)
    case.equal(f"{feature} as it comes", getattr(cam, feature), factory)
    case.write(cam, **{feature: other})
    case.write(cam, UserSetSelector="UserSet1")
    if kept:
        cam.UserSetSave()
        case.write(cam, UserSetDefault="UserSet1")
        cam.world.power_cycle()
    case.write(cam, **selectors)
    case.equal(f"{feature} changed", getattr(cam, feature), other)
    factory_reset(case, cam)
    case.write(cam, **selectors)
    case.equal(f"{feature} after a factory reset", getattr(cam, feature), factory)


# -- user sets ---------------------------------------------------------------------------------------
def other_value(cam: Session, name: str) -> Any:
    """Find a value of a feature that it does not have now; None where it can have no other."""
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
"""Features that lock others, or decide which set is loaded: they keep their values here."""


def selections(cam: Session, selectors: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Combine the entries of selectors; of long rows of numbers the first and the last."""
    options = [
        cam.entries(name) if cam.enumerated(name) else sorted(map(int, cam.limits(name)))
        for name in selectors
    ]
    return (dict(zip(selectors, entries, strict=True)) for entries in product(*options))


def now(case: Case, cam: Session, name: str, selected: tuple[tuple[str, Any], ...]) -> Any:
    """Read the value; None where others' settings hide the feature."""
    case.write(cam, **dict(selected))
    return None if cam.access(name) == "NA" else getattr(cam, name)


@measurement("every_parameter")
def every_parameter(case: Case) -> None:
    """Change every streamable feature that can be written, by every entry of its selectors: it comes back."""
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


@measurement("bytes_kept")
def bytes_kept(case: Case, data: str, index: str, mode: str) -> None:
    """Keep as many bytes as claimed through a power cycle; there is no place for one more."""
    size = int(case.claim.number)
    kept = bytes(range(size))
    cam = case.open()
    case.write(cam, **{mode: "On"})
    for at, byte in enumerate(kept):
        case.write(cam, **{index: at, data: byte})
    case.refuses(cam, index, size)
    case.write(cam, **{mode: "Off"})
    cam.world.power_cycle()
    read = bytearray()
    for at in range(size):
        case.write(cam, **{index: at})
        read.append(getattr(cam, data))
    case.that(f"{size} bytes are back after a power cycle", read == kept)


# -- firmware ----------------------------------------------------------------------------------------
def image(model: str, version: str) -> bytes:
    """Make a firmware image, as the documentation has it (docs/firmware.md)."""
    head = f"camtwin firmware\nmodel {model}\nversion {version}\n".encode()
    return head + f"crc32 {zlib.crc32(head):08x}\n".encode()


def update(case: Case, cam: Session, data: bytes) -> str:
    """Open, write and close the file; return the status of the last of these."""
    for operation in ("Open", "Write", "Close"):
        case.write(cam, FileSelector="Firmware", FileOperationSelector=operation)
        if operation == "Write":
            cam.FileAccessBuffer = data.ljust(len(cam.FileAccessBuffer), b"\0")
            case.write(cam, FileAccessOffset=0, FileAccessLength=len(data))
        cam.FileOperationExecute()
        if cam.FileOperationStatus != "Success":
            break
    return cam.FileOperationStatus


@measurement("firmware_update")
def firmware_update(case: Case, version: str) -> None:
    """Update to this version, in force after a restart; a damaged image is refused."""
    cam = case.open()
    case.saw(f"firmware {cam.DeviceFirmwareVersion}")
    good, changed = (image(cam.DeviceModelName, f"{version}{more}") for more in ("", "2"))
    damaged = changed.replace(f"{version}2".encode(), f"{version}3".encode())
    for what, data, status in (("an image", good, "Success"), ("a damaged image", damaged, "Failure")):
        case.equal(f"update with {what}", update(case, cam, data), status)
        cam.world.power_cycle()
        case.equal("after a restart", cam.DeviceFirmwareVersion, version)


@measurement("firmware_not_below")
def firmware_not_below(case: Case) -> None:
    """Require firmware of the claim's version or later, and that an image of the one before is refused."""
    cam = case.open()
    major, minor = map(int, case.claim.value.split("."))
    before = cam.DeviceFirmwareVersion
    case.saw(f"DeviceFirmwareVersion {before}")
    case.that(f"{case.claim.value} or later", tuple(map(int, before.split("."))) >= (major, minor))
    below = f"{major}.{minor - 1}"
    case.equal(f"update with {below}", update(case, cam, image(cam.DeviceModelName, below)), "Failure")
    case.saw(cam.FirmwareUpdateMessage)
    cam.world.power_cycle()
    case.equal("after a restart", cam.DeviceFirmwareVersion, before)

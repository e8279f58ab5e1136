"""Firmware: its version, and an update as a host does it, by the camera's file access."""

from __future__ import annotations

import zlib

from camtwin.session.session import Session
from camtwin.verify.case import Case
from camtwin.verify.measures import measurement


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


def restarted(case: Case, cam: Session, wanted: str) -> None:
    """Switch it off and on: it has the wanted version."""
    cam.world.power_cycle()
    case.equal("after a restart", cam.DeviceFirmwareVersion, wanted)


@measurement("firmware_update")
def firmware_update(case: Case, version: str) -> None:
    """An image of this version is taken, and is in force after a restart; a damaged one is refused."""
    cam = case.open()
    case.saw(f"firmware {cam.DeviceFirmwareVersion}")
    case.equal("update", update(case, cam, image(cam.DeviceModelName, version)), "Success")
    restarted(case, cam, version)
    damaged = image(cam.DeviceModelName, f"{version}2").replace(
        f"{version}2".encode(), f"{version}3".encode()
    )
    case.equal("update with a damaged image", update(case, cam, damaged), "Failure")
    restarted(case, cam, version)


@measurement("firmware_not_below")
def firmware_not_below(case: Case) -> None:
    """The firmware is of the claim's version or later, and an image of the one before is refused."""
    cam = case.open()
    major, minor = map(int, case.claim.value.split("."))
    before = cam.DeviceFirmwareVersion
    case.saw(f"DeviceFirmwareVersion {before}")
    case.that(f"{case.claim.value} or later", tuple(map(int, before.split("."))) >= (major, minor))
    below = f"{major}.{minor - 1}"
    case.equal(f"update with {below}", update(case, cam, image(cam.DeviceModelName, below)), "Failure")
    case.saw(cam.FirmwareUpdateMessage)
    restarted(case, cam, before)

"""Firmware: its version, and an update as a host does it, by the camera's file access."""

from __future__ import annotations

import zlib

from camtwin.session.session import Session
from camtwin.verify.case import Case, check


def image(model: str, version: str) -> bytes:
    """A firmware image, as the documentation has it (docs/firmware.md)."""
    head = f"camtwin firmware\nmodel {model}\nversion {version}\n".encode()
    return head + f"crc32 {zlib.crc32(head):08x}\n".encode()


def update(case: Case, cam: Session, data: bytes) -> str:
    """Open, write and close the file; the status of what was last."""
    for operation in ("Open", "Write", "Close"):
        case.write(cam, FileSelector="Firmware", FileOperationSelector=operation)
        if operation == "Write":
            cam.FileAccessBuffer = data.ljust(len(cam.FileAccessBuffer), b"\0")
            case.write(cam, FileAccessOffset=0, FileAccessLength=len(data))
        cam.FileOperationExecute()
        if cam.FileOperationStatus != "Success":
            break
    return cam.FileOperationStatus


@check("ids.firmware.update")
def firmware_update(case: Case) -> None:
    cam = case.open()
    case.saw(f"firmware {cam.DeviceFirmwareVersion}")
    case.equal("update", update(case, cam, image(cam.DeviceModelName, "4.1")), "Success")
    cam.world.power_cycle()
    case.equal("after a restart", cam.DeviceFirmwareVersion, "4.1")
    damaged = image(cam.DeviceModelName, "4.2").replace(b"4.2", b"4.3")
    case.equal("update with a damaged image", update(case, cam, damaged), "Failure")
    cam.world.power_cycle()
    case.equal("after a restart", cam.DeviceFirmwareVersion, "4.1")


@check("ids.firmware.first_version")
def first_version(case: Case) -> None:
    cam = case.open()
    first = tuple(map(int, case.claim.value.split(".")))
    found = tuple(map(int, cam.DeviceFirmwareVersion.split(".")))
    case.saw(f"DeviceFirmwareVersion {cam.DeviceFirmwareVersion}")
    case.that(f"{case.claim.value} or later", found >= first)
    below = f"{first[0]}.{first[1] - 1}"
    case.equal(f"update with {below}", update(case, cam, image(cam.DeviceModelName, below)), "Failure")
    case.saw(cam.FirmwareUpdateMessage)
    cam.world.power_cycle()
    case.that("it is as it was", tuple(map(int, cam.DeviceFirmwareVersion.split("."))) == found)

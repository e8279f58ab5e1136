"""The reference GenApi's file adapter updates a twin's firmware over USB: open, write, close, restart."""

from __future__ import annotations

import time
import zlib
from typing import Any

import pytest
from genicam.genapi import FileProtocolAdapter, GenericException

from peers.netns import sabotaged
from peers.test_genapi_usb import nodes_of
from peers.usb import UsbTwin

MODEL = "ids-imx412"
FILE = "Firmware"


def image(version: str, model: str = "IMX412 USB3") -> bytes:
    """Return a firmware image as docs/firmware.md describes it."""
    head = f"camtwin firmware\nmodel {model}\nversion {version}\n".encode()
    return head + f"crc32 {zlib.crc32(head):08x}\n".encode()


def load(nodes: Any, data: bytes) -> tuple[str, str]:
    """Write it as the standard's adapter does; the status, and what the camera says of it."""
    adapter = FileProtocolAdapter()
    assert adapter.attach(nodes.pointer)
    assert adapter.open_file(FILE, "w")
    assert adapter.write(data, 0, FILE) == len(data)
    taken = adapter.close_file(FILE)
    status, said = (nodes.get_node(name).value for name in ("FileOperationStatus", "FirmwareUpdateMessage"))
    assert taken == (status == "Success")
    return status, said


def version(twin: UsbTwin) -> str:
    with nodes_of(twin) as (nodes, _):
        return nodes.get_node("DeviceFirmwareVersion").value


def restart(twin: UsbTwin) -> None:
    with nodes_of(twin) as (nodes, _):
        nodes.get_node("DeviceReset").execute()
    time.sleep(1)


def check_update(twin: UsbTwin) -> None:
    assert version(twin) == "3.3"
    with nodes_of(twin) as (nodes, _):
        assert load(nodes, image("5.0")) == ("Success", "taken: the camera runs it from its next start on")
    assert version(twin) == "3.3"
    restart(twin)
    assert version(twin) == "5.0"


def check_refused(twin: UsbTwin) -> None:
    """Write a version that is too old, another model's image, and a file too long that is no image."""
    with nodes_of(twin) as (nodes, _):
        assert load(nodes, image("3.2")) == ("Failure", "firmware 3.2 is below the minimum 3.3")
        assert load(nodes, image("5.0", "VCXG-124M"))[0] == "Failure"
        assert load(nodes, bytes(range(256)) * 5) == ("Failure", "1280 bytes are no firmware image")


def test_firmware():
    with UsbTwin(model=MODEL) as twin:
        check_refused(twin)
        check_update(twin)


def test_it_is_kept_on_disk(tmp_path):
    for before, then in (("3.3", "4.0"), ("4.0", "4.1")):
        with UsbTwin("--nonvolatile", str(tmp_path), model=MODEL) as twin:
            assert version(twin) == before
            with nodes_of(twin) as (nodes, _):
                assert load(nodes, image(then))[0] == "Success"


@pytest.mark.parametrize(
    ("sabotage", "check"),
    [
        ("firmware-forgotten", check_update),
        ("firmware-unchecked", check_refused),
        ("file-written-at-0", check_refused),
    ],
)
def test_turns_red(sabotage, check):
    with (
        UsbTwin(model=MODEL, command=sabotaged(sabotage)) as twin,
        pytest.raises((AssertionError, GenericException)),
    ):
        check(twin)

"""What is wrong with a firmware update."""

from __future__ import annotations

from peers.breaks.registry import breaks


@breaks
def firmware_forgotten() -> None:
    """It is taken, and not kept."""
    from camtwin.camera.usersets import MemoryStorage

    store = MemoryStorage.store
    MemoryStorage.store = lambda self, name, data: None if name == "firmware" else store(self, name, data)


@breaks
def firmware_unchecked() -> None:
    from camtwin.camera.firmware import Firmware

    Firmware._take = lambda self, data: ""


@breaks
def file_written_at_0() -> None:
    """Where in the file the bytes go is not minded."""
    from camtwin.camera.firmware import Firmware

    operate = Firmware.operate
    Firmware.operate = lambda self, operation, offset, data: operate(self, operation, 0, data)

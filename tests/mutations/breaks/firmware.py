"""Break a firmware update."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mutations.registry import sabotage


@sabotage("ids.firmware.update")
def firmware_forgotten(patch: pytest.MonkeyPatch) -> None:
    """Accept a firmware without storing it."""
    from camtwin.camera.memory.user_sets import MemoryStorage

    store = MemoryStorage.store
    patch.setattr(
        MemoryStorage,
        "store",
        lambda self, name, data: None if name == "firmware" else store(self, name, data),
    )


@sabotage()
def firmware_unchecked(patch: pytest.MonkeyPatch) -> None:
    from camtwin.camera.memory.firmware import Firmware

    patch.setattr(Firmware, "_refusal", lambda self, data: "")


@sabotage()
def file_written_at_0(patch: pytest.MonkeyPatch) -> None:
    """Ignore the offset of writes to a file."""
    from camtwin.camera.memory.files import Files

    write = Files._write
    patch.setattr(
        Files,
        "_write",
        lambda self, name, content, s: write(self, name, content, replace(s, FileAccessOffset=0)),
    )

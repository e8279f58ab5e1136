"""Break what GenTL programs are told of a twin."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from mutations.registry import sabotage
from mutations.tools import wrapped


@sabotage()
def gentl_id_nameless(patch: pytest.MonkeyPatch) -> None:
    """Give devices ids without their serial number."""
    from camtwin.links.gentl.device import GentlDevice

    patch.setattr(GentlDevice, "id", property(lambda self: f"{self.twin.sheet.vendor}-{id(self)}"))


@sabotage()
def gentl_exposure_stays(patch: pytest.MonkeyPatch) -> None:
    """Do not carry out writes of the exposure time."""
    from camtwin.links.gentl.port import GevPort

    def forgetful(true: Any, self: Any, address: int, data: bytes) -> None:
        if address != self.camera.tree.nodes["ExposureTime"].address:
            true(self, address, data)

    wrapped(patch, GevPort, "write", forgetful)


@sabotage()
def gentl_refusals_lost(patch: pytest.MonkeyPatch) -> None:
    """Answer a refused question as if it had been carried out."""
    from camtwin.wire import gentl

    patch.setattr(gentl, "refusal", lambda error, reason: gentl.answer(bytes(4)))


@sabotage()
def gentl_slots_shifted(patch: pytest.MonkeyPatch) -> None:
    """Render behind the beginning of the slot that is told of."""
    from camtwin.links.gentl.memory import Slot

    memory = Slot.memory
    patch.setattr(Slot, "memory", lambda self, size: memory(self, size + 8)[8:])


@sabotage()
def gentl_frames_uncounted(patch: pytest.MonkeyPatch) -> None:
    """Give two frames in a row the same id."""
    from camtwin.links.gentl.port import GevPort

    patch.setattr(GevPort, "frame_id", lambda self, transfer: transfer.number // 2 + 1)


@sabotage()
def gentl_chunks_unsaid(patch: pytest.MonkeyPatch) -> None:
    """Do not say that a frame has chunks."""
    from camtwin.wire import gentl
    from camtwin.wire.image import IMAGE

    def silent(true: Any, ring: int, slot: int, image: Any, **named: Any) -> bytes:
        return true(ring, slot, dataclasses.replace(image, payload_type=IMAGE), **named)

    wrapped(patch, gentl, "frame", silent)


@sabotage()
def gentl_events_unsaid(patch: pytest.MonkeyPatch) -> None:
    from camtwin.links.gentl.device import GentlDevice

    patch.setattr(GentlDevice, "_tell_event", lambda self, event: False)


@sabotage()
def gentl_session_stays(patch: pytest.MonkeyPatch) -> None:
    """Keep a device open after its consumer has closed it."""
    from camtwin.links.gentl.device import GentlDevice

    patch.setattr(GentlDevice, "end", lambda self, session: None)


@sabotage()
def control_everybodys(patch: pytest.MonkeyPatch) -> None:
    """Give control to a link's end though that of another link has it."""
    from camtwin.camera import Camera

    patch.setattr(Camera, "take_control", lambda self, taker: True)

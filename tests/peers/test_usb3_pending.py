"""A save into flash takes its time: stock Aravis on USB is told so by PENDING_ACK, and waits.

At this pace it takes longer than Aravis would wait by itself.
"""

from __future__ import annotations

import time

import pytest

from camtwin.models import load
from peers.netns import sabotaged
from peers.usb import MODEL, UsbTwin

SAVE_S = load(MODEL).memory.store_ns / 1e9  # an assumption: no outside source has it
SLOW = 0.1
PATIENCE_S = 1.0  # Aravis': what the camera says of itself at ABRM 0x1CC


def check_patient(twin: UsbTwin) -> None:
    """Check that a save is acknowledged when it is done, and that the camera answers again then."""
    assert SAVE_S / SLOW > 2 * PATIENCE_S
    began = time.monotonic()
    save = [("set", "UserSetSelector", "UserSet1"), ("execute", "UserSetSave"), ("get", "Gain")]
    assert twin.steps(*save) == [None, None, 0.0]
    assert time.monotonic() - began >= SAVE_S / SLOW


def test_aravis_waits():
    with UsbTwin("--pace", str(SLOW)) as twin:
        check_patient(twin)


def test_silence_turns_red():
    command = sabotaged("usb-pending-silent")
    with UsbTwin("--pace", str(SLOW), command=command) as twin, pytest.raises(AssertionError, match="busy"):
        check_patient(twin)

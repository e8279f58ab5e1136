"""Faults that every link has, each seen by a stock client where it was asked for, and nowhere else.

    late, refuse   the read of one register, out of several
    misnumber      the id of one block
    jump           the timestamps from one frame on
    slow           the arrival of the frames from one on
    revoke         the frames and writes behind it

Aravis is the client on GigE Vision and USB3 Vision, Harvesters by GenTL. One session of each meets all
faults, and meets them again on a twin with every one of them broken, where each check has to fail. Beside
Aravis tshark captures: what it reads has to pass, and to fail, the same checks.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from camtwin.testing.served import GentlTwin, GigeTwin, Served, UsbTwin
from peers.faulty import (
    GIGE_MODEL,
    PACED,
    USB_MODEL,
    Frame,
    Met,
    PERIOD_ns,
    by_aravis,
    by_harvesters,
    by_tshark,
    faulty,
    listens,
)
from peers.test_wireshark import listening

FRAMES: Final = 12
MISNUMBERED, JUMPED, SLOWED = 3, 6, 10
"""Frames of the session that are struck, from 0 on."""
WRONG: Final = 300
"""A block id so far off that Aravis takes neither it nor those behind it for packets that come late."""
JUMP_ms, SLOW_ms, LATE_ms = 1050, 1500, 350
"""The jump is half a period more than whole ones: timestamps tell which frame it is, and on which side."""
TICK_ns: Final = 10
GAIN, WIDTH = 0, 1
ASKED: Final = (GAIN, WIDTH, GAIN, GAIN, WIDTH)
REFUSED, LATE = 0, 1
"""Which of these reads is struck."""

Client = Callable[..., Met]
LINKS: Final[dict[str, tuple[type[Served], str, Client]]] = {
    "gige": (GigeTwin, GIGE_MODEL, by_aravis),
    "usb": (UsbTwin, USB_MODEL, by_aravis),
    "gentl": (GentlTwin, GIGE_MODEL, by_harvesters),
    "gentl-usb": (GentlTwin, USB_MODEL, by_harvesters),
}


def session(link: str, tmp: Path, breaks: str = "") -> dict[str, Met]:
    """Let one client of a link meet all faults; return what it met, and what tshark read beside it."""
    make, model, client = LINKS[link]
    with faulty(make, model, PACED, breaks=breaks) as twin, ExitStack() as beside:
        tree = twin.session.twin.camera.tree
        addresses = [tree.find(name).address for name in ("Gain", "Width")]
        asked = [addresses[name] for name in ASKED]
        first = 1 if model == GIGE_MODEL else 0
        twin.inject("refuse", register="Gain", status="BUSY")
        twin.inject("late", register="Width", by_ms=LATE_ms)
        twin.inject("misnumber", block=first + MISNUMBERED, wrong=first + WRONG)
        twin.inject("jump", at_frame=JUMPED, by_ms=JUMP_ms)  # of the one before, whose timestamp is taken
        twin.inject("slow", at_frame=1 + SLOWED, for_ms=SLOW_ms)
        if client is by_aravis:
            beside.enter_context(listening((), listens(twin), tmp / "capture.pcapng"))
        met = {"client": client(twin, asked, FRAMES)}
        beside.close()
        if client is by_aravis:
            met["tshark"] = by_tshark(twin, asked, tmp / "capture.pcapng")
    assert all(len(each.frames) >= FRAMES for each in met.values())
    return {who: replace(each, frames=each.frames[:FRAMES]) for who, each in met.items()}


def check_refused(met: Met, first: int) -> None:
    refused = [answer.refused for answer in met.answers]
    assert [bool(text) for text in refused] == [at == REFUSED for at in range(len(ASKED))], refused
    assert "busy" in refused[REFUSED].lower()


def check_late(met: Met, first: int) -> None:
    took_s = [answer.took_s for answer in met.answers]
    assert took_s[LATE] >= LATE_ms / 1000
    assert took_s[LATE] == max(took_s)


def places(met: Met) -> dict[int, tuple[Frame, bool]]:
    """Return the frames by their place in the session, from 0 on, and whether the clock had jumped before.

    Places follow from timestamps: a busy computer may have lost a frame in between.
    """
    found = dict[int, tuple[Frame, bool]]()
    for frame in met.frames:
        periods = (frame.timestamp_ns - met.frames[0].timestamp_ns) / PERIOD_ns
        jumped = 0.25 < periods % 1 < 0.75
        found[round(periods - JUMP_ms * 1e6 / PERIOD_ns * jumped)] = frame, jumped
    return found


def check_misnumbered(met: Met, first: int) -> None:
    blocks = {place: frame.block for place, (frame, _) in places(met).items()}
    assert blocks == {place: first + (WRONG if place == MISNUMBERED else place) for place in blocks}
    assert {MISNUMBERED - 1, MISNUMBERED, MISNUMBERED + 1} <= blocks.keys()


def check_jumped(met: Met, first: int) -> None:
    found = places(met)
    assert {JUMPED - 1, JUMPED} <= found.keys()
    begin_ns = met.frames[0].timestamp_ns
    for place, (frame, _) in found.items():
        expected_ns = begin_ns + place * PERIOD_ns + JUMP_ms * 1_000_000 * (place >= JUMPED)
        assert abs(frame.timestamp_ns - expected_ns) <= FRAMES * TICK_ns, place


def check_slow(met: Met, first: int) -> None:
    """Frames behind it come together, so much later than the camera took them; those before it did not."""
    late_ns = {place: frame.arrived_ns - place * PERIOD_ns for place, (frame, _) in places(met).items()}
    before_ns = max(late for place, late in late_ns.items() if place < SLOWED)
    assert late_ns[SLOWED] - before_ns > 0.6 * SLOW_ms * 1e6, late_ns


CHECKS: Final = {
    check_refused: "register-faults-beside",
    check_late: "register-faults-beside",
    check_misnumbered: "misnumbers-beside",
    check_jumped: "clock-does-not-jump",
    check_slow: "usb-host-unnoticed",
}
"""Each check, and what is wrong with a twin on which it has to fail."""


@pytest.mark.parametrize("link", LINKS)
def test_a_client_sees_each_fault_where_it_was_asked_for(link, tmp_path):
    for met in session(link, tmp_path).values():
        for check in CHECKS:
            check(met, 0 if LINKS[link][1] == USB_MODEL else 1)


@pytest.mark.parametrize("link", LINKS)
def test_each_check_turns_red(link, tmp_path):
    for met in session(link, tmp_path, "+".join(sorted(set(CHECKS.values())))).values():
        for check in CHECKS:
            with pytest.raises(AssertionError):
                check(met, 0 if LINKS[link][1] == USB_MODEL else 1)


def check_revoked(link: str, breaks: str = "") -> None:
    """Frames end with the privilege, and what the client writes then is refused."""
    make, model, client = LINKS[link]
    with faulty(make, model, PACED, breaks=breaks) as twin:
        twin.inject("revoke", at_frame=1 + JUMPED)
        width = twin.session.twin.camera.tree.find("Width").address
        met = client(twin, [width], 2 * FRAMES, written=width)
    assert JUMPED - 1 <= len(met.frames) <= JUMPED
    assert "access" in met.refused.lower()


@pytest.mark.parametrize("link", ["gige", "gentl"])
def test_a_client_loses_its_privilege(link):
    check_revoked(link)
    with pytest.raises(AssertionError):
        check_revoked(link, "revokes-unheard")

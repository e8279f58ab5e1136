"""Faults on purpose as GenTL sessions meet them: each where it was asked for, and as often."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import camtwin
from camtwin.links.base.runtime import paced
from camtwin.links.gentl.device import Denied, GentlDevice, GentlLink
from camtwin.models import load
from camtwin.testing.stage import Impossible, TestStage
from camtwin.twins import build
from camtwin.units import MS
from camtwin.wire.gentl import Access, Error
from unit.links.gentl.serving import LIGHT

T = TypeVar("T")
NAMES = ("Gain", "Width", "ExposureTime")
STATUSES = {"BUSY": Error.BUSY, "NOT_IMPLEMENTED": Error.NOT_IMPLEMENTED, "ERROR": Error.ERROR}


def on_a_device(test: Callable[[GentlDevice], T]) -> T:
    async def main() -> T:
        twin = build(load("baumer-vcxg-124m"), LIGHT, seed=1)
        device = GentlDevice(twin, paced(twin.clock, 1.0))
        try:
            return test(device)
        finally:
            device.close()

    return asyncio.run(main())


ASKED = st.lists(
    st.tuples(st.sampled_from(("late", *STATUSES)), st.sampled_from(NAMES), st.integers(1, 2)), max_size=6
)


@given(ASKED, st.lists(st.sampled_from(NAMES), max_size=12))
@settings(max_examples=25, deadline=None)
def test_what_is_reported_is_what_was_asked(asked, reads):
    """A refused question is not late; those of one register are counted down in their order."""

    def answers(device: GentlDevice) -> list[object]:
        camera, session, got = device.camera, device.open(Access.CONTROL), list[object]()
        for number, (word, name, count) in enumerate(asked, 1):
            address = camera.tree.find(name).address
            if word == "late":
                camera.faults.late(address, by_ns=number * MS, count=count)
            else:
                camera.faults.refuse(address, word, count=count)
        for name in reads:
            try:
                got.append(device.read(session, camera.tree.find(name).address, 4)[1])
            except Denied as denied:
                got.append(denied.error)
        return got

    refusals = [[word, name, count] for word, name, count in asked if word != "late"]
    delays = [[n * MS, name, count] for n, (word, name, count) in enumerate(asked, 1) if word == "late"]
    expected = list[object]()
    for name in reads:
        struck = next((each for each in (*refusals, *delays) if each[1] == name and each[2]), [0, name, 0])
        struck[2] -= 1
        expected.append(STATUSES.get(struck[0], struck[0]))
    assert on_a_device(answers) == expected


def test_a_write_is_late_and_refused_and_questions_are_seen():
    def test(device: GentlDevice) -> None:
        camera, session, seen = device.camera, device.open(Access.CONTROL), list[tuple[str, str]]()
        camera.on_request.subscribe(lambda _, request: seen.append((request.peer, request.word)))
        address = camera.tree.find("Width").address
        camera.faults.late(address, by_ns=3 * MS)
        assert device.write(session, address, (128).to_bytes(4, "big")) == 3 * MS
        camera.faults.refuse(address, "INVALID_PARAMETER")
        with pytest.raises(Denied, match="INVALID_PARAMETER on purpose") as refused:
            device.write(session, address, (64).to_bytes(4, "big"))
        assert refused.value.error == Error.INVALID_PARAMETER
        assert device.read(session, address, 4) == ((128).to_bytes(4, "big"), 0)
        assert seen == [(session.peer, f"GC{word}Port") for word in ("Write", "Write", "Read")]

    on_a_device(test)


def test_a_session_loses_its_control_and_reads_on():
    def test(device: GentlDevice) -> None:
        camera, session = device.camera, device.open(Access.CONTROL)
        address = camera.tree.find("Width").address
        device.write(session, address, (128).to_bytes(4, "big"))
        camera.faults.on_revoke()
        with pytest.raises(Denied, match="has no control") as refused:
            device.write(session, address, (64).to_bytes(4, "big"))
        assert refused.value.error == Error.ACCESS_DENIED
        assert device.read(session, address, 4) == ((128).to_bytes(4, "big"), 0)
        device.write(device.open(Access.CONTROL), address, (64).to_bytes(4, "big"))

    on_a_device(test)


def test_a_camera_on_usb_sends_no_transfers_by_gentl():
    def test(device: GentlDevice) -> None:
        stage = TestStage({"cam": camtwin.open("basler-aca4112-20um", render=False)}, 0)
        stage.links = {"cam": GentlLink(device)}
        with pytest.raises(Impossible, match="cam sends no transfers: its clients reach it by GenTL"):
            stage.inject("transfers", "cam", stall=[(1, 1)])

    on_a_device(test)

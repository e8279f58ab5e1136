"""Whoever wants to be told is told, whoever else does; a token ends one subscription and no other."""

from __future__ import annotations

import camtwin
from camtwin.rig.scenario.account import Account
from camtwin.subscribers import Subscribers


def test_everybody_is_told_in_the_order_of_subscription():
    told = Subscribers[int]()
    heard: list[tuple[str, int]] = []
    leave = [told.subscribe(lambda n, who=who: heard.append((who, n))) for who in "abc"]
    told(1)
    leave[1]()
    leave[1]()
    told(2)
    assert heard == [("a", 1), ("b", 1), ("c", 1), ("a", 2), ("c", 2)]


def test_the_same_callable_may_subscribe_twice():
    told, heard = Subscribers[int](), []
    first, _ = told.subscribe(heard.append), told.subscribe(heard.append)
    told(1)
    first()
    told(2)
    assert heard == [1, 1, 2]


def test_who_leaves_while_being_told_is_told_to_the_end():
    told, heard = Subscribers[()](), []
    tokens = []
    told.subscribe(lambda: [leave() for leave in tokens])
    tokens.append(told.subscribe(lambda: heard.append("last")))
    told()
    told()
    assert heard == ["last"]
    assert told


def test_an_account_a_network_and_a_session_hear_of_the_same_frames():
    """Three parts of the house that took each other's place once."""
    with camtwin.open("baumer-vcxg-124m", render=False) as cam:
        host = cam.host()
        account = Account(cam)
        cam.set("Height=64")
        cam.advance(10**8)
        for register, value in ((0xA00, 2), (0xD18, 0x0A00_0002), (0xD00, 4000)):
            assert host.write(register, value) == 0
        assert len(cam.grab(3)) == 3
        assert account.delivered >= 3
        assert len(host.packets) > 3
        cam.EventSelector, cam.EventNotification = "ExposureEnd", "On"
        for register, value in ((0xB10, 0x0A00_0002), (0xB14, 0), (0xB00, 4001)):
            assert host.write(register, value) == 0
        cam.grab(2)
        assert len(cam.events) == len(host.messages) >= 2


def test_a_link_that_leaves_gives_back_the_event_it_holds():
    with camtwin.open("baumer-vcxg-124m", render=False) as cam:
        cam.EventSelector, cam.EventNotification = "ExposureEnd", "On"
        holder = cam.twin.camera.events.subscribe(lambda event: True)
        cam.AcquisitionMode, cam.AcquisitionFrameCount = "MultiFrame", 3
        cam.grab(3)
        assert len(cam.events) == 1
        holder.leave()
        holder.leave()
        cam.advance(10**7)
        assert len(cam.events) == 3

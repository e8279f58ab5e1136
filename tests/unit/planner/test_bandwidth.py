"""Several cameras on one link, judged by twins that keep to the parts that they are told."""

from __future__ import annotations

import pytest

import camtwin
from camtwin.planner.bandwidth import parts, shared
from camtwin.problem import Problem
from unit.planner.at_random import steady_Hz

ETHERNET_BYTES = 8 + 14 + 4 + 12
"""Bytes of a packet on the wire besides its IP part: preamble, header, check sequence, gap (IEEE 802.3)."""
HEADERS_BYTES = 20 + 8 + 8
"""IP, UDP and GVSP headers of a packet (GigE Vision 2.0, without extended ids)."""


def wire_bytes(payload: int, packet: int) -> int:
    """Return the bytes of a frame on Ethernet, typed from the standards; leader and trailer left out."""
    full, rest = divmod(payload, packet - HEADERS_BYTES)
    return full * (packet + ETHERNET_BYTES) + (rest + HEADERS_BYTES + ETHERNET_BYTES if rest else 0)


def test_cameras_that_keep_to_their_parts_fill_the_link_and_no_more():
    model = "hikrobot-mv-cb060-10gm"  # whose memory holds several images, so that its link never waits
    cams = {name: camtwin.open(model, render=False) for name in ("left", "right", "small")}
    cams["small"].Height = 100
    cams["small"].AcquisitionFrameRateEnable = True
    cams["small"].AcquisitionFrameRate = 10.0
    answer = shared(cams)
    assert answer.bytes_per_s == 125_000_000
    assert not answer.fits
    used = 0.0
    for share in answer.shares:
        cam = cams[share.name]
        for name, value in share.settings.items():
            setattr(cam, name, value)
        found = steady_Hz(cam)
        assert share.fps_then == pytest.approx(found, rel=1e-3)
        used += found * wire_bytes(cam.PayloadSize, cam.GevSCPSPacketSize)
    assert used == pytest.approx(125_000_000, rel=5e-3)
    assert used < 125_000_000
    assert [bool(share.settings) for share in answer.shares] == [True, True, False]


def test_cameras_that_fit_are_left_as_they_are_unless_a_lower_rate_is_enough():
    cams = {name: camtwin.open("basler-aca4112-20um", render=False) for name in ("a", "b")}
    for cam in cams.values():
        cam.Height = 1000
    assert not shared(cams).fits
    answer = shared(cams, wanted_Hz=10.0)
    assert answer.fits
    cams["a"].AcquisitionFrameRateEnable = True
    cams["a"].AcquisitionFrameRate = float(answer.shares[0].settings["AcquisitionFrameRate"])
    assert steady_Hz(cams["a"]) == pytest.approx(10.0, rel=1e-3)
    assert answer.needed_bytes_per_s == pytest.approx(2 * 10 * cams["a"].PayloadSize, rel=1e-6)


def test_links_that_cannot_be_shared_are_named():
    baumer, basler = (
        camtwin.open(name, render=False) for name in ("baumer-vcxg-124m", "basler-aca4112-20um")
    )
    with pytest.raises(Problem, match="a is on gige and b on usb3"):
        shared({"a": baumer, "b": basler})
    with pytest.raises(Problem, match="leave as they are read"):
        shared({"bare": camtwin.open("sony-imx412-aack", render=False)})


def test_parts_of_a_whole():
    assert parts({"a": 10.0, "b": 20.0}, 100.0) == {"a": 10.0, "b": 20.0}
    assert parts({"c": 90.0, "a": 10.0, "b": 60.0}, 100.0) == {"c": 45.0, "a": 10.0, "b": 45.0}

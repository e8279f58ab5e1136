"""DeviceLinkThroughputLimit: the rate follows it, up to the speed of the link."""

import pytest

import camtwin
from camtwin.problem import Refused

MODEL = "baumer-vcxg-124m"


def rate(cam, frames=6):
    times = [f.timestamp_ns for f in cam.grab(frames)][2:]
    return (len(times) - 1) * 1e9 / (times[-1] - times[0])


@pytest.mark.parametrize(("speed", "most"), [("1G", 125_000_000), ("100M", 12_500_000)])
def test_the_maximum_is_the_links_speed(speed, most):
    cam = camtwin.open(MODEL, render=False, link_speed=speed)
    assert cam.DeviceLinkSpeed == cam.DeviceLinkThroughputLimit == most
    assert cam.limits("DeviceLinkThroughputLimit")[1] == most
    with pytest.raises(Refused, match="above the maximum"):
        cam.DeviceLinkThroughputLimit = most + 1
    cam.UserSetLoad()
    assert cam.DeviceLinkThroughputLimit == most


@pytest.mark.parametrize("share", [0.5, 0.25, 0.1])
def test_bytes_stay_below_the_limit_and_the_frame_rate_falls(share):
    cam = camtwin.open(MODEL, render=False)
    whole = rate(cam)
    cam.DeviceLinkThroughputLimit = limit = int(125e6 * share)
    slow = rate(cam)
    assert slow * cam.PayloadSize < limit
    assert slow == pytest.approx(whole * share, rel=0.02)


def test_a_fast_ethernet_link_is_a_tenth():
    whole, slow = (rate(camtwin.open(MODEL, render=False, link_speed=s)) for s in ("1G", "100M"))
    assert slow == pytest.approx(whole / 10, rel=0.02)


def test_without_a_link_in_the_way_the_limit_alone_counts():
    cam = camtwin.open(MODEL, render=False, link_speed=None)
    free = rate(cam)
    cam.DeviceLinkThroughputLimit = 50_000_000
    assert free > 14
    arrived = [f.received_ns for f in cam.grab(6)]
    assert (arrived[-1] - arrived[1]) / 4 == pytest.approx(cam.PayloadSize / 50e6 * 1e9, rel=0.001)

"""Limits of the frame rate, judged by the twin's steady state, and by lifting the limit that is named."""

from __future__ import annotations

import pytest

import camtwin
from camtwin.camera import Transfer
from camtwin.planner.rates import Trial, limits_of, longest, rates_of, reached_Hz
from camtwin.session.session import Session

SETTINGS = {
    "as it is": (),
    "light": ("ExposureTime=200000",),
    "region": ("Height=512", "ExposureTime=100"),
    "by the rate": ("AcquisitionFrameRateEnable=1", "AcquisitionFrameRate=5"),
    "small": ("Height=256", "ExposureTime=1000"),
}
FILLED, COUNTED = 20, 40
"""Frames until the memory has filled, and those that are counted."""


def steady_Hz(cam: Session) -> float:
    """Return the rate at which frames arrive once the memory has filled."""
    ends = list[int]()

    def arrive(transfer: Transfer) -> None:
        ends.append(transfer.end_ns)

    cam.twin.camera.transmitter.on_delivery.subscribe(arrive)
    cam.twin.camera.start()
    while len(ends) <= FILLED + COUNTED:
        cam.twin.clock.advance_to(cam.twin.clock.next_time() or 0)
    return COUNTED * 1e9 / (ends[FILLED + COUNTED] - ends[FILLED])


@pytest.mark.parametrize("model", ["baumer-vcxg-124m", "basler-aca4112-20um", "ids-imx412"])
def test_the_rate_is_the_one_that_the_twin_reaches(model: str):
    for name, settings in SETTINGS.items():
        with camtwin.open(model, render=False) as cam:
            for text in settings:
                if cam.has(text.partition("=")[0]):
                    cam.set(text)
            said = rates_of(cam.twin.camera).fps
            assert said == pytest.approx(steady_Hz(cam), rel=1e-3), (name, said)


def test_the_limit_is_named_and_lifting_it_raises_the_rate():
    with camtwin.open("baumer-vcxg-124m", render=False) as cam:
        rates = rates_of(cam.twin.camera)
        assert rates.longest == ("link",)
        packets = next(each for each in rates.changes if "GevSCPSPacketSize" in each.settings)
        assert packets.fps > rates.fps
        cam.GevSCPSPacketSize = 9000
        assert rates_of(cam.twin.camera).fps == pytest.approx(packets.fps)
        cam.ExposureTime = 500_000.0
        assert rates_of(cam.twin.camera).longest == ("exposure",)
        assert rates_of(cam.twin.camera).fps == pytest.approx(2.0)


def test_a_wanted_rate_is_reached_by_as_many_rows_as_possible():
    with camtwin.open("baumer-vcxg-124m", render=False) as cam:
        change = next(each for each in rates_of(cam.twin.camera, 15.0).changes if "Height" in each.settings)
        assert change.fps >= 15.0
        cam.Height = int(change.settings["Height"]) + 1
        assert reached_Hz(cam.twin.camera) < 15.0


def test_changes_are_tried_on_a_copy():
    with camtwin.open("baumer-vcxg-124m", render=False) as cam:
        before = cam.twin.camera.settings
        trial = Trial(cam.twin.camera)
        trial.set("Height", 100)
        assert longest(limits_of(trial)) == ("readout",) or longest(limits_of(trial)) == ("exposure",)
        assert cam.twin.camera.settings is before


def test_equal_limits_are_named_both():
    with camtwin.open("baumer-vcxg-124m", render=False) as cam:
        link = next(limit for limit in limits_of(cam.twin.camera) if limit.name == "link")
        cam.AcquisitionFrameRateEnable = True
        period = [limit for limit in limits_of(cam.twin.camera) if limit.period_ns == link.period_ns]
        assert longest(tuple(period * 2)) == ("link", "link")

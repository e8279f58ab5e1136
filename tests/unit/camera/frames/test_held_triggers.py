"""A camera that holds one trigger which comes too early; a rolling shutter whose rate follows the rows."""

from itertools import pairwise

import pytest

import camtwin
from camtwin.units import MS, SEC

PERIOD = (3040 + 52) * 15092 / 840e6 * SEC  # lines of a frame times the line


def camera(**features):
    cam = camtwin.open("ids-imx412", render=False)
    for name, value in features.items():
        setattr(cam, name, value)
    return cam


def starts(cam, triggers_ms, then_ms=500):
    """Return the starts of exposures, in ms, for software triggers at these moments."""
    cam.TriggerMode = "On"
    cam.AcquisitionStart()
    begun = cam.now
    for t_ms in triggers_ms:
        cam.advance(begun + round(t_ms * MS) - cam.now)
        cam.TriggerSoftware()
    cam.advance(then_ms * MS)
    return [(f.timestamp_ns - begun) / MS for f in cam.fetch()]


def test_one_early_trigger_waits_for_the_readout_and_others_are_lost():
    found = starts(camera(), [0, 20, 30, 40])
    assert found == pytest.approx([0.001, PERIOD / MS + 0.002], abs=1e-3)


def test_a_trigger_in_time_waits_for_nothing():
    assert starts(camera(), [0, 60, 130]) == pytest.approx([0.001, 60.001, 130.001])


def test_a_held_trigger_does_not_outlive_its_acquisition():
    cam = camera()
    assert len(starts(cam, [0, 20], then_ms=0)) == 0
    cam.AcquisitionStop()
    cam.advance(SEC)
    cam.fetch()
    cam.AcquisitionStart()
    cam.advance(SEC)
    assert cam.fetch() == []


def test_a_held_trigger_does_not_outlive_free_run():
    cam = camera(TriggerMode="On")
    cam.AcquisitionStart()
    cam.TriggerSoftware()
    cam.advance(20 * MS)
    cam.TriggerSoftware()
    cam.TriggerMode = "Off"
    cam.advance(300 * MS)
    cam.TriggerMode = "On"
    cam.advance(100 * MS)
    cam.fetch()
    cam.advance(SEC)
    assert cam.fetch() == []


def test_above_its_rate_it_levels_at_18_fps():
    found = starts(camera(ExposureTime=32.0), [n * 1000 / 23 for n in range(60)])
    gaps = [b - a for a, b in pairwise(found)]
    assert gaps == pytest.approx([PERIOD / MS] * len(gaps), abs=2e-3)


@pytest.mark.parametrize(
    ("features", "lines"),
    [
        ({"Height": 32}, 84),
        ({"Height": 1520}, 1572),
        ({"Width": 24}, 3092),
        ({"BinningHorizontal": 2}, 1572),
        ({"BinningVertical": 2, "Height": 32}, 84),
    ],
)
def test_rows_and_nothing_else_decide_the_rate(features, lines):
    cam = camera(ExposureTime=32.0, **features)
    first, *_, last = cam.grab(11)
    period = (last.timestamp_ns - first.timestamp_ns) / 10
    assert period == pytest.approx(lines * 15092 / 840e6 * SEC, abs=1)


def test_an_exposure_beyond_the_readout_decides_it():
    first, second = camera(ExposureTime=1_900_000.0).grab(2)
    assert second.timestamp_ns - first.timestamp_ns == 1_900_000_000

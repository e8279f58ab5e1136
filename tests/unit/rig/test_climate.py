"""Power, heat and lamps: what the sheets allow, what a twin shows of it."""

import pytest

import camtwin
from camtwin import models, rig
from camtwin.units import MS, SEC

MODEL = "baumer-vcxg-124m"
POE = {"from": "switch.port", "into": "cam.data", "plug": "RJ45"}


def words(model, **readings):
    return {f.word for f in rig.climate(models.load_rig(model), **readings)}


@pytest.mark.parametrize(
    ("model", "reading", "clean", "beyond", "word"),
    [
        (MODEL, "measurement_point", (0, 53), (-1, 66), "outside of limits"),
        (MODEL, "internal", (0, 60), (-1, 76), "outside of limits"),
        (MODEL, "storage", (-10, 70), (-11, 71), "outside of storage limits"),
        (MODEL, "humidity", (10, 90), (9, 91), "outside of limits"),
        ("basler-aca4112-20um", "housing", (0, 50), (-1, 51), "outside of limits"),
        ("basler-aca4112-20um", "storage", (-20, 80), (-21, 81), "outside of storage limits"),
        ("ids-imx412", "device", (0, 75), (-1, 76), "outside of limits"),
        ("ids-imx412", "humidity", (20, 80), (19, 81), "outside of limits"),
        ("framos-fsm-imx412", "function", (-20, 75), (-21, 76), "outside of limits"),
        ("framos-fsm-imx412", "performance", (-20, 60), (-21, 61), "outside of limits"),
    ],
)
def test_limits(model, reading, clean, beyond, word):
    for value in clean:
        assert words(model, **{reading: value}) == set()
    for value in beyond:
        assert word in words(model, **{reading: value})


def test_performance_and_cooling():
    assert words(MODEL, measurement_point=54) == {"performance not guaranteed"}
    assert words(MODEL, internal=61) == {"performance not guaranteed"}
    assert words(MODEL, ambient=31) == {"needs cooling"}
    assert words(MODEL, ambient=31, heat_sink=True) == set()


def test_measurement_point_and_mtbf_go_through_the_figures_of_the_sheet():
    sheet = models.load_rig(MODEL)
    assert rig.measurement_point_C(sheet, 60) == 53
    assert rig.measurement_point_C(sheet, 75) == 65
    assert rig.mtbf_years(sheet, 45) == pytest.approx(51)
    assert rig.mtbf_years(sheet, 60) == pytest.approx(33)
    assert rig.mtbf_years(sheet, 52.5) == pytest.approx((51 * 33) ** 0.5)
    with pytest.raises(rig.NoRating, match="no MTBF"):
        rig.mtbf_years(models.load_rig("ids-imx412"), 45)


def plugged(cable=None, switch=None, **camera):
    cam = camtwin.open(MODEL, render=False)
    devices = {
        "cam": {"kind": "camera", "model": MODEL, **camera},
        "switch": {"kind": "switch", "poe_V": 48, **(switch or {})},
    }
    plan = rig.read({"devices": devices, "cables": [{**POE, **(cable or {})}]})
    return cam, rig.Bench(plan, {"cam": cam})


def test_power_over_ethernet_feeds_and_streams_over_one_cable():
    cam, b = plugged()
    cam.AcquisitionStart()
    cam.advance(2 * SEC)
    assert len(cam.fetch()) == 18  # the first after 110.6 ms, the next every 105.4 ms: its transfer
    power = b.power("cam")
    assert (power.label, round(power.mA, 1), power.watts) == ("poe", 62.5, 3.0)
    b.unplug("cam.data")
    assert b.power("cam").watts == 0
    b.plug("cam.data")
    cam.advance(SEC)
    assert b.power("cam").label == "poe"


@pytest.mark.parametrize(
    ("switch", "word"),
    [({"poe_V": 35}, "PoE voltage"), ({"poe_V": 58}, "PoE voltage"), ({"poe_watts": 3}, "PoE class")],
)
def test_a_port_that_does_not_feed(switch, word):
    _, b = plugged(switch=switch)
    assert b.words("PoE") == {word}
    assert b.power("cam").label == ""


@pytest.mark.parametrize(
    ("cable", "frames"),
    [({}, 9), ({"cut": ["7"]}, 0.97), ({"cut": ["1"]}, 0)],
)
def test_cut_pairs_slow_the_link_down_or_end_it(cable, frames):
    cam, _ = plugged(cable)
    cam.AcquisitionStart()
    cam.advance(10 * SEC)
    assert len(cam.fetch()) == pytest.approx(frames * 10, abs=8 if frames > 1 else 1)


RISE_K, HEAT_W, POE_W, IDLE = 22.0, 2.5, 3.0, 0.8
"""The camera's own warmth at what it takes from an external supply; over PoE it takes more, idle less."""


@pytest.mark.parametrize("sink", [1.0, 0.5])
def test_its_warmth_is_what_it_takes(sink):
    """Idle, at full rate, at a third of it, idle again; a heat sink halves the rise."""
    cam, b = plugged(heat_sink=sink < 1, ambient_C=25)
    full_K = RISE_K * POE_W / HEAT_W * sink

    def settles_at(share):
        cam.advance(3600 * SEC)
        assert cam.twin.camera.temperature_C == pytest.approx(25 + full_K * share, abs=0.15)
        assert b.power("cam").watts == pytest.approx(POE_W * share, rel=0.01)

    settles_at(IDLE)
    cam.AcquisitionStart()
    settles_at(1.0)  # 9 frames a second, as the sheet has it
    cam.AcquisitionStop()
    cam.AcquisitionFrameRateEnable, cam.AcquisitionFrameRate = True, 3.0
    cam.AcquisitionStart()
    settles_at(IDLE + (1 - IDLE) / 3)
    cam.AcquisitionStop()
    settles_at(IDLE)


def test_a_camera_that_only_waits_plans_nothing():
    cam, _ = plugged()
    cam.advance(SEC)
    assert cam.clock.next_time() is None


def test_without_power_it_cools_down():
    cam, b = plugged()
    cam.advance(3600 * SEC)
    b.unplug("cam.data")
    cam.advance(3600 * SEC)
    assert cam.twin.camera.temperature_C == pytest.approx(25, abs=0.1)


def test_lamps_on_the_housing():
    cam, b = plugged()
    cam.advance(SEC)
    assert b.leds("cam") == {"LED 1": "green static", "LED 2": "off"}
    cam.Gain = 3.0
    assert b.leds("cam")["LED 1"] == "green flash"
    cam.AcquisitionStart()
    cam.advance(SEC)
    assert b.leds("cam") == {"LED 1": "green static", "LED 2": "yellow flash"}
    cam.world.hold_internal_C(80.0)
    cam.advance(MS)
    assert b.leds("cam")["LED 2"] == "yellow static"
    b.unplug("cam.data")
    assert b.leds("cam") == {"LED 1": "off", "LED 2": "off"}

"""Temperature: the sensor's error, the status with its events, and the cut-off."""

import pytest

import camtwin
from camtwin.problem import Refused
from camtwin.units import SEC

MODEL = "baumer-vcxg-124m"
CHANGED = "DeviceTemperatureStatusChanged"


def opened(**options):
    cam = camtwin.open(MODEL, render=False, **options)
    cam.Width = cam.Height = 64
    log = []
    cam.twin.camera.on_moment.subscribe(lambda t, name, _: log.append((t, name)) if name == CHANGED else None)
    return cam, log


def test_the_sensor_shows_the_temperature_within_the_sheets_accuracy_by_serial_number():
    errors = {}
    for seed in range(40):
        cam, _ = opened(seed=seed)
        for true in (-40.0, -20.0, -0.5, 0.0, 30.0, 84.0):
            cam.world.hold_internal_C(true)
            error = cam.DeviceTemperature - true
            assert abs(error) <= (2 if true < 0 else 1)
            errors[seed, true] = error
        again, _ = opened(seed=seed)
        again.world.hold_internal_C(30.0)
        assert again.DeviceTemperature - 30.0 == errors[seed, 30.0]
    warm = [errors[seed, 30.0] for seed in range(40)]
    assert min(warm) < -0.5
    assert max(warm) > 0.5
    assert len(set(warm)) == 40
    cold = [errors[seed, -40.0] for seed in range(40)]
    assert max(map(abs, cold)) > 1.5


def test_the_range_of_the_sensor_ends():
    cam, _ = opened()
    for true, shown in ((-60.0, -40.0), (120.0, 85.0)):
        cam.world.hold_internal_C(true)
        assert cam.DeviceTemperature == shown


def test_it_follows_the_surroundings_with_its_time_constant():
    cam, _ = opened(seed=1)
    cam.advance(3600 * SEC)
    before = cam.DeviceTemperature
    assert cam.twin.camera.temperature_C == pytest.approx(25 + 22, abs=0.1)
    cam.world.temperature_C = 35.0
    assert cam.DeviceTemperature == before, "at first"
    cam.advance(600 * SEC)
    assert cam.DeviceTemperature - before == pytest.approx(10 * (1 - 0.3679), abs=0.1)


def test_events_at_each_transition_of_the_sheet_once():
    cam, log = opened()
    for true, status, events in (
        (75.0, "Normal", 0),
        (75.5, "High", 1),
        (75.9, "High", 1),
        (76.0, "Exceeded", 2),
        (75.0, "Exceeded", 2),
        (70.0, "Normal", 3),
        (76.0, "Exceeded", 5),
    ):
        cam.world.hold_internal_C(true)
        assert (cam.DeviceTemperatureStatus, len(log)) == (status, events), true


def test_a_slow_warming_changes_the_status_at_its_moment_whether_anybody_looks_or_not():
    cam, log = opened()
    cam.world.temperature_C = 80.0
    cam.advance(3600 * SEC)
    (high, _), (exceeded, _) = log
    assert cam.DeviceTemperatureStatus == "Exceeded"
    # 25 + (102 - 25)(1 - exp(-t/600)) reaches 75 and 76 degC
    assert high / SEC == pytest.approx(628.5, abs=1)
    assert exceeded / SEC == pytest.approx(651.1, abs=1)


def test_too_hot_no_image_leaves_and_they_flow_again_when_it_has_cooled():
    cam, _ = opened()
    cam.world.hold_internal_C(75.0)
    cam.AcquisitionStart()
    assert len(cam.grab(3)) == 3
    cam.world.hold_internal_C(76.0)
    cam._arrived.clear()
    cam.advance(SEC)
    assert not cam._arrived
    with pytest.raises(camtwin.NoFrame, match="too hot"):
        cam.grab()
    cam.world.hold_internal_C(60.0)
    assert len(cam.grab(3)) == 3


def test_a_link_that_stalls_besides_keeps_them_back():
    cam, _ = opened()
    cam.world.stall_link()
    cam.world.hold_internal_C(76.0)
    cam.world.hold_internal_C(50.0)
    with pytest.raises(camtwin.NoFrame, match="stalled"):
        cam.grab()
    cam.world.resume_link()
    assert cam.grab()


def test_thresholds_are_set_but_for_the_cut_off():
    cam, log = opened()
    cam.DeviceTemperatureStatusTransitionSelector = "HighToExceeded"
    assert cam.DeviceTemperatureStatusTransition == 76
    with pytest.raises(Refused, match="locked"):
        cam.DeviceTemperatureStatusTransition = 80
    cam.DeviceTemperatureStatusTransitionSelector = "NormalToHigh"
    assert cam.limits("DeviceTemperatureStatusTransition") == (0, 75)
    cam.world.hold_internal_C(60.0)
    cam.DeviceTemperatureStatusTransition = 59
    assert (cam.DeviceTemperatureStatus, len(log)) == ("High", 1)

"""Cameras over a module in process: controls, formats, streams in virtual time."""

from fractions import Fraction

import numpy as np
import pytest

import camtwin
from camtwin import libsv
from camtwin.libsv.camera import BLOCKING_TIMEOUT, FETCH_BLOCKING, FRAME_SIZE, PREVENT_TEARING
from camtwin.problem import Problem

MODEL = "framos-fsm-imx412"


@pytest.fixture
def camera() -> libsv.Camera:
    """Return a camera at its smallest size, so that images are quick."""
    found = libsv.camera_of(camtwin.open_module(MODEL, scene="flat"))
    sizes = found.control("Frame size")
    sizes.value = sizes.limits.max
    return found


def test_the_image_format_is_a_menu_of_the_modes(camera):
    kind, size, interval = (camera.control(name) for name in ("Image format", "Frame size", "Frame interval"))
    assert [one.name for one in kind.menu_entries] == ["RG10", "RG12"]
    assert [one.name for one in size.menu_entries] == ["4056x3040", "3840x2160", "1920x1080", "1280x720"]
    size.value = 2
    assert camera.get_image_info() == libsv.ImageInfo(1920, 1080, "RG10", 3840, 3840 * 1080)
    kind.value = 1  # whose only mode is the full resolution
    assert camera.get_image_info() == libsv.ImageInfo(4056, 3040, "RG12", 8112, 8112 * 3040)
    assert interval.menu_entries[0].index == 0
    assert interval.value == 0


def test_controls_are_found_by_name_and_id_and_refuse_in_one_line(camera):
    gain = camera.control("Gain")
    assert camera.control(gain.id) is gain
    assert gain.limits[:2] == (1000, 356176)
    assert not gain.is_menu
    assert gain.menu_entries == ()
    with pytest.raises(Problem, match="Gain 999 is below the minimum 1000"):
        gain.value = 999
    with pytest.raises(Problem, match="Buffer count 33 is above the maximum 32"):
        camera.control("Buffer count").value = 33
    with pytest.raises(Problem, match=f"{MODEL}: no control 'Gian'.*Gain"):
        camera.control("Gian")
    with pytest.raises(Problem, match="no control 9"):
        camera.control(9)
    pattern = camera.control("Test Pattern")
    assert pattern.is_menu
    assert pattern.menu_entries[2].name == "100% color bars"


def test_images_have_consecutive_numbers_and_the_times_of_their_mode(camera):
    camera.control("Frame Rate").value = 59_900_000
    camera.start_stream()
    images = [camera.get_image() for _ in range(4)]
    assert [image.id for image in images] == [0, 1, 2, 3]
    assert np.diff([image.timestamp_ns for image in images]) == pytest.approx([1e9 / 59.9] * 3, rel=5e-4)
    codes = libsv.process_image(images[0])
    assert codes.shape == (720, 1280)
    assert codes.dtype == np.uint16
    assert codes.max() <= 1023
    camera.stop_stream()


def test_exposure_and_gain_are_seen_in_the_codes(camera):
    def mean() -> float:
        camera.start_stream()
        with camera.get_image() as image:
            level = libsv.process_image(image).mean() - camera.control("Black Level").value
        camera.stop_stream()
        return level

    exposure, gain = camera.control("Exposure"), camera.control("Gain")
    exposure.value, gain.value = 1000, 1000
    once = mean()
    exposure.value = 2000
    assert mean() == pytest.approx(2 * once, rel=0.01)
    gain.value = 2000
    assert mean() == pytest.approx(4 * once, rel=0.02)


def test_an_image_that_is_kept_costs_later_ones(camera):
    camera.control("Buffer count").value = 3
    camera.control(PREVENT_TEARING).value = 0
    camera.start_stream()
    kept = [camera.get_image() for _ in range(3)]
    camera.control(BLOCKING_TIMEOUT).value = 100
    lost = int(0.1 * camera.control("Frame Rate").value / 1e6)
    assert camera.get_image() is None  # no buffer is free
    for image in kept:
        camera.return_image(image)
        camera.return_image(image)  # twice is once
    following = camera.get_image()
    assert following.id in (3 + lost, 4 + lost)
    camera.stop_stream()


def test_an_image_is_handed_out_when_the_next_has_come():
    module = camtwin.open_module(MODEL, scene="flat")
    camera = libsv.camera_of(module)
    camera.control(FRAME_SIZE).value = 3
    interval_ns = 1e15 / camera.control("Frame Rate").value

    def age_ns() -> float:
        camera.start_stream()
        image = camera.get_image()
        camera.stop_stream()
        assert image
        return module.clock.now - image.timestamp_ns

    with_next = age_ns()
    camera.control(PREVENT_TEARING).value = 0
    assert with_next - age_ns() == pytest.approx(interval_ns, rel=1e-3)


def test_without_blocking_there_is_no_image_yet(camera):
    camera.control(FETCH_BLOCKING).value = 0
    camera.start_stream()
    assert camera.get_image() is None
    camera.stop_stream()


def test_a_stream_that_does_not_run_has_no_images(camera):
    with pytest.raises(Problem, match=f"{MODEL}: no stream runs"):
        camera.get_image()
    camera.stop_stream()
    camera.start_stream()
    camera.start_stream()
    with pytest.raises(Problem, match="Buffer count: not while a stream runs"):
        camera.control("Buffer count").value = 4
    with pytest.raises(Problem, match="not while the module streams"):
        camera.control("Frame size").value = 0
    camera.stop_stream()


def test_a_slave_without_a_master_has_no_images(camera):
    camera.control("Operation Mode").value = 1
    camera.start_stream()
    camera.control(BLOCKING_TIMEOUT).value = 500
    try:
        assert camera.get_image() is None
    except Problem as problem:
        assert "no frame will arrive" in str(problem)
    camera.stop_stream()


def test_the_interval_sets_the_rate(camera):
    camera._source.set_interval_s(Fraction(1, 20))
    assert camera._source.interval_s() == pytest.approx(1 / 20, rel=1e-4)  # in whole lines
    assert camera.control("Frame Rate").value == pytest.approx(20_000_000, rel=1e-4)


@pytest.mark.parametrize("node", ["", "/dev/null", "/dev/video", "/dev/video77", "/dev/video0/../null"])
def test_what_is_no_camera_is_told_in_one_line(node):
    with pytest.raises(Problem) as told:
        libsv.get_camera(node)
    assert "\n" not in str(told.value)
    assert node in str(told.value)

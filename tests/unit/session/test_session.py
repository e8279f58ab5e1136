"""The twin in process: what the README shows, that runs repeat bit for bit, and clear errors."""

import time
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
import pytest

import camtwin
from camtwin.session.frame import NoImage
from camtwin.session.session import BUFFERS
from camtwin.units import MS, SEC

MODEL = "baumer-vcxg-124m"
LIGHT = camtwin.scene.Flat(photons_per_s=1.2e6, wavelength_nm=536)
SMALL = ("Width=640", "Height=480", "OffsetX=1728", "OffsetY=1000")


def small(*settings: str, **twin):
    cam = camtwin.open(MODEL, **{"scene": LIGHT, "seed": 7, **twin})
    for text in (*SMALL, *settings):
        cam.set(text)
    return cam


def test_frames_of_a_flat_field_have_the_mean_that_the_data_sheet_gives():
    with small("PixelFormat=Mono12") as cam:
        cam.ExposureTime = 4000.0
        frames = cam.grab(3)
        sensor = cam.twin.sheet.sensor.parameters
    electrons = 1.2e6 * 0.673 * 4e-3  # the sheet's quantum efficiency at 536 nm
    expected = electrons * sensor.gain_DN_per_e + sensor.pedestal_DN
    sigma = (electrons * sensor.prnu**2 * electrons) ** 0.5 * sensor.gain_DN_per_e  # PRNU dominates the mean
    for frame in frames:
        assert frame.picture.shape == (480, 640)
        assert frame.picture.dtype == np.uint16
        assert frame.picture.mean() == pytest.approx(expected, abs=5 * sigma / (480 * 640) ** 0.5 + 0.02)
    assert [f.frame_id for f in frames] == [1, 2, 3]
    assert all(f.settings.ExposureTime_ns == 4 * MS for f in frames)
    assert not np.array_equal(frames[0].picture, frames[1].picture)


def test_same_seed_and_commands_give_the_same_bytes_and_another_seed_does_not():
    runs = [[f.picture.tobytes() for f in small(seed=seed).grab(3)] for seed in (7, 7, 8)]
    assert runs[0] == runs[1]
    assert runs[0][0] != runs[2][0]


def test_a_frame_has_the_same_bytes_on_any_number_of_threads():
    cam = small("PixelFormat=Mono12p")
    exposures = []
    cam.twin.camera.on_exposure.subscribe(exposures.append)
    cam.grab(6)
    alone = [cam.twin.render(e).tobytes() for e in exposures]
    fresh = small("PixelFormat=Mono12p")
    with ThreadPoolExecutor(2) as pool:
        together = [payload.tobytes() for payload in pool.map(fresh.twin.render, exposures)]
    assert alone == together


@pytest.mark.parametrize(
    "roi", [(0, 0, 4096, 16), (1024, 7, 512, 9), (2032, 3, 48, 13), (3000 // 16 * 16, 0, 16, 1)]
)
def test_another_roi_has_the_same_noise_in_the_same_pixels(roi):
    x, y, w, h = roi
    # in the light of a flash: how long rows wait to be read, with more light coming in, depends on the region
    flash = camtwin.scene.Pulses(((0, 5 * MS),))
    chart = {"scene": camtwin.scene.Lit(camtwin.scene.Chart(), flash), "seed": 3}
    with camtwin.open(MODEL, **chart) as cam:
        for text in ("Height=32", "PixelFormat=Mono12"):
            cam.set(text)
        whole = cam.grab()[0].picture
    with camtwin.open(MODEL, **chart) as cam:
        for text in (f"Height={h}", f"OffsetY={y}", f"Width={w}", f"OffsetX={x}", "PixelFormat=Mono12"):
            cam.set(text)
        cut = cam.grab()[0].picture
    assert np.array_equal(cut, whole[y : y + h, x : x + w])


def test_software_trigger_in_virtual_time():
    with small() as cam:
        cam.TriggerMode = "On"
        cam.TriggerSource = "Software"
        cam.AcquisitionStart()
        cam.advance(10 * MS)
        cam.TriggerSoftware()
        (frame,) = cam.grab(1)
        assert frame.timestamp_ns == 10 * MS + 97_696  # 97.7 us later, in ticks of 8 ns
        with pytest.raises(camtwin.NoFrame, match="TriggerMode is On, TriggerSource Software"):
            cam.grab(1)


def test_single_frame_mode_starts_again_for_every_frame():
    with small("AcquisitionMode=SingleFrame") as cam:
        assert [f.frame_id for f in cam.grab(3)] == [1, 2, 3]


def test_frames_that_nobody_asked_for_do_not_turn_up_later():
    with small() as cam:
        first = cam.grab(2)
        cam.Width = 320
        again = cam.grab(1)
        assert again[0].picture.shape == (480, 320)
        assert again[0].frame_id > first[-1].frame_id
        assert again[0].timestamp_ns > first[-1].received_ns


@pytest.mark.parametrize(("speed", "limit_fps"), [("100M", 1.004), (None, 15.205)])
def test_the_modelled_link_limits_unless_there_is_none(speed, limit_fps):
    cam = camtwin.open(MODEL, scene=camtwin.scene.Dark(), link_speed=speed)
    cam.set("GevSCPSPacketSize=9000")
    arrived = []
    cam.twin.camera.transmitter.on_delivery.subscribe(lambda t: arrived.append(t.end_ns))
    cam.AcquisitionStart()
    cam.advance(30_000 * MS)
    fps = (len(arrived) - 1) * 1e9 / (arrived[-1] - arrived[0])
    assert fps == pytest.approx(limit_fps, rel=2e-3)


def test_errors_name_the_thing_the_value_and_the_limit():
    with small() as cam:
        with pytest.raises(camtwin.Refused, match="ExposureTime 12 us is below the minimum 15 us"):
            cam.ExposureTime = 12
        with pytest.raises(AttributeError, match="no feature Wdith; do you mean Width"):
            cam.Wdith = 12
        with pytest.raises(AttributeError, match="no feature GevCCP"):
            _ = cam.GevCCP  # the link's, and there is none
        with pytest.raises(ValueError, match="0 frames is below the minimum 1"):
            cam.grab(0)
        assert cam.limits("ExposureTime") == (15, 60_000_000)
        assert "ExposureTime" in dir(cam)


def test_scenes_go_by_their_words():
    """As on the command line, at the start and later."""
    with small(scene="flat:1e6@536") as cam:
        assert cam.world.scene == camtwin.scene.Flat(photons_per_s=1e6, wavelength_nm=536)
        cam.world.scene = "dark@850"
        assert cam.world.scene == camtwin.scene.Dark(wavelength_nm=850)
        with pytest.raises(ValueError, match=r"^scene 'chrat': neither a scene nor .* mean chart"):
            cam.world.scene = "chrat"
    with pytest.raises(ValueError, match=r"^scene 'chrat'"):
        camtwin.open(MODEL, scene="chrat")


def test_a_shell_completes_the_package():
    assert set(camtwin.__all__) <= set(dir(camtwin))


@pytest.mark.parametrize("speed", ["3X", "", "-1G", "1", "999G", 5])
def test_a_link_speed_that_is_none(speed):
    with pytest.raises(ValueError, match="link speed"):
        camtwin.open(MODEL, link_speed=speed)


def test_temperature_rises_from_ambient():
    with small() as cam:
        thermal = cam.twin.sheet.thermal
        cold = cam.DeviceTemperature
        assert cold == pytest.approx(thermal.ambient_C, abs=1), "but for the sensor's error"
        cam.advance(int(thermal.time_constant_s * 1e9))
        warmed = thermal.rise_K * (1 - 2.718281828**-1)
        assert cam.DeviceTemperature - cold == pytest.approx(warmed)


@pytest.mark.parametrize("pixel_format", ["Mono8", "Mono10", "Mono12", "Mono12p"])
def test_test_patterns_reach_every_format(pixel_format):
    with small(f"PixelFormat={pixel_format}", "TestPattern=GreyHorizontalRamp") as cam:
        image = cam.grab()[0].picture
    bits = {"Mono8": 8, "Mono10": 10}.get(pixel_format, 12)
    assert np.array_equal(image, np.broadcast_to(np.arange(1728, 1728 + 640) % 2**bits, image.shape))


def test_an_hour_without_pictures_takes_seconds_and_no_frame_is_missing():
    with camtwin.open(MODEL, render=False) as cam:
        cam.AcquisitionFrameRateEnable = True
        cam.AcquisitionFrameRate = 9.0
        begun, ids, received = time.perf_counter(), [], []
        for frame in cam.frames(32_400):
            assert frame.image is None
            ids.append(frame.frame_id)
            received.append(frame.received_ns)
        took_s = time.perf_counter() - begun
    assert ids == list(range(1, 32_401))
    assert {b - a for a, b in pairwise(received)} == {round(SEC / 9)}
    assert received[-1] == pytest.approx(3600 * SEC, rel=1e-4)
    assert cam.overwritten == 0
    assert took_s < 10


def test_a_picture_that_was_not_rendered_is_missed_clearly():
    with camtwin.open(MODEL, render=False) as cam:
        (frame,) = cam.grab()
    with pytest.raises(NoImage, match="frame 1 has no image: the session was opened with render=False"):
        _ = frame.picture


def test_frames_that_wait_are_bounded_and_the_oldest_go():
    with camtwin.open(MODEL, render=False) as cam:
        cam.AcquisitionFrameRateEnable = True
        cam.AcquisitionFrameRate = 5.0
        cam.AcquisitionStart()
        cam.advance(100 * SEC)  # frames 1 to 500 have arrived
        assert cam.overwritten == 500 - BUFFERS
        assert [f.frame_id for f in cam.frames(BUFFERS)] == list(range(501 - BUFFERS, 501))
        tracemalloc.start()
        try:
            before, _ = tracemalloc.get_traced_memory()
            cam.advance(600 * SEC)
            after, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert after - before < 512_000  # 3000 frames would take 1.5 MB, BUFFERS of them take less
        cam.AcquisitionStop()


@pytest.mark.parametrize("pixel_format", ["Mono12", "Mono8"])
@pytest.mark.parametrize(("columns", "rows"), [(2, 2), (2, 1), (1, 2)])
def test_a_binned_frame_is_the_average_of_the_frame_without(columns, rows, pixel_format):
    def frame(columns: int, rows: int, pixel_format: str) -> np.ndarray:
        with camtwin.open(MODEL, scene=camtwin.scene.Chart(), seed=5) as cam:
            cam.PixelFormat, cam.BinningHorizontal, cam.BinningVertical = pixel_format, columns, rows
            for name, value in {"Width": 640 // columns, "Height": 200 // rows}.items():
                setattr(cam, name, value)
            cam.OffsetX, cam.OffsetY = 1600 // columns, 1400 // rows
            return cam.grab()[0].picture

    codes = frame(1, 1, "Mono12").astype(int).reshape(200 // rows, rows, 640 // columns, columns)
    average = np.floor(codes.mean(axis=(1, 3)) + 0.5).astype(int)
    assert np.array_equal(
        frame(columns, rows, pixel_format), average >> (4 if pixel_format == "Mono8" else 0)
    )


def test_binning_shrinks_the_region_and_is_locked_while_streaming():
    with camtwin.open(MODEL, render=False) as cam:
        cam.Width, cam.OffsetX = 1024, 3072
        cam.BinningHorizontal = cam.BinningVertical = 2
        assert (cam.WidthMax, cam.HeightMax, cam.limits("Width")) == (2048, 1500, (16, 1024))
        assert (cam.OffsetX, cam.Width, cam.OffsetY, cam.Height) == (1024, 1024, 0, 1500)
        for wrong in (0, 3, 4):
            with pytest.raises(camtwin.Refused, match=f"BinningVertical {wrong} is"):
                cam.BinningVertical = wrong
        cam.AcquisitionStart()
        with pytest.raises(camtwin.Refused, match="BinningHorizontal is locked"):
            cam.BinningHorizontal = 1


def test_an_action_exposes_two_twins_of_one_clock_at_the_same_nanosecond():
    first = camtwin.open(MODEL, seed=1, render=False)
    first.advance(123_456_789)
    second = camtwin.open(MODEL, seed=2, render=False, clock=first.clock)
    assert first.DeviceSerialNumber != second.DeviceSerialNumber
    assert (first.Timestamp, second.Timestamp) == (
        123_456_784,
        0,
    )  # each has been on since then, in ticks of 8 ns
    begun = []
    for cam in (first, second):
        cam.twin.camera.on_moment.subscribe(
            lambda t_ns, name, _, cam=cam: begun.append((cam, t_ns)) if name == "ExposureStart" else None
        )
        cam.ActionDeviceKey, cam.ActionGroupKey, cam.ActionGroupMask = 1, 2, 3
        cam.TriggerMode, cam.TriggerSource = "On", "Action1"
        cam.AcquisitionStart()
    assert [cam.action(1, 2, 1) for cam in (first, second)] == [True, True]
    second.advance(SEC)
    assert first.now == second.now
    assert [cam for cam, _ in begun] == [first, second]
    assert begun[0][1] == begun[1][1]
    assert [len(cam.fetch()) for cam in (first, second)] == [1, 1]

"""A bare sensor by its registers alone: the pixels of its frames, and what each register does to them."""

from __future__ import annotations

from typing import NoReturn

import numpy as np
import pytest

import camtwin
from camtwin.camera.registers.stream import TimedFrame
from camtwin.models import load
from camtwin.twins import build
from camtwin.twins.bare import BareSensor
from camtwin.twins.defects import without_singles
from camtwin.units import MS
from camtwin.wire.csi2.cci import Read, Write
from unit.camera.registers.programs import RESET, SHEET, drive, window

GREY, DARK, CHART = "flat:400000@540", "dark", "chart"


def no_file(path: str) -> NoReturn:
    pytest.fail(f"{path} is no scene")


class Running:
    """A sensor that streams a small window, with its frames."""

    def __init__(self, values: dict[str, int], scene: str = GREY) -> None:
        sheet = load("sony-imx412-aack")
        self.sensor = BareSensor(build(sheet, camtwin.scene.parse(scene, no_file), seed=5))
        self.frames: list[TimedFrame] = []
        self.sensor.stream.on_frame.subscribe(self.frames.append)
        self.sensor.power_up(24_000_000)
        for name, value in values.items():
            if value != RESET[name] and SHEET.registers[name].access == "rw":
                self.write(name, value)
        self.write("mode_select", 1)

    def write(self, name: str, value: int) -> None:
        register = SHEET.registers[name]
        data = register.address.to_bytes(2, "big") + value.to_bytes(register.bytes, "big")
        assert self.sensor.transfer(Write(0x1A, data)).refusal is None

    def frame(self, number: int) -> TimedFrame:
        while len(self.frames) < number:
            self.sensor.clock.advance_to(self.sensor.clock.now + MS)
        return self.frames[number - 1]

    def image(self, number: int = 1, part: int = 0) -> np.ndarray:
        return self.sensor.images(self.frame(number))[part]


def small(width: int = 64, height: int = 32, x: int = 1000, y: int = 800, **changes: int) -> dict[str, int]:
    """Return a small window of the full-resolution mode."""
    place = window((x, y, width, height), (0, 0, width, height), 1, 16)
    size = {"x_output_size": width, "y_output_size": height}
    return drive("Full10") | place | size | {"coarse_integration_time": 800} | changes


def image_of(values: dict[str, int], scene: str = GREY, number: int = 1) -> np.ndarray:
    return Running(values, scene).image(number)


def test_the_id_over_the_bus():
    running = Running(small())
    assert running.sensor.transfer(Write(0x1A, b"\x00\x16"), Read(0x1A, 2)).reads == (b"\x05\x77",)


@pytest.mark.parametrize(("orientation", "flip"), [(1, (1, -1)), (2, (-1, 1)), (3, (-1, -1))])
def test_mirror_and_flip_are_the_same_pixels_the_other_way(orientation, flip):
    plain = image_of(small(), CHART)
    assert plain.std() > 1
    turned = image_of(small(image_orientation=orientation), CHART)
    assert np.array_equal(turned, plain[:: flip[0], :: flip[1]])


def test_sub_sampled_rows_are_rows_of_the_whole():
    whole = image_of(small(), CHART)
    skipped = image_of(small(y_odd_inc=3, y_output_size=16), CHART)
    assert skipped.shape == (16, 64)
    assert np.array_equal(skipped, whole[[row for row in range(32) if row % 4 < 2]])


def test_crops_are_parts_of_the_whole():
    whole = image_of(small(), CHART)
    cropped = small(digital_crop_x_offset=8, digital_crop_y_offset=4, digital_crop_image_width=20)
    part = image_of(
        cropped | {"digital_crop_image_height": 10, "x_output_size": 16, "y_output_size": 10}, CHART
    )
    assert np.array_equal(part, whole[4:14, 8:24])
    assert np.array_equal(image_of(small(32, 16, 1016, 808), CHART), whole[8:24, 16:48])


def test_binning_and_scaling_keep_the_mean_and_calm_the_noise():
    whole = image_of(small(256, 256))
    binned = image_of(
        small(256, 256, binning_mode=1, binning_type=0x22, x_output_size=128, y_output_size=128)
    )
    scaled = image_of(small(256, 256, scaling_mode=2, scale_m=32, x_output_size=128, y_output_size=128))
    assert binned.shape == scaled.shape == (128, 128)
    for image in (binned, scaled):
        for row in (0, 1):
            for column in (0, 1):
                few, many = image[row::2, column::2], whole[row::2, column::2]
                assert few.mean() == pytest.approx(many.mean(), abs=4 * many.std() / 128 + 0.25)
                assert few.std() == pytest.approx(many.std() / 2, rel=0.15)


def test_columns_alone_are_binned():
    image = image_of(small(binning_mode=1, binning_type=0x21, x_output_size=32))
    assert image.shape == (32, 32)


@pytest.mark.parametrize(
    ("name", "value", "times"),
    [
        ("coarse_integration_time", 1600, 2),
        ("analog_gain_code_global", 512, 2),
        ("digital_gain_greenr", 0x0180, 1.5),
        ("cit_lshift", 1, 2),
    ],
)
def test_exposure_and_gains_multiply_the_signal(name, value, times):
    plain = image_of(small(128, 128, coarse_integration_time=800)).astype(float) - 64
    more = image_of(small(128, 128, coarse_integration_time=800) | {name: value}).astype(float) - 64
    green = np.s_[::2, 1::2]
    assert plain[green].mean() > 100
    assert more[green].mean() / plain[green].mean() == pytest.approx(times, rel=0.01)


def test_gains_by_colour():
    plain = image_of(small(128, 128)).astype(float) - 64
    one = image_of(small(128, 128, dpga_use_global_gain=0, digital_gain_greenb=0x0200)).astype(float) - 64
    ratios = [one[r::2, c::2].mean() / plain[r::2, c::2].mean() for r, c in ((0, 1), (1, 0))]
    assert ratios == [pytest.approx(1, rel=0.01), pytest.approx(2, rel=0.01)]


def test_exposure_changes_frames_two_later():
    running = Running(small(128, 128, coarse_integration_time=400))
    running.frame(3)
    running.write("coarse_integration_time", 800)
    green = [running.image(number)[::2, 1::2].mean() - 64 for number in range(2, 8)]
    ratios = [mean / green[0] for mean in green]
    assert ratios == [pytest.approx(times, rel=0.02) for times in (1, 1, 1, 2, 2, 2)]


def test_two_exposures_of_a_picture():
    place = window((1000, 800, 128, 128), (0, 0, 128, 128), 1, 16)
    values = drive("Dol") | place | {"x_output_size": 132, "y_output_size": 128}
    running = Running(
        values | {"dol_long_integration_time": 800, "dol_short_integration_time": 200, "dol_rhs1": 222}
    )
    long, short = (running.image(part=part)[::2, 1::2].mean() - 64 for part in (0, 1))
    assert long / short == pytest.approx(4, rel=0.02)


def test_black_level_and_bits():
    assert image_of(small(128, 128), DARK).mean() == pytest.approx(64, abs=0.5)
    manual = small(128, 128, manual_pedestal_enable=1, manual_pedestal=400)
    assert image_of(manual, DARK).mean() == pytest.approx(100, abs=0.5)
    twelve = {"csi_data_format": 0x0C0C, "adbit_mode": 1, "op_pix_clk_div": 12, "line_length_pck": 6224}
    assert image_of(small(128, 128) | twelve, DARK).mean() == pytest.approx(256, abs=1)
    padded = image_of(small(128, 128) | twelve | {"adbit_mode": 0}, DARK)
    assert set(np.unique(padded % 4)) == {0}
    assert padded.mean() == pytest.approx(256, abs=2)


def test_a_window_that_begins_at_an_odd_pixel_begins_with_another_colour():
    running = Running(small(64, 32, 1001, 800, coarse_integration_time=3000), "flat:300000@450")
    frame = running.frame(1)
    assert frame.configuration.geometry.cfa == "GRBG"
    image = running.image()
    means = {c: image[r::2, k::2].mean() for (r, k), c in {(0, 1): "R", (1, 0): "B"}.items()}
    assert means["B"] > means["R"] + 20


def test_patterns():
    solid = small(test_pattern_mode=1, test_data_red=0x0FFF, test_data_greenr=0x0800, test_data_blue=0x0010)
    image = image_of(solid)
    assert image[:2, :2].tolist() == [[1023, 512], [0, 4]]
    assert np.array_equal(image, np.tile(image[:2, :2], (16, 32)))
    bars = image_of(small(test_pattern_mode=2))
    assert bars[0, ::8].tolist() == [1023, 1023, 0, 0, 1023, 1023, 0, 0]  # red of the eight bars
    assert bars[0, 1::8].tolist() == [1023, 1023, 1023, 1023, 0, 0, 0, 0]  # green
    assert bars[1, 1::8].tolist() == [1023, 0, 1023, 0, 1023, 0, 1023, 0]  # blue
    fade = image_of(small(64, 256, test_pattern_mode=3))
    assert (fade[0, 0], fade[64, 0], fade[128, 0]) == (1023, 767, 1023)
    noise = image_of(small(test_pattern_mode=4)).ravel()
    bits = "".join(f"{value:010b}" for value in noise[:60])
    assert bits.startswith("111111111")
    assert all(int(bits[n + 9]) == int(bits[n]) ^ int(bits[n + 5]) for n in range(500))
    assert bits[511 : 511 + 80] == bits[:80]


def test_the_pixels_are_those_of_the_camera():
    """A frame of the same sensor as features drive it: the same pixels, noise included."""
    with camtwin.open("sony-imx412-aack", scene=camtwin.scene.parse(CHART, no_file), seed=5) as cam:
        for text in ("Width=64", "Height=32", "OffsetX=1000", "OffsetY=800"):
            cam.set(text)
        cam.ExposureTime = 800 * 4512 / 840
        there = cam.grab()[0].picture
    here = image_of(small(), CHART)
    assert here.shape == there.shape
    assert (here.astype(int) - there).std() < 0.2  # 8 ms later the sensor is warmer by some microkelvins


def test_single_defects_are_replaced_and_nothing_else():
    rng = np.random.Generator(np.random.Philox(1))
    clean = rng.normal(300, 8, (40, 60)).round().astype(np.uint16)
    clean[:, ::2] += 200  # another colour
    assert np.array_equal(without_singles(clean, 10, 64, 1), clean)
    flawed = clean.copy()
    flawed[10, 20], flawed[0, 0], flawed[39, 59] = 1023, 1023, 0
    mended = without_singles(flawed, 10, 64, 1)
    assert {(int(r), int(c)) for r, c in np.argwhere(mended != clean)} <= {(10, 20), (0, 0), (39, 59)}
    assert abs(mended.astype(int) - clean).max() < 40
    pair = clean.copy()
    pair[10, 20] = pair[10, 22] = 1500  # two of one colour are an edge
    assert np.array_equal(without_singles(pair, 10, 64, 1), pair)


def reference_without_singles(code_DN, bits, black_DN, gain):
    """Return what without_singles does, in plain numpy."""
    padded = np.pad(code_DN, 2, mode="reflect")
    height, width = code_DN.shape
    near = [(r, c) for r in (0, 2, 4) for c in (0, 2, 4) if (r, c) != (2, 2)]
    around = np.stack([padded[r : r + height, c : c + width] for r, c in near]).astype(np.float32)
    high, low, light = (
        around.max(0) - black_DN,
        around.min(0) - black_DN,
        code_DN.astype(np.float32) - black_DN,
    )
    floor = 8 * 2.0 ** (bits - 10) * gain**0.5
    odd = (light > high + 0.25 * abs(high) + floor) | (light < low - 0.25 * abs(low) - floor)
    return np.where(odd, around.mean(0, dtype=np.float64).round(), code_DN).astype(np.uint16)


@pytest.mark.parametrize(
    ("bits", "gain", "level"), [(10, 1, 70), (10, 4.3, 64), (12, 1, 500), (12, 22.26, 3000)]
)
def test_single_defects_as_in_the_reference(bits, gain, level):
    """Images of several strips, with pixels beyond those around by any number of codes."""
    rng = np.random.Generator(np.random.Philox(2))
    black, top = 64 << bits - 10, (1 << bits) - 1
    codes = rng.normal(level, level / 40 + 3, (150, 90)).round()
    for _ in range(400):
        codes[rng.integers(150), rng.integers(90)] += rng.integers(-level, level + 200)
    image = np.clip(codes, 0, top).astype(np.uint16)
    mended = without_singles(image, bits, black, gain)
    assert np.array_equal(mended, reference_without_singles(image, bits, black, gain))
    assert np.count_nonzero(mended != image) > 20


@pytest.mark.parametrize("code", [0, 978])
def test_noise_is_no_defect(code):
    values = small(512, 512, analog_gain_code_global=code, coarse_integration_time=100)
    plain, corrected = (image_of(values | {"single_defect_correct_en": on}) for on in (0, 1))
    assert np.array_equal(plain, corrected)


@pytest.mark.parametrize("name", ["FullHd", "Dol"])
def test_a_whole_drive_mode(name):
    running = Running(drive(name))
    images = running.sensor.images(running.frame(1))
    one = running.frame(1).configuration
    assert [image.shape for image in images] == [(one.geometry.height, one.geometry.width)] * len(
        one.integrations
    )

"""A sensor module's modes over V4L2, in virtual time: rates from timestamps, and a list that changes."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from errno import EBUSY
from fractions import Fraction
from pathlib import Path
from typing import Final

import pytest

import camtwin
from camtwin.models import read_modes
from camtwin.models.mode_file import ImageMode, modes_text
from camtwin.problem import Problem
from camtwin.wire.v4l2 import ioctls as io
from camtwin.wire.v4l2 import subdevice as s
from camtwin.wire.v4l2 import video as v
from unit.links.v4l2.running import TYPE, Client, RunningModule, buffer, failed, request, streaming

MODEL: Final = "framos-fsm-imx412"
TABLE: Final = Path(__file__).parents[2] / "camera/registers/imx412_family_modes.csv"
WIDTH, HEIGHT = 4056, 3040
FRAMES: Final = 4
with TABLE.open() as file:
    ROWS: Final = list(csv.DictReader(file))


@pytest.fixture(scope="module")
def modules(tmp_path_factory) -> Iterator[dict[int, RunningModule]]:
    """Return modules with nodes by their clock in MHz, which tests give modes in turn."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("module")))
        some = {MHz: RunningModule(camtwin.open_module(MODEL, inck_MHz=MHz)) for MHz in (24, 27)}
        with some[24], some[27]:
            yield some


def mode_of(row: dict[str, str]) -> ImageMode:
    """Return the mode of a row of the table: its pixel clock, line length and lanes, at its frame length."""
    width, pixel_hz, line = int(row["width"]), int(row["pixel_rate_hz"]), int(row["line_length_pck"])
    return ImageMode(
        active_w=width,
        active_h=int(row["height"]),
        mode_type="bayer",
        pixel_phase="rggb",
        csi_pixel_bit_depth=int(row["bits"]),
        num_lanes=2 if row["lanes"] == "2" else 4,
        mclk_khz=1000 * int(row["inck_mhz"]),
        pix_clk_hz=pixel_hz,
        line_length=line,
        max_framerate=1_000_000 * pixel_hz // (line * int(row["frame_length_lines"])),
        binning=2 if width in (1920, 2028, 1332) else 1,
        scale=3 if width == 1280 else 1,
    )


def reload(module: RunningModule, modes: Sequence[ImageMode]) -> None:
    """Give a module the modes of a file, whose first is the one wanted; two or three others fill it up."""
    text = modes_text(modes)
    module.on_its_thread(lambda: module.nodes.reload(read_modes("test", text, "imx412")))


def filled(wanted: ImageMode) -> list[ImageMode]:
    """Return modes for a file with the one wanted: a file has three, and one has all pixels."""
    slow = {"line_length": 4 * wanted.line_length, "max_framerate": 1_600_000, "binning": 1, "scale": 1}
    full = wanted.model_copy(update={**slow, "active_w": WIDTH, "active_h": HEIGHT})
    sizes = [full.model_copy(update={"active_w": side, "active_h": side}) for side in (64, 128)]
    return [wanted, *([] if (wanted.active_w, wanted.active_h) == (WIDTH, HEIGHT) else [full]), *sizes]


def stamps_us(client: Client, count: int) -> list[int]:
    """Stream frames; return their timestamps."""
    maps = streaming(client, 2)
    found: list[int] = []
    for number in range(count):
        told = client.call(io.DQBUF, buffer(0))
        assert told.sequence == number
        found.append(told.timestamp.seconds * 10**6 + told.timestamp.fraction)
        client.call(io.QBUF, buffer(told.index))
    client.ioctl(io.STREAMOFF, TYPE)
    request(client, 0)
    for each in maps:
        each.close()
    return found


@pytest.mark.parametrize(
    "row", [row for row in ROWS if row["dol"] == "0"], ids=lambda row: "-".join(row.values())
)
def test_rates_of_the_table_of_modes(row, modules):
    """Each mode of the drivers but two exposures a frame, which the module's driver does not have."""
    module, wanted = modules[int(row["inck_mhz"])], mode_of(row)
    reload(module, filled(wanted))
    frame = Fraction(
        10**6 * int(row["line_length_pck"]) * int(row["frame_length_lines"]), int(row["pixel_rate_hz"])
    )
    assert float(10**6 / frame) == pytest.approx(float(row["fps_computed"]), abs=0.0006)
    with module.open() as client:
        pixels = v.PixFormat.unpack(client.call(io.G_FMT, v.Format(v.CAPTURE, bytes(200))).pix)
        assert (pixels.width, pixels.height) == (wanted.active_w, wanted.active_h)
        stamps = stamps_us(client, FRAMES)
    for number, stamp in enumerate(stamps):
        assert abs(stamp - stamps[0] - number * frame) <= 1  # whole microseconds


def test_the_table_has_23_modes_and_one_of_two_exposures():
    assert [row["dol"] for row in ROWS].count("0") == 22
    assert len(ROWS) == 23


@pytest.mark.parametrize(("lanes", "fps", "lines"), [(4, "59.9", 3106), (2, "30", 3101)])
def test_the_rates_of_the_sheet(lanes, fps, lines, modules):
    """A frame is a whole number of lines, the last one that is not too slow."""
    module = modules[27]
    name = Path(camtwin.models.__file__).parent / f"modes/framos-fsm-imx412-{lanes}-lanes.dts"
    reload(module, read_modes(name.name, name.read_text(), "imx412"))
    line = Fraction(4512 * 4 // lanes * 10**6, 839_700_000)
    assert 10**6 / (line * lines) >= Fraction(fps) > 10**6 / (line * (lines + 1))
    with module.open() as client:
        stamps = stamps_us(client, FRAMES)
    for number, stamp in enumerate(stamps):
        assert abs(stamp - stamps[0] - number * line * lines) <= 1


# -- a list of modes that changes ----------------------------------------------------------------------
def sizes(client: Client, code: str) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    while True:
        asked = v.FrameSize(len(found), v.fourcc(code), 0, bytes(24))
        result, data = client.ioctl(io.ENUM_FRAMESIZES, asked.pack())
        if result < 0:
            return found
        size = v.Size.unpack(v.FrameSize.unpack(data).size)
        found.append((size.width, size.height))


def test_other_modes_are_other_formats(modules):
    module, wanted = modules[27], mode_of(ROWS[0])
    reload(module, filled(wanted))
    with module.open() as client, module.open("v4l-subdev") as sensor:
        assert sizes(client, "RG10") == [(WIDTH, HEIGHT), (64, 64), (128, 128)]
        tried = s.PadFormat(s.TRY, 0, v.BusFormat(128, 128, s.BUS_CODES["rggb", 10]))
        assert sensor.call(io.SUBDEV_S_FMT, tried).format.width == 128
        reload(module, filled(mode_of(ROWS[1])))
        assert sizes(client, "RG10") == [(3840, 2160), (WIDTH, HEIGHT), (64, 64), (128, 128)]
        pixels = v.PixFormat.unpack(client.call(io.G_FMT, v.Format(v.CAPTURE, bytes(200))).pix)
        assert (pixels.width, pixels.height) == (3840, 2160)
        assert sensor.call(io.SUBDEV_G_FMT, tried).format.width == 3840  # what was tried is of the old list


def test_modes_stay_while_a_program_has_buffers(modules):
    module = modules[27]
    reload(module, filled(mode_of(ROWS[0])))
    with module.open() as client:
        request(client, 2)
        with pytest.raises(Problem, match="not while a program has buffers"):
            reload(module, filled(mode_of(ROWS[1])))
        assert sizes(client, "RG10")[0] == (WIDTH, HEIGHT)
        assert failed(client, io.S_FMT, v.Format(v.CAPTURE, bytes(200)).pack()) == EBUSY
        request(client, 0)
        reload(module, filled(mode_of(ROWS[1])))
        assert sizes(client, "RG10")[0] == (3840, 2160)

"""The commands about CSI-2 streams, as a user meets them."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from camtwin import open as camtwin_open
from camtwin.cli import main
from camtwin.files import load_picture
from camtwin.models import load_registers
from camtwin.pixels import CSI2_FORMATS, unpack
from camtwin.scene import parse
from camtwin.wire.csi2 import dump, embedded, faults
from camtwin.wire.csi2.dump import Burst, Record
from camtwin.wire.csi2.lanes import Lanes
from camtwin.wire.csi2.packets import DataType
from camtwin.wire.csi2.places import Part, Place
from camtwin.wire.csi2.stream import SensorFrame, records


@pytest.fixture
def camtwin(monkeypatch, tmp_path):
    def run(*args: object, code: int = 0) -> str:
        """Run it; return what it prints, on stderr if it fails."""
        monkeypatch.setattr(sys, "argv", ["camtwin", *map(str, args)])
        with (tmp_path / "stdout").open("w+") as stdout, (tmp_path / "stderr").open("w+") as stderr:
            monkeypatch.setattr(sys, "stdout", stdout)
            monkeypatch.setattr(sys, "stderr", stderr)
            with pytest.raises(SystemExit) as end:
                main()
        out, err = ((tmp_path / name).read_text() for name in ("stdout", "stderr"))
        assert (end.value.code or 0) == code, out + err
        return err if code == 2 else out

    return run


def stream() -> list[Record]:
    out: list[Record] = []
    for number in (1, 2):
        codes = np.full((4, 16), number * 100, np.uint16)
        frame = SensorFrame(codes, 10, number * 100_000, Fraction(5000), number, {0x034E: 0, 0x034F: 4})
        out += records([frame], Lanes(2, 1_000_000_000))
    return out


def written(path: Path, records: Iterable[Record]) -> Path:
    with path.open("wb") as file:
        dump.write(file.write, records)
    return path


def test_a_sound_dump(camtwin, tmp_path):
    file = written(tmp_path / "a.csi2", stream())
    assert camtwin("csi2", "check", file) == "frames 2, packets 16: no errors\n"
    document = json.loads(camtwin("csi2", "check", file, "--json"))
    assert document == {"frames": 2, "packets": 16, "errors": 0, "kinds": {}, "findings": []}


def bursts(path: Path) -> list[Burst]:
    with path.open("rb") as file:
        return [record for _, record in dump.read(file.read) if isinstance(record, Burst)]


def rows(bursts: list[Burst], channel: int, bits: int, width: int) -> list[np.ndarray]:
    kind = channel << 6 | {10: DataType.RAW10, 12: DataType.RAW12}[bits]
    lines = [burst.data[4:-2] for burst in bursts if burst.data[0] == kind]
    return [unpack(line, CSI2_FORMATS[bits], width, 1)[0] for line in lines]


def test_a_twins_stream_carries_its_images_and_registers(camtwin, tmp_path):
    """Two binned images, 4.2 ms apart, each with its exposure, gain and size."""
    file = tmp_path / "hd.csi2"
    settings = ("--set=SensorMode=FullHd", "--set=ExposureTime=2000", "--set=Gain=6.0206")
    camtwin("csi2", "dump", "sony-imx412-aack", "-o", file, "-n", 2, *settings)
    assert camtwin("csi2", "check", file) == "frames 2, packets 2232: no errors\n"
    sent = bursts(file)
    with camtwin_open("sony-imx412-aack", scene=parse("chart", load_picture)) as cam:
        cam.SensorMode, cam.ExposureTime, cam.Gain = "FullHd", 2000.0, 6.0206
        images = cam.grab(2)
    assert np.array_equal(rows(sent, 0, 10, 2028), np.concatenate([image.picture for image in images]))
    starts = [burst.time_ns for burst in sent if burst.data[0] == 0]
    line_ns = 2976 / 0.84
    assert starts[1] - starts[0] == pytest.approx(1176 * line_ns, abs=2)
    first_row = next(burst for burst in sent if burst.data[0] == DataType.RAW10)
    assert first_row.time_ns == pytest.approx(images[0].timestamp_ns + 2_000_000 + 204, abs=4)
    registers = embedded.decode([burst.data[4:-2] for burst in sent[1:3]], 10)
    named = load_registers("imx412").registers
    told = {
        name: int.from_bytes(bytes(registers[at] for at in range(one.address, one.end)), "big")
        for name, one in named.items()
        if one.address in registers
    }
    wanted = {
        "csi_data_format": 0x0A0A,
        "coarse_integration_time": 564,  # 564 lines of 2976 clocks and 1536 clocks at 840 MHz: 2 ms
        "fine_integration_time": 1536,
        "analog_gain_code_global": 512,
        "frame_length_lines": 1176,
        "line_length_pck": 2976,
        "x_output_size": 2028,
        "y_output_size": 1112,
        "binning_type": 0x22,
    }
    assert {name: told[name] for name in wanted} == wanted
    assert len(told) == sum(one.access == "rw" for one in named.values())


def test_two_exposures_of_a_twin(camtwin, tmp_path):
    """The short one of an image and the long one of the next overlap, and stay in the order of time."""
    file = tmp_path / "dol.csi2"
    camtwin("csi2", "dump", "sony-imx412-aack", "-o", file, "-n", 2, "--set=SensorMode=Dol")
    assert camtwin("csi2", "check", file) == "frames 4, packets 12176: no errors\n"
    sent = bursts(file)
    with camtwin_open("sony-imx412-aack", scene=parse("chart", load_picture)) as cam:
        cam.SensorMode = "Dol"
        images = cam.grab(4)
    for channel in (0, 1):
        assert np.array_equal(
            rows(sent, channel, 10, 4056), np.concatenate([i.picture for i in images if i.part == channel])
        )
    long, short = (next(b for b in sent if b.data[0] == channel << 6 | DataType.RAW10) for channel in (0, 1))
    line_ns = 4512 / 0.84
    rhs1 = 2 * round(1_000_000 / line_ns / 2) + 22
    assert short.time_ns - long.time_ns == pytest.approx((rhs1 + 1) * line_ns, abs=2)


def test_what_cannot_be_dumped(camtwin, tmp_path):
    file = tmp_path / "a.csi2"
    told = camtwin("csi2", "dump", "ids-imx412", "-o", file, code=2)
    assert told == "camtwin: ids-imx412 sends no CSI-2: it is no bare sensor\n"
    told = camtwin("csi2", "dump", "sony-imx412-aack", "-o", file, "--line-numbers", code=2)
    assert told == (
        "camtwin: a line of 5070 bytes takes 5941 ns on 4 lanes of 2100000000 bit/s; "
        "the line time is 5371 ns\n"
    )
    assert not file.exists()


def test_a_damaged_dump(camtwin, tmp_path):
    damaged = faults.flip_bit(stream(), Place(0, 1, Part.IMAGE, 2), 9, 4)
    damaged = list(faults.lose_line(damaged, 0, 2, 1))
    file = written(tmp_path / "a.csi2", damaged)
    first, second, last = camtwin("csi2", "check", file, code=1).splitlines()
    assert first.startswith("crc: channel 0 frame 1 line 2: byte 24: CRC ")
    assert "one wrong bit if it is byte 9 bit 4 (record at byte " in first
    assert second == "lost-line: channel 0 frame 2 line 1: the line is missing"
    assert last == "frames 2, packets 15: 1 crc, 1 lost-line"
    document = json.loads(camtwin("csi2", "check", file, "--json", code=1))
    assert document["errors"] == 2
    one, two = document["findings"]
    assert (one["kind"], one["frame"], one["part"], one["line"], one["byte"]) == ("crc", 1, "line", 2, 24)
    assert (two["kind"], two["channel"], two["line"], two["offset"]) == ("lost-line", 0, 1, None)


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("flip:1,start,0.3", "ecc-corrected: channel 0 frame 1 frame start: byte 0: bit 3 of the header"),
        ("flip:2,e1,-1.0", "crc: channel 0 frame 2 embedded line 1: byte 24: CRC "),
        ("flip:2,3,10.7", "crc: channel 0 frame 2 line 3: byte 24: CRC "),
        ("count:1,2,19", "word-count: channel 0 frame 1 line 2: byte 1: word count 19, but 20 bytes"),
        ("swap:1,2,10", "lane-swap: channel 0 frame 1 line 2: lanes are swapped: 1 on 0, 0 on 1 "),
        ("lose:2,e0", "lost-line: channel 0 frame 2 embedded line: 1 of 2 lines"),
        ("lose:2,1", "lost-line: channel 0 frame 2 line 1: the line is missing"),
        ("short:1,3", "short-frame: channel 0 frame 1 frame end: 3 of 4 lines"),
        ("end:1", "frame-end: channel 0 frame 1 frame end: no frame end"),
        ("swap:2,10", "lane-swap: channel 0 frame 2 "),
    ],
)
def test_each_fault_is_found(camtwin, tmp_path, fault, told):
    file, damaged = written(tmp_path / "a.csi2", stream()), tmp_path / "b.csi2"
    camtwin("csi2", "damage", file, "-o", damaged, "--fault", fault)
    assert camtwin("csi2", "check", damaged, code=1).startswith(told)


@pytest.mark.parametrize(
    ("fault", "problem"),
    [
        ("flop:1", "flop:1: no fault 'flop'; there are flip:FRAME,LINE,BYTE.BIT, count:FRAME,LINE,WORDS, "),
        ("flip:1,2", "flip:1,2: is not flip:FRAME,LINE,BYTE.BIT"),
        ("flip:1,2,3.8", "flip:1,2,3.8: bit 8 is not in 0..7"),
        ("lose:1,start", "lose:1,start: is not lose:FRAME,LINE"),
        ("swap:x,10", "swap:x,10: is not swap:FRAME,ORDER or swap:FRAME,LINE,ORDER"),
        ("end@x:1", "end@x:1: is not end:FRAME"),
        ("end@1:1", "the stream has no channel 1 frame 1 frame end"),
        ("flip:1,2,900.0", "channel 0 frame 1 line 2 has 26 bytes, none is byte 900"),
        ("count:1,2,65536", "packet field 65536 is not in 0..65535"),
        ("swap:1,3210", "lanes 3, 2, 1, 0 are not the stream's 2"),
    ],
)
def test_faults_that_cannot_be(camtwin, tmp_path, fault, problem):
    file, damaged = written(tmp_path / "a.csi2", stream()), tmp_path / "b.csi2"
    told = camtwin("csi2", "damage", file, "-o", damaged, "--fault", fault, code=2)
    assert told.startswith(f"camtwin: {problem}")
    assert told.count("\n") == 1
    assert not damaged.exists()


def test_rows_that_each_frame_must_have(camtwin, tmp_path):
    file = written(tmp_path / "a.csi2", stream())
    told = camtwin("csi2", "check", file, "--rows", 5, code=1)
    assert told.splitlines()[0] == "short-frame: channel 0 frame 1 frame end: 4 of 5 lines"


def test_a_dump_that_ends_early(camtwin, tmp_path):
    file = written(tmp_path / "a.csi2", stream())
    file.write_bytes(file.read_bytes()[:-3])
    size = file.stat().st_size
    told = camtwin("csi2", "check", file, code=1)
    assert f"dump: byte {size}: the dump ends within the record at byte {size - 13}\n" in told
    assert camtwin("csi2", "show", file, code=2) == (
        f"camtwin: byte {size}: the dump ends within the record at byte {size - 13}\n"
    )


def test_what_is_no_dump(camtwin, tmp_path):
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\nand more")
    told = camtwin("csi2", "show", tmp_path / "a.png", code=2)
    assert told == "camtwin: byte 0: b'\\x89PNG\\r\\n\\x1a\\n' is not b'CSI2DUMP', with which a dump begins\n"
    assert (
        camtwin("csi2", "show", tmp_path / "b", code=2)
        == f"camtwin: {tmp_path}/b: No such file or directory\n"
    )


def test_show_a_stream_from_standard_input(camtwin, tmp_path, monkeypatch):
    data = written(tmp_path / "a.csi2", stream()).read_bytes()
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=SimpleNamespace(raw=io.BytesIO(data))))
    lines = camtwin("csi2", "show", "-", "-n", 5).splitlines()
    assert len(lines) == 5
    assert lines[0] == "         100000  HS    2 lanes"
    assert lines[1] == "         100213  channel 0 frame start 1  00 01 00 1a"

"""The text view of a stream."""

from fractions import Fraction

import numpy as np

from camtwin.wire.csi2.dump import Burst, LaneState, Mark
from camtwin.wire.csi2.lanes import Lanes
from camtwin.wire.csi2.stream import SensorFrame, records
from camtwin.wire.csi2.text import Viewer


def test_a_frame():
    codes = np.array([[0x001, 0x3FE, 0x2AB, 0x154] * 4], np.uint16)
    frame = SensorFrame(codes, 10, 1000, Fraction(2000), 7, {0x0202: 6}, line_numbers=True)
    viewer = Viewer()
    lines = [viewer.line(record) for record in records([frame], Lanes(2, 1_000_000_000))]
    assert lines[0] == "           1000  HS    2 lanes"
    assert lines[1].startswith("           1213  channel 0 frame start 7  00 07 00 ")
    assert lines[2] == "           1293  LP    2 lanes"
    assert lines[4].startswith("           3213  channel 0 frame 7 embedded line 0  20 bytes  12 14 00 ")
    assert " 0a aa 02 a5 55 02 5a 06 ... " in lines[4]
    bursts = [line[17:] for line in lines if "HS" not in line and "LP" not in line]
    assert bursts[3] == "channel 0 line start 1  02 01 00 11"
    assert bursts[4].startswith("channel 0 frame 7 line 0  20 bytes  2b 14 00 ")
    assert bursts[5].startswith("channel 0 line end 1  03 01 00 ")
    assert bursts[6].startswith("channel 0 frame end 7  01 07 00 ")


def test_what_is_wrong_stands_beside_it():
    viewer = Viewer()
    assert viewer.line(Burst(5, 0, 4, bytes.fromhex("0101001a"))) == (
        "              5  channel 0 frame start 1  01 01 00 1a; "
        "ecc-corrected: bit 0 of the header is wrong, the ECC corrects it"
    )
    assert viewer.line(Burst(5, 0, 4, b"abc")) == (
        "              5  packet of 3 bytes  61 62 63; packet: a packet of 3 bytes has no header"
    )
    assert viewer.line(Mark(9, LaneState.ULPS, 2)) == "              9  ULPS  2 lanes"

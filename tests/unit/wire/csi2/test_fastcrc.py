"""The CRC beside fastcrc's CRC-16/MCRF4XX, which is by another hand."""

from __future__ import annotations

import io
from fractions import Fraction

import fastcrc
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from camtwin.wire.csi2 import dump, kernels
from camtwin.wire.csi2.dump import Burst
from camtwin.wire.csi2.lanes import Lanes
from camtwin.wire.csi2.packets import crc
from camtwin.wire.csi2.serial import encoded
from camtwin.wire.csi2.stream import SensorFrame


@settings(deadline=None)  # the first call compiles
@given(st.binary(max_size=700))
def test_crcs_agree(payload):
    expected = fastcrc.crc16.mcrf4xx(payload)
    assert crc(payload) == expected
    assert kernels.crc(np.frombuffer(payload, np.uint8)) == expected


@pytest.mark.parametrize("size", [5070, 6084, 65535])
def test_the_crc_of_a_long_payload(size):
    data = np.random.default_rng(size).integers(0, 256, size, np.uint8)
    assert kernels.crc(data) == fastcrc.crc16.mcrf4xx(data.tobytes())


@pytest.mark.parametrize("bits", [10, 12])
def test_every_packet_of_a_full_frame(bits):
    codes = np.random.default_rng(bits).integers(0, 1 << bits, (3040, 4056), np.uint16)
    frame = SensorFrame(codes, bits, 0, Fraction(10_000), 1, {0x0202: 6, 0x0203: 64})
    stream = dump.file_header() + encoded([frame], Lanes(4, 2_100_000_000)).tobytes()
    packets = [r.data for _, r in dump.read(io.BytesIO(stream).read) if isinstance(r, Burst)]
    assert len(packets) == 3044
    for packet in packets:
        if len(packet) > 4:
            assert packet[-2:] == fastcrc.crc16.mcrf4xx(packet[4:-2]).to_bytes(2, "little")

"""Chunks on the wire, byte by byte as GigE Vision 2.0 has them."""

from dataclasses import replace

from camtwin.wire.chunks import split, tag
from camtwin.wire.gev import gvsp

IMAGE = gvsp.Image(640, 480, 16, 8, 0x01080001, 0x0102030405060708)


def test_a_chunk_is_its_data_then_id_and_length():
    payload = b"pixels" + bytes.fromhex("00000001 00000006") + b"abcd" + bytes.fromhex("0000000C 00000004")
    assert tag(1, 6) == bytes.fromhex("00000001 00000006")
    assert list(split(payload)) == [(12, b"abcd"), (1, b"pixels")]
    assert tag(1, 6, "little") == bytes.fromhex("01000000 06000000")


def test_an_image_with_chunks_says_4001_and_how_long_its_payload_is():
    image = replace(IMAGE, payload_type=0x4001, chunk_layout_id=0xCAFE0001)
    assert gvsp.image_leader(image)[:4] == bytes.fromhex("0000 4001")
    assert gvsp.image_leader(image)[4:] == gvsp.image_leader(IMAGE)[4:], "otherwise as without"
    assert gvsp.image_trailer(image, 0x12345) == bytes.fromhex("0000 4001 000001E0 00012345 CAFE0001")


def test_chunks_without_an_image_have_payload_type_4_and_no_geometry():
    image = replace(IMAGE, payload_type=4, chunk_layout_id=7)
    assert gvsp.image_leader(image) == bytes.fromhex("0000 0004 01020304 05060708")
    assert gvsp.image_trailer(image, 32) == bytes.fromhex("0000 0004 00000020 00000007")


def test_an_image_alone_has_the_short_trailer():
    assert gvsp.image_trailer(IMAGE, 307200) == bytes.fromhex("0000 0001 000001E0")

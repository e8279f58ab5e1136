"""Pixel formats against bytes typed by hand from PFNC.

Sources: EMVA, GenICam Pixel Format Naming Convention, version 2.1 (names; "lsb packed": pixels follow
each other from the lowest bit of the first byte upwards, without padding), and EMVA's list of values
(GenICamPixelFormatValues: bits 16..23 of a code are the bits a pixel occupies). IDS's own formats: the manual
of the maker's cameras, "Pixel formats": the highest 8 bits of 4 (or 2) pixels, then a byte of what is left,
the first pixel's lowest.
"""

import numpy as np
import pytest

from camtwin.pixels import FORMATS, pack, payload_bytes, unpack

# name, code, significant bits, bits in memory: GenICamPixelFormatValues, "Mono formats" and "Bayer formats".
VALUES = [
    ("Mono8", 0x01080001, 8, 8),
    ("Mono10", 0x01100003, 10, 16),
    ("Mono10p", 0x010A0046, 10, 10),
    ("Mono12", 0x01100005, 12, 16),
    ("Mono12p", 0x010C0047, 12, 12),
    ("BayerGR8", 0x01080008, 8, 8),
    ("BayerRG8", 0x01080009, 8, 8),
    ("BayerGB8", 0x0108000A, 8, 8),
    ("BayerBG8", 0x0108000B, 8, 8),
    ("BayerGR10", 0x0110000C, 10, 16),
    ("BayerRG10", 0x0110000D, 10, 16),
    ("BayerGB10", 0x0110000E, 10, 16),
    ("BayerBG10", 0x0110000F, 10, 16),
    ("BayerGR12", 0x01100010, 12, 16),
    ("BayerRG12", 0x01100011, 12, 16),
    ("BayerGB12", 0x01100012, 12, 16),
    ("BayerBG12", 0x01100013, 12, 16),
    ("BayerBG10p", 0x010A0052, 10, 10),
    ("BayerGB10p", 0x010A0054, 10, 10),
    ("BayerGR10p", 0x010A0056, 10, 10),
    ("BayerRG10p", 0x010A0058, 10, 10),
    ("BayerBG12p", 0x010C0053, 12, 12),
    ("BayerGB12p", 0x010C0055, 12, 12),
    ("BayerGR12p", 0x010C0057, 12, 12),
    ("BayerRG12p", 0x010C0059, 12, 12),
    # The maker's own codes, bit 30 set: bits 16..23 are 0.
    ("BayerGR10g40IDS", 0x40000003, 10, 10),
    ("BayerGR12g24IDS", 0x40000013, 12, 12),
]

# name, image, payload. Bits are worked out beside each packed one.
IMAGES = [
    ("Mono8", [[0x00, 0x7F], [0x80, 0xFF]], "00 7F 80 FF"),
    # 16 bit words, value in the low bits ("right aligned"), low byte first.
    ("Mono10", [[0x001, 0x3AB]], "01 00 AB 03"),
    ("Mono12", [[0x001, 0xABC]], "01 00 BC 0A"),
    # The colours of a mosaic change nothing: BayerRG10 is as Mono10.
    ("BayerRG10", [[0x001, 0x3AB]], "01 00 AB 03"),
    ("BayerGB12", [[0x001, 0xABC]], "01 00 BC 0A"),
    ("BayerBG8", [[0x00, 0x7F], [0x80, 0xFF]], "00 7F 80 FF"),
    ("BayerGB10p", [[0x123, 0x2AB, 0x0CD, 0x3EF]], "23 AD DA CC FB"),
    ("BayerRG12p", [[0xABC, 0x123]], "BC 3A 12"),
    # 01'00100011, 10'10101011, 00'11001101, 11'11101111: byte 1 is 101011 of the second pixel above 01 of the
    # first, byte 2 is 1101 above 1010, byte 3 is 11 above 001100, byte 4 is 11111011.
    ("Mono10p", [[0x123, 0x2AB, 0x0CD, 0x3EF]], "23 AD DA CC FB"),
    # The second row goes on within the byte that the first row ends in; zeros fill the last byte.
    ("Mono10p", [[0x123], [0x2AB]], "23 AD 0A"),
    ("Mono10p", [[0x3FF]], "FF 03"),
    # Byte 1 is the second pixel's low digit above the first one's high digit.
    ("Mono12p", [[0xABC, 0x123]], "BC 3A 12"),
    ("Mono12p", [[0xABC, 0x123, 0xDEF, 0x456]], "BC 3A 12 EF 6D 45"),
    ("Mono12p", [[0xABC], [0x123], [0xDEF]], "BC 3A 12 EF 0D"),
    # 01001000'11, 10101010'11, 00110011'01, 11111011'11: the last byte is 11, 01, 11, 11 from its top.
    ("BayerGR10g40IDS", [[0x123, 0x2AB, 0x0CD, 0x3EF]], "48 AA 33 FB DF"),
    # The low bits alone: 01 of the first, 10 of the second, 11 of the third, 00 of the fourth.
    ("BayerGR10g40IDS", [[0x001, 0x002], [0x003, 0x3FC]], "00 00 00 FF 39"),
    ("BayerGR12g24IDS", [[0xABC, 0x123]], "AB 12 3C"),
    ("BayerGR12g24IDS", [[0xABC, 0x123], [0xDEF, 0x456]], "AB 12 3C DE 45 6F"),
    # Where pixels end a group is whole.
    ("BayerGR12g24IDS", [[0xABC]], "AB 00 0C"),
]


@pytest.mark.parametrize(("name", "code", "bits", "bits_per_pixel"), VALUES)
def test_codes_and_bits(name, code, bits, bits_per_pixel):
    fmt = FORMATS[name]
    assert (fmt.name, fmt.code, fmt.bits, fmt.bits_per_pixel) == (name, code, bits, bits_per_pixel)
    assert fmt.packed == (bits == bits_per_pixel != 8)


def test_there_are_no_other_formats():
    assert list(FORMATS) == [name for name, *_ in VALUES]


@pytest.mark.parametrize(("name", "image", "payload"), IMAGES)
def test_image_to_bytes(name, image, payload):
    dn = np.array(image, np.uint16)
    assert pack(dn, FORMATS[name]).tobytes() == bytes.fromhex(payload)


@pytest.mark.parametrize(("name", "image", "payload"), IMAGES)
def test_bytes_to_image(name, image, payload):
    height, width = np.shape(image)
    dn = unpack(bytes.fromhex(payload), FORMATS[name], width, height)
    assert dn.dtype == np.uint16
    assert dn.tolist() == image


@pytest.mark.parametrize(("name", "image", "payload"), IMAGES)
def test_payload_bytes(name, image, payload):
    height, width = np.shape(image)
    assert payload_bytes(FORMATS[name], width, height) == len(bytes.fromhex(payload))


def test_payload_of_the_largest_image():
    # 4096 x 3000 pixels: 12 288 000 at 8 bits, 24 576 000 at 16, 15 360 000 at 10, 18 432 000 at 12.
    sizes = {name: payload_bytes(fmt, 4096, 3000) for name, fmt in FORMATS.items() if not fmt.mosaic}
    assert sizes == {
        "Mono8": 12_288_000,
        "Mono10": 24_576_000,
        "Mono10p": 15_360_000,
        "Mono12": 24_576_000,
        "Mono12p": 18_432_000,
    }

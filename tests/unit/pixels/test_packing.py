"""Packing against an independent way to the same bytes (numpy's bits), and what it refuses."""

from math import gcd

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from camtwin.pixels import FORMATS, PixelFormat, pack, unpack

OTHERS = (
    PixelFormat("Mono4p", 0x01040039, 4),
    PixelFormat("Mono14", 0x01100025, 14),
    PixelFormat("Mono14p", 0x010E0104, 14),
    PixelFormat("Mono16", 0x01100007, 16),
    PixelFormat("RAW14", 0x40000000, 14, grouped=True),  # as CSI-2 lays it out
)
"""Formats of depths that no twin has yet: the number of bits is data."""
ALL = (*FORMATS.values(), *OTHERS)
formats = st.sampled_from(ALL)


def image(fmt, width, height, seed=1):
    return np.random.default_rng(seed).integers(0, 1 << fmt.bits, (height, width), np.uint16)


def through_bits(dn, fmt):
    """Return the payload by way of an array with one element per bit."""
    bits = np.unpackbits(dn.astype("<u2").view(np.uint8).reshape(-1, 2), axis=1, bitorder="little")
    if fmt.grouped:
        pixels, low = 8 // gcd(8, fmt.bits), fmt.bits - 8
        groups = np.concatenate((bits, np.zeros((-len(bits) % pixels, 16), np.uint8))).reshape(-1, pixels, 16)
        high, rest = groups[:, :, low : fmt.bits], groups[:, :, :low].reshape(len(groups), -1, 8)
        return np.packbits(np.concatenate((high, rest), axis=1).reshape(-1), bitorder="little")
    return np.packbits(bits[:, : fmt.bits_per_pixel].reshape(-1), bitorder="little")


@given(fmt=formats, width=st.integers(1, 23), height=st.integers(1, 5), seed=st.integers(0, 99))
def test_any_size_packs_as_bits_say_and_comes_back(fmt, width, height, seed):
    dn = image(fmt, width, height, seed)
    payload = pack(dn, fmt)
    assert payload.dtype == np.uint8
    assert payload.tolist() == through_bits(dn, fmt).tolist()
    assert unpack(payload, fmt, width, height).tolist() == dn.tolist()


@pytest.mark.parametrize("fmt", ALL, ids=lambda fmt: fmt.name)
def test_an_image_of_many_blocks(fmt):
    dn = image(fmt, 701, 501)
    payload = pack(dn, fmt)
    assert np.array_equal(payload, through_bits(dn, fmt))
    assert np.array_equal(unpack(payload, fmt, 701, 501), dn)


@pytest.mark.parametrize("fmt", ALL, ids=lambda fmt: fmt.name)
def test_a_region_that_is_not_contiguous(fmt):
    dn = image(fmt, 40, 30)[3:17, 5:32]
    assert np.array_equal(pack(dn, fmt), through_bits(np.ascontiguousarray(dn), fmt))


def test_16_bit_words_are_not_copied():
    dn = image(FORMATS["Mono12"], 8, 8)
    assert np.shares_memory(pack(dn, FORMATS["Mono12"]), dn)
    assert not np.shares_memory(pack(dn, FORMATS["Mono12p"]), dn)


@pytest.mark.parametrize("fmt", [fmt for fmt in ALL if fmt.bits < 16], ids=lambda fmt: fmt.name)
def test_a_value_that_does_not_fit_is_refused(fmt):
    dn = np.zeros((3, 4), np.uint16)
    dn[2, 1] = 1 << fmt.bits
    with pytest.raises(ValueError, match=f"^DN {1 << fmt.bits} is above the {fmt.name} maximum"):
        pack(dn, fmt)


def test_another_type_is_refused():
    with pytest.raises(ValueError, match=r"^pack takes a 2-D uint16 array, not 2-D int64$"):
        pack(np.zeros((2, 2), np.int64), FORMATS["Mono8"])  # type: ignore[arg-type]


def test_a_payload_of_another_length_is_refused():
    with pytest.raises(ValueError, match=r"^Mono12p payload of 4 bytes is not the 5 of 3 x 1$"):
        unpack(bytes(4), FORMATS["Mono12p"], 3, 1)


@pytest.mark.parametrize(("name", "word"), [("Mono10", 0x0400), ("Mono12", 0x1000), ("Mono12", 0x8001)])
def test_bits_above_the_value_are_refused(name, word):
    with pytest.raises(ValueError, match=f"^{name} word {word:#06x} has bits set above its"):
        unpack(word.to_bytes(2, "little"), FORMATS[name], 1, 1)

"""Images as codes: Python's process_image and C's sv_ProcessImage, of all layouts, beside pixels.pack."""

import ctypes as ct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from camtwin.libsv.images import Image, ImageInfo, process_image
from camtwin.links import native
from camtwin.pixels import CSI2_FORMATS, pack
from camtwin.problem import Problem

U32 = ct.c_uint32
FORMATS = {
    **dict.fromkeys(("RGGB", "GRBG", "GBRG", "BA81", "GREY"), (8, 1)),
    **dict.fromkeys(("RG10", "BA10", "GB10", "BG10", "Y10 "), (10, 1)),
    **dict.fromkeys(("RG12", "BA12", "GB12", "BG12", "Y12 "), (12, 1)),
    **dict.fromkeys(("pRAA", "pgAA", "pGAA", "pBAA"), (10, 4)),
    **dict.fromkeys(("pRCC", "pgCC", "pGCC", "pBCC"), (12, 2)),
}
"""Bits of a code, and pixels in a group, of each of V4L2's formats for mosaics and grey."""


class NativeImage(ct.Structure):
    _fields_ = [
        ("data", ct.c_void_p),
        *((name, U32) for name in ("id", "bufferid", "length", "width", "height", "pixelFormat", "stride")),
        ("s", ct.c_uint64),
        ("us", ct.c_uint64),
        ("embeddedData", ct.c_void_p),
        ("embeddedDataWidth", U32),
        ("embeddedDataHeight", U32),
    ]


class ProcessedImage(ct.Structure):
    _fields_ = [
        ("data", ct.c_void_p),
        *((name, U32) for name in ("length", "width", "height", "pixelFormat", "stride")),
        ("s", ct.c_uint64),
        ("us", ct.c_uint64),
        ("embeddedData", ct.c_void_p),
        ("embeddedDataWidth", U32),
        ("embeddedDataHeight", U32),
    ]


class NativeInfo(ct.Structure):
    _fields_ = [(name, U32) for name in ("length", "width", "height", "pixelFormat", "stride")]


@pytest.fixture(scope="module")
def library() -> ct.CDLL:
    loaded = ct.CDLL(str(native.build(native.SV) / native.SV.file), use_errno=True)
    loaded.sv_AllocateProcessedImage.argtypes = [NativeInfo]
    loaded.sv_AllocateProcessedImage.restype = ProcessedImage
    loaded.sv_ProcessImage.argtypes = [ct.POINTER(NativeImage), ct.POINTER(ProcessedImage), ct.c_int]
    loaded.sv_ProcessImage.restype = ct.c_bool
    loaded.sv_GetCamera.argtypes = [ct.c_char_p]
    loaded.sv_GetCamera.restype = ct.c_void_p
    return loaded


def laid_out(codes: np.ndarray, name: str, bits: int, padding: int) -> tuple[np.ndarray, int]:
    """Return the bytes of codes in a format, with `padding` bytes behind each row, and the stride."""
    if name.startswith("p"):
        rows = np.stack([pack(row[None], CSI2_FORMATS[bits]) for row in codes])
    elif bits == 8:
        rows = codes.astype(np.uint8)
    else:
        rows = codes.astype("<u2").view(np.uint8)
    rows = np.pad(rows, ((0, 0), (0, padding)), constant_values=0xEE)
    return rows.reshape(-1), rows.shape[1]


def native_codes(library: ct.CDLL, info: ImageInfo, data: np.ndarray) -> np.ndarray | None:
    """Return what C makes of an image; None if it refuses."""
    number = int.from_bytes(info.pixel_format.encode(), "little")
    out = library.sv_AllocateProcessedImage(NativeInfo(0, info.width, info.height, number, 0))
    image = NativeImage(
        data.ctypes.data, 0, 0, data.size, info.width, info.height, number, info.stride, 5, 6, None, 0, 0
    )
    good = library.sv_ProcessImage(image, out, 0)
    size = info.width * info.height
    place = ct.cast(out.data, ct.POINTER(ct.c_uint16))
    codes = np.ctypeslib.as_array(place, (size,)).copy() if good else None
    library.sv_DeallocateProcessedImage(ct.byref(out))
    assert out.data is None
    return None if codes is None else codes.reshape(info.height, info.width)


@given(
    name=st.sampled_from(sorted(FORMATS)),
    groups=st.integers(1, 9),
    height=st.integers(1, 5),
    padding=st.sampled_from([0, 1, 2, 7, 64]),
    missing=st.integers(0, 3),
    seed=st.integers(0, 99),
)
def test_codes_of_any_layout(library, name, groups, height, padding, missing, seed):
    bits, pixels = FORMATS[name]
    codes = np.random.default_rng(seed).integers(0, 1 << bits, (height, groups * pixels), np.uint16)
    data, stride = laid_out(codes, name, bits, padding)
    whole = data.size - padding  # the last row needs no padding
    data = np.ascontiguousarray(data[: max(0, whole - missing)])
    info = ImageInfo(codes.shape[1], height, name, stride, data.size)
    image = Image(0, 0, 0, info, data, lambda _: None)
    if missing:
        assert native_codes(library, info, data) is None
        told = f"{data.size} bytes are less than {info.width}x{height} {name} need"
        with pytest.raises(Problem, match=told):
            process_image(image)
    else:
        assert (native_codes(library, info, data) == codes).all()
        assert np.array_equal(process_image(image), codes)


@pytest.mark.parametrize("name", ["YUYV", "MJPG", "NV12", "Y10", "RG16", "\0\0\0\0"])
def test_formats_without_a_mosaic_are_refused(library, name):
    info = ImageInfo(4, 2, name, 64, 128)
    data = np.zeros(128, np.uint8)
    assert native_codes(library, info, data) is None
    with pytest.raises(Problem, match="is none of a mosaic"):
        process_image(Image(0, 0, 0, info, data, lambda _: None))


def test_c_says_no_to_what_is_no_camera(library):
    numbers = (b"", b"-1", b"9999", b"1x")
    for node in (None, b"", b"/etc/passwd", *(b"/dev/video" + number for number in numbers)):
        assert library.sv_GetCamera(node) is None, node

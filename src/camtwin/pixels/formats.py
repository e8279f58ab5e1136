"""Pixel formats by their PFNC names and codes: one home for every link and for the host.

A PFNC code is 32 bits: bit 24 says single component (0x01), bits 16..23 the bits a pixel occupies in memory,
the low 16 bits a running number. Names without a suffix store 10 and 12 bit pixels right aligned in 16 bit
words; the suffix `p` packs them without gaps ("lsb packed"). Codes with bit 30 set are a maker's own, and say
nothing about bits.

Source: EMVA, GenICam Pixel Format Naming Convention 2.1 and its list of values (GenICamPixelFormatValues).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import gcd
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class PixelFormat:
    """One PFNC pixel format.

    name            as PFNC and the PixelFormat feature spell it
    code            PFNC's 32 bit value; 0 without one
    bits            significant bits
    grouped         packed in groups: the high bytes of a group's pixels, then one byte of their low bits
    bits_per_pixel  bits a pixel occupies in the payload, padding included
    mosaic          colours of the first two rows of two pixels, "RGGB"; empty without a colour filter array

    >>> FORMATS["BayerGB10"].mosaic, FORMATS["Mono8"].mosaic, FORMATS["Mono12p"].bits_per_pixel
    ('GBRG', '', 12)
    """

    name: str
    code: int
    bits: int
    grouped: bool = False
    bits_per_pixel: int = field(init=False, repr=False, compare=False)
    mosaic: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "bits_per_pixel", self.bits if self.grouped else self.code >> 16 & 0xFF)
        first = self.name[5:7] if self.name.startswith("Bayer") else ""
        second = {"": "", "RG": "GB", "GR": "BG", "GB": "RG", "BG": "GR"}[first]
        object.__setattr__(self, "mosaic", first + second)

    @property
    def packed(self) -> bool:
        """Whether pixels follow one another without gaps, across bytes: PFNC's suffix p, or groups."""
        return self.grouped or self.name.endswith("p")

    @property
    def group(self) -> tuple[int, int]:
        """Number of pixels that together end on a byte, and their bytes.

        >>> FORMATS["Mono10p"].group, FORMATS["BayerGR12g24IDS"].group, FORMATS["Mono10"].group
        ((4, 5), (2, 3), (1, 2))
        """
        pixels = 8 // gcd(8, self.bits_per_pixel)
        return pixels, pixels * self.bits_per_pixel // 8

    @property
    def highest_DN(self) -> int:
        """Largest value a pixel can have."""
        return (1 << self.bits) - 1


FORMATS: Mapping[str, PixelFormat] = MappingProxyType(
    {
        pixel_format.name: pixel_format
        for pixel_format in (
            PixelFormat("Mono8", 0x01080001, 8),
            PixelFormat("Mono10", 0x01100003, 10),
            PixelFormat("Mono10p", 0x010A0046, 10),
            PixelFormat("Mono12", 0x01100005, 12),
            PixelFormat("Mono12p", 0x010C0047, 12),
            PixelFormat("BayerGR8", 0x01080008, 8),
            PixelFormat("BayerRG8", 0x01080009, 8),
            PixelFormat("BayerGB8", 0x0108000A, 8),
            PixelFormat("BayerBG8", 0x0108000B, 8),
            PixelFormat("BayerGR10", 0x0110000C, 10),
            PixelFormat("BayerRG10", 0x0110000D, 10),
            PixelFormat("BayerGB10", 0x0110000E, 10),
            PixelFormat("BayerBG10", 0x0110000F, 10),
            PixelFormat("BayerGR12", 0x01100010, 12),
            PixelFormat("BayerRG12", 0x01100011, 12),
            PixelFormat("BayerGB12", 0x01100012, 12),
            PixelFormat("BayerBG12", 0x01100013, 12),
            PixelFormat("BayerBG10p", 0x010A0052, 10),
            PixelFormat("BayerGB10p", 0x010A0054, 10),
            PixelFormat("BayerGR10p", 0x010A0056, 10),
            PixelFormat("BayerRG10p", 0x010A0058, 10),
            PixelFormat("BayerBG12p", 0x010C0053, 12),
            PixelFormat("BayerGB12p", 0x010C0055, 12),
            PixelFormat("BayerGR12p", 0x010C0057, 12),
            PixelFormat("BayerRG12p", 0x010C0059, 12),
            PixelFormat("BayerGR10g40IDS", 0x40000003, 10, grouped=True),
            PixelFormat("BayerGR12g24IDS", 0x40000013, 12, grouped=True),
        )
    }
)

CSI2_FORMATS: Mapping[int, PixelFormat] = MappingProxyType(
    {bits: PixelFormat(f"RAW{bits}", 0, bits, grouped=True) for bits in (10, 12)}
)
"""Pixels as MIPI CSI-2 packs them, by their bits. They have no PFNC code.

Source: MIPI CSI-2 1.3, chapter 11: RAW10, RAW12.
"""


def mirrored(fmt: PixelFormat, columns: bool, rows: bool) -> PixelFormat:
    """Return the format of an image of even size whose columns or rows are reversed.

    Grouped formats exist for one mosaic alone: a camera that sends them moves its window by a pixel instead.

    >>> mirrored(FORMATS["BayerRG12"], True, False).name, mirrored(FORMATS["BayerRG12"], True, True).name
    ('BayerGR12', 'BayerBG12')
    """
    if not fmt.mosaic or fmt.grouped:
        return fmt
    row = fmt.mosaic[2:] if rows else fmt.mosaic[:2]
    return FORMATS["Bayer" + (row[::-1] if columns else row) + fmt.name[7:]]


def payload_bytes(fmt: PixelFormat, width: int, height: int) -> int:
    """Return the bytes of width x height pixels.

    Packed rows follow one another without padding; the end is padded to a whole byte or group.
    """
    if fmt.grouped:
        pixels, size = fmt.group
        return -(-width * height // pixels) * size
    return (fmt.bits_per_pixel * width * height + 7) // 8

"""The way of an image from the array to the link: which pixels are read, and what of them is sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from camtwin.camera.registers.remarks import Remarks
from camtwin.models import RegisterSheet

Values = Mapping[str, int]
Axis = Literal["x", "y"]
WIDTHS = {"x": "width", "y": "height"}
UNSCALED = 16
"""Value of scale_m that leaves the size as it is."""


@dataclass(frozen=True, slots=True)
class Extent:
    """One direction of an image, in the order of its stages; the first column or row is 0.

    start, end    first and last pixel of the window, of the array
    even, odd     steps from an even and an odd pixel of those read to the next one
    binned        pixels of one colour that become one
    read          pixels after binning
    reverse       whether they are read backwards
    crop, cropped first pixel that goes on to the scaler, and their number
    scale         16 / scale is the size after the scaler
    sent          pixels that are sent
    """

    start: int
    end: int
    even: int
    odd: int
    binned: int
    read: int
    reverse: bool
    crop: int
    cropped: int
    scale: int
    sent: int

    def place(self, sent: int) -> int:
        """Return the pixel of the array that the pixel `sent` of the image begins with.

        With a scaler, only the colours of the first two are meant: they stay those of the first two that go
        in. Binned pixels of one colour are 2 apart.
        """
        at = self.crop + sent
        at = self.read - 1 - at if self.reverse else at
        kept = at // 2 * 2 * self.binned + at % 2
        return self.start + kept // 2 * (self.even + self.odd) + kept % 2 * self.even


@dataclass(frozen=True, slots=True)
class Geometry:
    """Both directions of an image, and the colours of its first two pixels in its first two rows."""

    x: Extent
    y: Extent
    cfa: str

    @property
    def width(self) -> int:
        """Pixels of a line that is sent."""
        return self.x.sent

    @property
    def height(self) -> int:
        """Lines of an image that is sent."""
        return self.y.sent

    @property
    def columns(self) -> int:
        """Pixels of a line of the readout."""
        return self.x.read

    @property
    def rows(self) -> int:
        """Lines of the readout that have pixels: the frame time is counted in these."""
        return self.y.read


def geometry_of(sheet: RegisterSheet, values: Values, header: int, remarks: Remarks) -> Geometry:
    """Return the image that these registers ask for; `header` columns in front of a line are not its."""
    sensor = sheet.sensor.parameters
    x = _line(values, "x", sensor.width, header, remarks)
    y = _line(values, "y", sensor.height, 0, remarks)
    if x.odd != x.even and x.even + x.odd > 2:
        remarks.doubtful(
            "x_odd_inc", f"skips columns, {x.even + x.odd} pixels a pair: drivers skip rows only"
        )
    places = [(y.place(row), x.place(column)) for row in (0, 1) for column in (0, 1)]
    cfa = "".join(sensor.cfa[row % 2 * 2 + column % 2] for row, column in places)
    return Geometry(x, y, cfa)


def _line(values: Values, axis: Axis, size: int, header: int, remarks: Remarks) -> Extent:
    name, width = f"{axis}_addr", WIDTHS[axis]
    end = remarks.at_most(f"{name}_end", values[f"{name}_end"], size - 1)
    start = values[f"{name}_start"]
    if start > end:
        remarks.stops(f"{name}_start", f"{start} is behind the end of the window, {end}")
        start = end
    even, odd = (
        remarks.at_least(f"{axis}_{which}_inc", values[f"{axis}_{which}_inc"], 1) for which in ("even", "odd")
    )
    if even % 2 == 0 or odd % 2 == 0:
        remarks.doubtful(f"{axis}_odd_inc", f"steps of {even} and {odd} lose the colours of the mosaic")
    pairs, rest = divmod(end - start + 1, even + odd)
    kept = 2 * pairs + (rest > 0) + (rest > even)
    binned = _binned(values, axis, remarks)
    read = kept // (2 * binned) * 2 if binned > 1 else kept
    crop, cropped = values[f"digital_crop_{axis}_offset"], values[f"digital_crop_image_{width}"]
    if crop >= read or not cropped:
        remarks.stops(f"digital_crop_{axis}_offset", f"nothing is left of {read} pixels from {crop} on")
        crop, cropped = 0, read
    cropped = min(cropped, read - crop)  # drivers set the size before binning, so more is no mistake
    scale = _scale(values, axis, remarks)
    scaled = cropped if scale == UNSCALED else cropped * UNSCALED // scale // 2 * 2
    asked = values[f"{axis}_output_size"] - header
    if asked <= 0 or not scaled:
        remarks.stops(f"{axis}_output_size", f"{max(asked, 0)} pixels of {scaled} are none")
    elif asked > scaled:
        remarks.alters(
            f"{axis}_output_size",
            f"{asked} is more than the {scaled} there are",
            f"{scaled} are sent (assumed)",
        )
    sent = max(min(asked, scaled), 0)
    reverse = bool(values["image_orientation"] & (1 if axis == "x" else 2))
    return Extent(start, end, even, odd, binned, read, reverse, crop, cropped, scale, sent)


def _binned(values: Values, axis: Axis, remarks: Remarks) -> int:
    if not values["binning_mode"] & 1:
        return 1
    number = values["binning_type"] >> 4 if axis == "x" else values["binning_type"] & 15
    if number not in (1, 2):
        remarks.alters("binning_type", f"{number} is neither 1 nor 2", f"{axis} is not binned (assumed)")
        return 1
    return number


def _scale(values: Values, axis: Axis, remarks: Remarks) -> int:
    mode = values["scaling_mode"]
    if mode > 2:
        remarks.alters("scaling_mode", f"there is no mode {mode}", "the image is not scaled (assumed)")
    if mode not in ((1, 2) if axis == "x" else (2,)):
        return UNSCALED
    return remarks.at_least("scale_m", values["scale_m"], UNSCALED)

"""Mode files: the image modes that a V4L2 driver has, as text like a device tree's.

    / {
        mode0 {
            active_w = "4056";
            active_h = "3040";
            ...
        };
    };

Properties have the names that NVIDIA's camera drivers read, with values as strings or as `<4056>`; crop_left,
crop_top, binning and scale are ours. Modes are static: a program that wants others edits the file, and the
driver reads it anew. A device tree has room for few, so that more than five are refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from pydantic import ValidationError

from camtwin.models.register_sheet import RegisterSheet
from camtwin.models.schema import NotNegative, Positive, Section
from camtwin.problem import Problem, first_fault, nearest

MIN_MODES, MAX_MODES = 3, 5
MAX_DEPTH: Final = 8
MAX_DIGITS: Final = 18
UNUSED: Final = frozenset(
    (
        *("tegra_sinterface", "phy_mode", "discontinuous_clk", "dpcm_enable", "cil_settletime"),
        *("readout_orientation", "inherent_gain", "mclk_multiplier", "gain_factor", "exposure_factor"),
        *("min_gain_val", "max_gain_val", "step_gain_val", "default_gain", "min_hdr_ratio", "max_hdr_ratio"),
        *("min_framerate", "step_framerate", "default_framerate", "min_exp_time", "max_exp_time"),
        *("step_exp_time", "default_exp_time", "embedded_metadata_height"),
    )
)
"""Properties of NVIDIA's mode nodes that a file may have and that change nothing here."""
TOKEN: Final = re.compile(
    r'/\*.*?(?:\*/|\Z)|//[^\n]*|/dts-v1/|"[^"\n]*"|<[^<>\n]*>|[{};=]|[^\s{};=<"]+|\n|\S', re.S
)
NAME: Final = re.compile(r"[\w,.+@-]+|/")
MODE: Final = re.compile(r"mode\d+")


class ModesInvalid(Problem, ValueError):
    """A mode file that cannot be used; one line that names file, line, mode and what is wrong."""


class ImageMode(Section):
    """An image mode: what cannot change while a stream runs.

    crop_left, crop_top: corner of the window in the sensor's pixels. binning: pixels of one colour combined
    into one, along each side. scale: the scaler makes one pixel of so many, along each side.
    """

    active_w: Positive
    active_h: Positive
    mode_type: Literal["bayer"]
    pixel_phase: Literal["rggb", "grbg", "gbrg", "bggr"]
    csi_pixel_bit_depth: Positive
    num_lanes: Literal[1, 2, 4]
    mclk_khz: Positive
    pix_clk_hz: Positive
    line_length: Positive
    max_framerate: Positive
    framerate_factor: Positive = 1_000_000
    crop_left: NotNegative = 0
    crop_top: NotNegative = 0
    binning: Literal[1, 2] = 1
    scale: Positive = 1

    @property
    def fps(self) -> float:
        """Maximum frame rate in frames/s."""
        return self.max_framerate / self.framerate_factor

    @property
    def fourcc(self) -> str:
        """Name of the pixel format in V4L2."""
        first = {"rggb": "RG", "grbg": "BA", "gbrg": "GB", "bggr": "BG"}[self.pixel_phase]
        return f"{first}{self.csi_pixel_bit_depth}"

    @property
    def size(self) -> str:
        return f"{self.active_w}x{self.active_h}"

    @property
    def line_us(self) -> float:
        """Time of a line in microseconds."""
        return self.line_length / self.pix_clk_hz * 1e6

    def link_us(self, lane_Mbps: float, lanes: int | None = None) -> float:
        """Time in microseconds that the pixels of a line take on the link; without the packet's own bytes."""
        return self.active_w * self.csi_pixel_bit_depth / (lanes or self.num_lanes) / lane_Mbps


@dataclass(frozen=True)
class _Node:
    """A node: the lines and values of its properties by name, and the nodes in it."""

    name: str
    line: int
    properties: dict[str, tuple[int, str]]
    nodes: list[_Node]

    def all_modes(self) -> Iterator[_Node]:
        for node in self.nodes:
            if MODE.fullmatch(node.name):
                yield node
            yield from node.all_modes()


def parse_modes(name: str, text: str, sensor: RegisterSheet) -> tuple[ImageMode, ...]:
    """Parse a mode file, in the order of its modes.

    Args:
        name: the file's, for messages.
        text: its text.
        sensor: the sensor that is to run in these modes.

    Raises:
        ModesInvalid: the text is none, or a mode is beyond the sensor; names the line
    """
    found = list(_Reader(name, text).tree().all_modes())
    names = [node.name for node in found]
    if not MIN_MODES <= len(found) <= MAX_MODES:
        limits = f"a device tree has room for {MIN_MODES} to {MAX_MODES}"
        raise ModesInvalid(f"{name}: {len(found)} modes, {limits}")
    if sorted(names) != [f"mode{i}" for i in range(len(found))]:
        raise ModesInvalid(f"{name}: modes are {', '.join(names)}, wanted are mode0 to mode{len(found) - 1}")
    modes = {node.name: _mode(name, node) for node in found}
    for node in found:
        if fault := _beyond(modes[node.name], sensor):
            raise ModesInvalid(f"{name}: line {node.line}: {node.name}: {fault}")
    ordered = [modes[f"mode{i}"] for i in range(len(found))]
    keys = [(mode.size, mode.fourcc, mode.num_lanes) for mode in ordered]
    for i, key in enumerate(keys):
        if (first := keys.index(key)) < i:
            raise ModesInvalid(f"{name}: mode{first} and mode{i} are both {' '.join(map(str, key))} lanes")
    full = f"{sensor.sensor.parameters.width}x{sensor.sensor.parameters.height}"
    if full not in {mode.size for mode in ordered}:
        raise ModesInvalid(f"{name}: no mode has the full resolution {full}, which is always available")
    return tuple(ordered)


def modes_text(modes: Sequence[ImageMode]) -> str:
    """Write modes as a mode file."""
    lines = ["/ {"]
    for i, mode in enumerate(modes):
        lines.append(f"    mode{i} {{")
        lines += [f'        {key} = "{value}";' for key, value in mode if value != _default(key)]
        lines.append("    };")
    return "\n".join([*lines, "};", ""])


def _default(name: str) -> object:
    return ImageMode.model_fields[name].default


def _mode(file: str, node: _Node) -> ImageMode:
    known = ImageMode.model_fields.keys()
    for key, (line, _) in node.properties.items():
        if key not in known and key not in UNUSED:
            raise ModesInvalid(
                f"{file}: line {line}: {node.name} has no property {key!r}{nearest(key, known)}"
            )
    values = {key: value for key, (_, value) in node.properties.items() if key in known}
    try:
        return ImageMode.model_validate({key: _number(value) for key, value in values.items()})
    except ValidationError as error:
        place = error.errors(include_url=False)[0]["loc"]
        line = node.properties.get(str(place[0]), (node.line, ""))[0] if place else node.line
        raise ModesInvalid(f"{file}: line {line}: {node.name}: {first_fault(error)}") from None


def _number(word: str) -> int | str:
    """Read a word as a whole number where it is one, of as many digits as a clock has."""
    return int(word) if word.isdecimal() and len(word) <= MAX_DIGITS else word


def _beyond(mode: ImageMode, sheet: RegisterSheet) -> str:
    """Return the first limit of the sensor that a mode exceeds, as words."""
    pixels, clocks = sheet.sensor.parameters, sheet.clocks
    depths = sorted({pixels.adc_bits, *pixels.other_bits})
    step = mode.binning * mode.scale
    for what, begin, size, limit in (
        ("columns", mode.crop_left, mode.active_w, pixels.width),
        ("rows", mode.crop_top, mode.active_h, pixels.height),
    ):
        if begin + size * step > limit:
            return f"{size} {what} x {step} from {begin} end at {begin + size * step}, the sensor has {limit}"
    if mode.csi_pixel_bit_depth not in depths:
        return f"{mode.csi_pixel_bit_depth} bits, the sensor has {' and '.join(map(str, depths))}"
    if mode.mclk_khz not in (allowed := [1000 * MHz for MHz in clocks.inck_MHz]):
        return f"mclk_khz {mode.mclk_khz} is none of {', '.join(map(str, allowed))}"
    if (link := mode.link_us(clocks.lane_Mbps)) > mode.line_us:
        return (
            f"{mode.active_w} pixels of {mode.csi_pixel_bit_depth} bits take {link:.2f} us on "
            f"{mode.num_lanes} lanes of {clocks.lane_Mbps} Mb/s, a line lasts {mode.line_us:.2f} us"
        )
    rows = mode.active_h * mode.scale + sheet.timing.min_blank_lines
    if mode.fps > (limit := 1e6 / mode.line_us / rows):
        return f"{mode.fps:g} frames/s, {rows} lines of {mode.line_us:.3f} us allow {limit:.3f}"
    return ""


class _Reader:
    """Reads the text of a mode file, word by word."""

    def __init__(self, file: str, text: str) -> None:
        self.file, self.words = file, list(self._words(text))
        self.at = 0

    def _words(self, text: str) -> Iterator[tuple[int, str]]:
        line = 1
        for found in TOKEN.finditer(text):
            word = found[0]
            if not word.startswith(("/*", "//", "\n", "/dts-v1/")):
                yield line, word
            line += word.count("\n")

    def tree(self) -> _Node:
        """Read the whole text as nodes within a root without a name."""
        root = _Node("", 1, {}, [])
        while self.at < len(self.words):
            line, word = self._next("a node")
            if word == ";":  # behind /dts-v1/
                continue
            root.nodes.append(self._node(line, word, 0))
        return root

    def _node(self, line: int, name: str, depth: int) -> _Node:
        if not NAME.fullmatch(name):
            raise self._wrong(line, f"{name!r:.40} is no name of a node")
        if depth > MAX_DEPTH:
            raise self._wrong(line, f"nodes are nested more than {MAX_DEPTH} deep")
        self._expect("{", f"after {name}")
        node = _Node(name, line, {}, [])
        while True:
            line, word = self._next(f"the end of {name}, '}};'")
            if word == "}":
                self._expect(";", f"after the end of {name}")
                return node
            if self._peek() == "=":
                self.at += 1
                if word in node.properties:
                    raise self._wrong(line, f"{name} has two of {word}")
                node.properties[word] = line, self._value(word)
                self._expect(";", f"after {word}")
            elif self._peek() == ";":  # a property without a value
                self.at += 1
            else:
                node.nodes.append(self._node(line, word, depth + 1))

    def _value(self, name: str) -> str:
        line, word = self._next(f"a value of {name}")
        if word[0] not in '"<' or len(word) < 2:
            raise self._wrong(line, f"{name} = {word!r:.40}: a value stands in quotes or in <>")
        return word[1:-1].strip()

    def _peek(self) -> str:
        return self.words[self.at][1] if self.at < len(self.words) else ""

    def _next(self, wanted: str) -> tuple[int, str]:
        if self.at == len(self.words):
            raise self._wrong(self.words[-1][0] if self.words else 1, f"the file ends, wanted is {wanted}")
        self.at += 1
        return self.words[self.at - 1]

    def _expect(self, word: str, where: str) -> None:
        line, found = self._next(f"{word!r} {where}")
        if found != word:
            raise self._wrong(line, f"{found!r:.40} {where}, wanted is {word!r}")

    def _wrong(self, line: int, what: str) -> ModesInvalid:
        return ModesInvalid(f"{self.file}: line {line}: {what}")

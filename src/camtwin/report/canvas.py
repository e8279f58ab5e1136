"""Drawings as shapes, and their export: SVG as a file or within a page, PNG through Pillow.

    drawing = Canvas(400, 300, "Title")
    drawing.rect(10, 10, 80, 20, fill="blue")
    drawing.text(20, 60, "a label", size=12)
    data = encode(drawing, ".png")

Lengths are pixels of the SVG; a PNG has twice as many, for print. x to the right, y down. Colours are given
by name (colours.py): a file has those of white paper, a drawing within a page follows its reader's scheme.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from itertools import pairwise
from math import hypot
from typing import TYPE_CHECKING, Final, Literal

from camtwin.problem import Problem
from camtwin.report.colours import COLOURS
from camtwin.report.markup import Html, escape, levels
from camtwin.spelling import latin

if TYPE_CHECKING:
    from PIL import ImageDraw

Point = tuple[float, float]
Anchor = Literal["start", "middle", "end"]
PNG_SCALE: Final = 2
FINER: Final = 2  # enlargement of a PNG before it is reduced, because Pillow's edges are not smooth
MAX_PNG_PIXELS: Final = 60_000_000
"""Limit of a drawing's pixels before it is reduced, 180 MB."""
DASH, DASH_GAP = 5.0, 4.0
SMALL: Final = 0.75
"""Size of subscripts and superscripts, relative to the text; they are shifted by half of that."""


class NoPicture(Problem, ValueError):
    """A drawing that cannot be exported; one line that says why."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A shape of a drawing.

    kind: rect (two corners), circle (centre, a point right of it), line, polygon, dots (`width` across), text
    (where it begins).

    fill and stroke are names of colours, empty for none; `round` of a rectangle's corners; of text: size and
    anchor, `turned` to be read from the right, `marked` if it has levels (markup.py).
    """

    kind: Literal["rect", "circle", "line", "polygon", "dots", "text"]
    points: Sequence[Point]
    fill: str = ""
    stroke: str = ""
    width: float = 1.0
    dashed: bool = False
    round: float = 0.0
    text: str = ""
    size: float = 12.0
    bold: bool = False
    anchor: Anchor = "start"
    turned: bool = False
    marked: bool = False

    @property
    def parts(self) -> Iterator[tuple[str, int]]:
        """Yield its text by level."""
        return levels(self.text) if self.marked else iter([(self.text, 0)])


@dataclass
class Canvas:
    """Shapes in drawing order, on white. height may be set at the end."""

    width: float
    height: float
    title: str
    shapes: list[Shape] = field(default_factory=list[Shape])

    def rect(
        self, x: float, y: float, w: float, h: float, *, fill: str = "", stroke: str = "", round: float = 0.0
    ) -> None:
        self.shapes.append(Shape("rect", ((x, y), (x + w, y + h)), fill, stroke, round=round))

    def circle(self, x: float, y: float, r: float, *, fill: str = "", stroke: str = "") -> None:
        self.shapes.append(Shape("circle", ((x, y), (x + r, y)), fill, stroke))

    def line(
        self, points: Sequence[Point], stroke: str = "ink", width: float = 1.0, *, dashed: bool = False
    ) -> None:
        self.shapes.append(Shape("line", points, stroke=stroke, width=width, dashed=dashed))

    def polygon(self, points: Sequence[Point], fill: str) -> None:
        self.shapes.append(Shape("polygon", points, fill=fill))

    def dots(self, points: Sequence[Point], stroke: str = "ink", width: float = 5.0) -> None:
        self.shapes.append(Shape("dots", points, stroke=stroke, width=width))

    def text(
        self,
        x: float,
        y: float,
        text: str,
        fill: str = "ink",
        *,
        size: float = 12.0,
        bold: bool = False,
        anchor: Anchor = "start",
        turned: bool = False,
        marked: bool = False,
    ) -> None:
        """Add text whose baseline begins, is centred or ends at a point, by `anchor`."""
        shape = Shape(
            "text",
            ((x, y),),
            fill,
            text=text,
            size=size,
            bold=bold,
            anchor=anchor,
            turned=turned,
            marked=marked,
        )
        self.shapes.append(shape)


def encode(drawing: Canvas, ending: str) -> bytes:
    """Return the drawing as a file of this ending, .svg or .png. NoPicture for others, or if too large."""
    if ending.lower() not in WRITERS:
        raise NoPicture(f"a drawing cannot be written as {ending or 'nothing'!r}; use .svg or .png")
    return WRITERS[ending.lower()](drawing)


# -- SVG -----------------------------------------------------------------------------------------------
def svg(drawing: Canvas) -> bytes:
    """Return the drawing as an SVG file, with text as text."""
    size = f'width="{_n(drawing.width)}" height="{_n(drawing.height)}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="system-ui,sans-serif"'
    paper = f'<rect width="100%" height="100%" fill="{_on_paper("paper")}"/>'
    return f"{_opened(head, drawing)}{paper}{_elements(drawing, _on_paper)}</svg>\n".encode()


def inline(drawing: Canvas) -> Html:
    """Return the drawing as an element of a page, as wide as its container, in the page's colours."""
    return Html(
        _opened('<svg class="drawing"', drawing) + _elements(drawing, lambda c: f"var(--{c})") + "</svg>"
    )


def _on_paper(colour: str) -> str:
    return COLOURS[colour].light


def _opened(head: str, drawing: Canvas) -> str:
    box = f'viewBox="0 0 {_n(drawing.width)} {_n(drawing.height)}"'
    return f'{head} {box} role="img" aria-label="{escape(drawing.title)}">'


def _elements(drawing: Canvas, colour: Callable[[str], str]) -> str:
    return "".join(_element(shape, colour) for shape in drawing.shapes)


def _n(value: float) -> str:
    """Format a length, to a hundredth of a pixel."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _element(s: Shape, colour: Callable[[str], str]) -> str:
    (x, y), (x2, y2) = s.points[0], s.points[-1]
    paint = f' fill="{colour(s.fill) if s.fill else "none"}"'
    paint += f' stroke="{colour(s.stroke)}"' if s.stroke else ""
    if s.stroke and s.width != 1:
        paint += f' stroke-width="{_n(s.width)}"'
    if s.dashed:
        paint += f' stroke-dasharray="{_n(DASH)} {_n(DASH_GAP)}"'
    match s.kind:
        case "rect":
            corners = f' rx="{_n(s.round)}"' if s.round else ""
            size = f'width="{_n(x2 - x)}" height="{_n(y2 - y)}"'
            return f'<rect x="{_n(x)}" y="{_n(y)}" {size}{corners}{paint}/>'
        case "circle":
            return f'<circle cx="{_n(x)}" cy="{_n(y)}" r="{_n(x2 - x)}"{paint}/>'
        case "text":
            how = f' font-size="{_n(s.size)}"' + (' font-weight="600"' if s.bold else "")
            how += f' text-anchor="{s.anchor}"' if s.anchor != "start" else ""
            place = f'x="{_n(x)}" y="{_n(y)}"'
            if s.turned:
                place = f'transform="translate({_n(x)} {_n(y)}) rotate(-90)"'
            return f"<text {place}{how}{paint}>{_spans(s)}</text>"
        case "dots":
            path = "".join(f"M{_n(px)} {_n(py)}h0" for px, py in s.points)
            return f'<path d="{path}" stroke-linecap="round"{paint}/>'
    path = "M" + "L".join(f"{_n(px)} {_n(py)}" for px, py in s.points)
    return f'<path d="{path}{"z" if s.kind == "polygon" else ""}"{paint}/>'


def _spans(s: Shape) -> str:
    spans, now = "", 0.0
    for part, level in s.parts:
        then = -level * s.size * SMALL / 2
        how = f' dy="{_n(then - now)}"' if then != now else ""
        how += f' font-size="{_n(SMALL * s.size)}"' if level else ""
        spans += f"<tspan{how}>{escape(part)}</tspan>" if how else escape(part)
        now = then
    return spans


# -- PNG -----------------------------------------------------------------------------------------------
def png(drawing: Canvas) -> bytes:
    """Return the drawing as PNG, through Pillow and its built-in font. NoPicture if it is too large."""
    from PIL import Image, ImageDraw

    scale = PNG_SCALE * FINER
    width, height = round(drawing.width * scale), round(drawing.height * scale)
    if width * height > MAX_PNG_PIXELS:
        raise NoPicture(
            f"a drawing of {drawing.width:g} x {drawing.height:g} is too large for a PNG; write an SVG"
        )
    image = Image.new("RGB", (width, height), _on_paper("paper"))
    draw = ImageDraw.Draw(image)
    for shape in drawing.shapes:
        _draw(draw, shape, scale)
    out = BytesIO()
    image.reduce(FINER).save(out, "PNG")
    return out.getvalue()


def _draw(draw: ImageDraw.ImageDraw, s: Shape, scale: int) -> None:
    points = [(x * scale, y * scale) for x, y in s.points]
    fill, stroke = (_on_paper(name) if name else None for name in (s.fill, s.stroke))
    wide = max(round(s.width * scale), 1)
    paint = {"fill": fill, "outline": stroke, "width": wide}
    (x, y), (x2, _) = points[0], points[-1]
    match s.kind:
        case "rect":
            draw.rounded_rectangle([points[0], points[1]], s.round * scale, **paint)
        case "circle":
            r = x2 - x
            draw.ellipse([(x - r, y - r), (x + r, y + r)], **paint)
        case "line":
            for part in _dashes(points, DASH * scale, DASH_GAP * scale) if s.dashed else [points]:
                draw.line(part, fill=stroke, width=wide, joint="curve")
        case "polygon":
            draw.polygon(points, fill=fill)
        case "dots":
            r = wide / 2
            for x, y in points:
                draw.ellipse([(x - r, y - r), (x + r, y + r)], fill=stroke)
        case "text":
            _write(draw, s, points[0], scale)


def _write(draw: ImageDraw.ImageDraw, s: Shape, at: Point, scale: int) -> None:
    """Draw a text, part by part where it has levels; one that is turned by way of a picture of its own."""
    from PIL import Image, ImageDraw, ImageFont

    size, colour = s.size * scale, _on_paper(s.fill)
    parts = [
        (latin(part), ImageFont.load_default(SMALL * size if level else size), -level * size * SMALL / 2)
        for part, level in s.parts
    ]
    length = sum(font.getlength(part) for part, font, _ in parts)
    along = {"start": 0.0, "middle": length / 2, "end": length}[s.anchor]
    bold = scale // 3 if s.bold else 0  # the font has one weight
    (x, y), target, own = at, draw, None
    if s.turned:
        own = Image.new("L", (round(length) + 2, round(2 * size)))
        target, colour, x, y = ImageDraw.Draw(own), 255, along, 1.5 * size
    x -= along
    for part, font, down in parts:
        target.text((x, y + down), part, colour, font, "ls", stroke_width=bold, stroke_fill=colour)
        x += font.getlength(part)
    if own:
        corner = round(at[0] - 1.5 * size), round(at[1] - (length - along))
        draw.bitmap(corner, own.rotate(90, expand=True), _on_paper(s.fill))


def _dashes(points: Sequence[Point], dash: float, gap: float) -> Iterator[list[Point]]:
    """Yield a path in dashes, each of which may go round corners."""
    part, left, drawn = [points[0]], dash, True
    for (x, y), (x2, y2) in pairwise(points):
        whole, at = hypot(x2 - x, y2 - y), 0.0
        while whole - at > left:
            at += left
            here = x + (x2 - x) * at / whole, y + (y2 - y) * at / whole
            if drawn:
                yield [*part, here]
            part, drawn = [here], not drawn
            left = dash if drawn else gap
        left -= whole - at
        part.append((x2, y2))
    if drawn and len(part) > 1:
        yield part


WRITERS: Final[dict[str, Callable[[Canvas], bytes]]] = {".svg": svg, ".png": png}

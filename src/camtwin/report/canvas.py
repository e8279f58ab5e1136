"""A picture as shapes, and the two ways it leaves: SVG as text, PNG through Pillow. Nothing is drawn twice.

    picture = Canvas(400, 300, "Title")
    picture.rect(10, 10, 80, 20, fill="#3b7dd8")
    picture.text(20, 60, "a label", size=12)
    data = encode(picture, ".png")

Lengths are pixels of the SVG; a PNG has twice as many, for print. x to the right, y down.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any, Final, Literal
from xml.sax.saxutils import escape, quoteattr

from camtwin.problem import Problem

Point = tuple[float, float]
INK: Final = "#1b2430"
PNG_SCALE: Final = 2
FINER: Final = 2  # a PNG is drawn so much larger, then reduced: Pillow's edges are not smooth
MOST_PNG_PIXELS: Final = 60_000_000
"""Of a drawing before it is reduced, 180 MB."""
DASH: Final = 3


class NoPicture(Problem, ValueError):
    """A picture that cannot be made; one line that says why."""


@dataclass(frozen=True, slots=True)
class Shape:
    """kind: rect (two corners), circle (centre, a point right of it), line, polygon, text (where it begins).

    fill and stroke are colours, empty for none; `round` of a rectangle's corners; size and anchor of text."""

    kind: Literal["rect", "circle", "line", "polygon", "text"]
    points: Sequence[Point]
    fill: str = ""
    stroke: str = ""
    width: float = 1.0
    dashed: bool = False
    round: float = 0.0
    text: str = ""
    size: float = 12.0
    bold: bool = False
    anchor: Literal["start", "middle", "end"] = "start"


@dataclass
class Canvas:
    """Shapes in the order in which they are drawn, on white. height may be set at the end."""

    width: float
    height: float
    title: str
    shapes: list[Shape] = field(default_factory=list[Shape])

    def rect(self, x: float, y: float, w: float, h: float, **how: Any) -> None:
        self.shapes.append(Shape("rect", ((x, y), (x + w, y + h)), **how))

    def circle(self, x: float, y: float, r: float, **how: Any) -> None:
        self.shapes.append(Shape("circle", ((x, y), (x + r, y)), **how))

    def line(self, points: Sequence[Point], stroke: str = INK, width: float = 1.0, **how: Any) -> None:
        self.shapes.append(Shape("line", points, stroke=stroke, width=width, **how))

    def polygon(self, points: Sequence[Point], fill: str) -> None:
        self.shapes.append(Shape("polygon", points, fill=fill))

    def text(self, x: float, y: float, text: str, fill: str = INK, **how: Any) -> None:
        """Text whose baseline begins, is centred or ends there, by `anchor`."""
        self.shapes.append(Shape("text", ((x, y),), fill=fill, text=text, **how))


def encode(picture: Canvas, ending: str) -> bytes:
    """The picture as a file of this ending, .svg or .png. NoPicture for others, and for one too large."""
    if ending.lower() not in WRITERS:
        raise NoPicture(f"a picture cannot end with {ending or 'nothing'!r}: .svg or .png")
    return WRITERS[ending.lower()](picture)


def svg(picture: Canvas) -> bytes:
    """As SVG, with text as text."""
    size = f'width="{picture.width:g}" height="{picture.height:g}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} viewBox="0 0 {picture.width:g} {picture.height:g}" '
        f'role="img" aria-label={quoteattr(picture.title)} font-family="system-ui,sans-serif">'
        f'<rect width="100%" height="100%" fill="#fff"/>'
        f"{''.join(map(_element, picture.shapes))}</svg>\n"
    ).encode()


def _element(s: Shape) -> str:
    (x, y), (x2, y2) = s.points[0], s.points[-1]
    paint = f' fill="{s.fill or "none"}"' + (f' stroke="{s.stroke}"' if s.stroke else "")
    if s.stroke and s.width != 1:
        paint += f' stroke-width="{s.width:g}"'
    if s.dashed:
        paint += f' stroke-dasharray="{DASH} {DASH}"'
    match s.kind:
        case "rect":
            corners = f' rx="{s.round:g}"' if s.round else ""
            return (
                f'<rect x="{x:.2f}" y="{y:.2f}" width="{x2 - x:.2f}" height="{y2 - y:.2f}"{corners}{paint}/>'
            )
        case "circle":
            return f'<circle cx="{x:.2f}" cy="{y:.2f}" r="{x2 - x:g}"{paint}/>'
        case "text":
            how = f' font-size="{s.size:g}"' + (' font-weight="600"' if s.bold else "")
            how += f' text-anchor="{s.anchor}"' if s.anchor != "start" else ""
            return f'<text x="{x:.2f}" y="{y:.2f}"{how}{paint}>{escape(s.text)}</text>'
    path = "M" + "L".join(f"{px:.2f} {py:.2f}" for px, py in s.points)
    return f'<path d="{path}{"z" if s.kind == "polygon" else ""}"{paint}/>'


def png(picture: Canvas) -> bytes:
    """As PNG, through Pillow and the font that it brings. NoPicture if it is too large."""
    from PIL import Image, ImageDraw

    scale = PNG_SCALE * FINER
    width, height = round(picture.width * scale), round(picture.height * scale)
    if width * height > MOST_PNG_PIXELS:
        raise NoPicture(
            f"a picture of {picture.width:g} x {picture.height:g} is too large for a PNG: make an SVG"
        )
    image = Image.new("RGB", (width, height), "#fff")
    draw = ImageDraw.Draw(image)
    for shape in picture.shapes:
        _draw(draw, shape, scale)
    out = BytesIO()
    image.reduce(FINER).save(out, "PNG", optimize=True)
    return out.getvalue()


def _draw(draw: Any, s: Shape, scale: int) -> None:
    from PIL import ImageFont

    points = [(x * scale, y * scale) for x, y in s.points]
    wide = max(round(s.width * scale), 1)
    paint = {"fill": s.fill or None, "outline": s.stroke or None, "width": wide}
    (x, y), (x2, _) = points[0], points[-1]
    match s.kind:
        case "rect":
            draw.rounded_rectangle([points[0], points[1]], s.round * scale, **paint)
        case "circle":
            r = x2 - x
            draw.ellipse([(x - r, y - r), (x + r, y + r)], **paint)
        case "line":
            for part in _dashes(points, DASH * scale) if s.dashed else [points]:
                draw.line(part, fill=s.stroke, width=wide, joint="curve")
        case "polygon":
            draw.polygon(points, fill=s.fill)
        case "text":
            font = ImageFont.load_default(s.size * scale)
            anchor = {"start": "ls", "middle": "ms", "end": "rs"}[s.anchor]
            bold = scale // 3 if s.bold else 0  # the font has one weight
            draw.text(points[0], s.text, s.fill, font, anchor, stroke_width=bold, stroke_fill=s.fill)


def _dashes(points: Sequence[Point], length: float) -> list[Sequence[Point]]:
    """A straight line in dashes."""
    (x, y), (x2, y2) = points[0], points[-1]
    whole = max(((x2 - x) ** 2 + (y2 - y) ** 2) ** 0.5, 1e-9)
    u, v = (x2 - x) / whole, (y2 - y) / whole
    starts = [i * 2 * length for i in range(int(whole / (2 * length)) + 1)]
    return [
        [(x + u * s, y + v * s), (x + u * min(s + length, whole), y + v * min(s + length, whole))]
        for s in starts
    ]


WRITERS: Final[dict[str, Callable[[Canvas], bytes]]] = {".svg": svg, ".png": png}

"""Canvas, axes and plots: what is drawn is true, in each way that a drawing leaves."""

import re
import xml.etree.ElementTree as ET
from io import BytesIO
from itertools import pairwise

import numpy as np
import pytest
from PIL import Image

from camtwin.report.axis import Axis
from camtwin.report.canvas import Canvas, NoPicture, _dashes, encode, inline, svg
from camtwin.report.colours import COLOURS, css
from camtwin.report.plot import Curve, plot

SVG = "{http://www.w3.org/2000/svg}"


def lines(drawing, colour):
    """Points of the lines of this colour."""
    return [shape.points for shape in drawing.shapes if shape.kind == "line" and shape.stroke == colour]


def test_an_axis_has_its_numbers_where_they_are():
    """The ends, the middle, and the middle of a logarithmic one."""
    assert [Axis(0, 10, 100, 200).at(v) for v in (0, 5, 10)] == [100, 150, 200]
    assert [Axis(1, 100, 100, 200, log=True).at(v) for v in (1, 10, 100)] == [100, 150, 200]
    assert [Axis(0, 10, 100, 200).clamped(v) for v in (-1, 3, 11)] == [100, 130, 200]
    assert Axis(0, 4096, 0, 1).ticks() == [0, 1000, 2000, 3000, 4000]
    assert Axis(0.5, 2e4, 0, 1, log=True).ticks() == [1, 10, 100, 1000, 10000]
    assert Axis(20, 300, 0, 1, log=True).ticks() == [20, 50, 100, 200]
    assert Axis(-0.02, 0.02, 0, 1).ticks() == pytest.approx([-0.02, -0.01, 0, 0.01, 0.02])


@pytest.mark.parametrize(
    ("low", "high", "labels"),
    [
        (0.0, 1.0, ["0", "0.2", "0.4", "0.6", "0.8", "1"]),
        (0.0, 3e7, ["0", "5·10^6", "10^7", "1.5·10^7", "2·10^7", "2.5·10^7", "3·10^7"]),
        (1e5, 1e5 + 0.002, ["100000", "100000.0005", "100000.001", "100000.0015", "100000.002"]),
    ],
)
def test_ticks_can_be_told_from_each_other(low, high, labels):
    axis = Axis(low, high, 0, 1)
    assert [axis.label(tick) for tick in axis.ticks()] == labels


def test_a_curve_goes_where_its_numbers_are_and_ends_with_the_axes():
    (line,) = lines(plot("t", "x", "y", [Curve([0, 1, 2], [0, np.nan, 4])]), "blue")
    (x0, y0), (x1, y1) = line
    assert x0 < x1
    assert y0 > y1
    cut = plot("t", "x", "y", [Curve([1, 2, 3, 4], [1.0, 1e-30, 1e-30, 1.0])], y_log=True)
    first, second = lines(cut, "blue")
    assert {first[0][1], second[-1][1]} == {min(y for _, y in first)}
    assert max(y for _, y in first) == max(y for _, y in second) == 330 - 44  # where the axis ends


@pytest.mark.parametrize("values", [[], [0.0], [5.0, 5.0], [-1.0, -1.0], [np.nan, np.inf], [1e-300, 1e300]])
@pytest.mark.parametrize("log", [False, True])
def test_plots_of_strange_numbers_are_drawn(values, log):
    drawing = plot(
        "t", "x", "y", [Curve(values, values), Curve(values, values, points=True)], x_log=log, y_log=log
    )
    ET.fromstring(inline(drawing))


def test_a_plot_within_a_page_takes_its_colours_and_a_file_those_of_paper():
    drawing = plot("a <b>", "x_1", "y", [Curve([0, 1], [0, 1e7], "c")])
    within, alone = inline(drawing), svg(drawing).decode()
    assert {"ink", "dim", "line", "blue"} == set(re.findall(r"var\(--(\w+)\)", within))
    assert all(f"--{name}:" in css() for name in COLOURS)
    assert COLOURS["blue"].light in alone
    assert "var(" not in alone
    assert "a &lt;b&gt;" in within
    root = ET.fromstring(alone)
    texts = ["".join(text.itertext()) for text in root.iter(f"{SVG}text")]
    assert "x1" in texts  # the 1 stands below
    assert "107" in texts  # the 7 stands above
    assert {s.text for s in root.iter(f"{SVG}tspan")} == {"1", "6", "7"}


def test_a_plot_as_png_has_its_names_and_its_curve():
    """Ink left of the axis: the name of y, which is turned; blue along the diagonal."""
    data = encode(plot("t", "x", "a name of y", [Curve([0, 1], [0, 1])]), ".png")
    picture = np.asarray(Image.open(BytesIO(data)).convert("RGB")).astype(int)
    assert picture.shape == (660, 1120, 3)
    rows, columns = np.nonzero(picture[:, :40].max(axis=2) < 128)
    assert np.ptp(rows) > 4 * np.ptp(columns) > 0
    blue = (picture[..., 2] - picture[..., 0]) > 60
    down, across = np.nonzero(blue)
    assert np.corrcoef(down, across)[0, 1] < -0.99


def test_letters_that_the_font_of_a_png_lacks_are_spelt():
    """Pillow's own font has no Greek: each of its letters would be the same box."""

    def image(text: str) -> bytes:
        drawing = Canvas(120, 40, "")
        drawing.text(5, 20, text)
        return encode(drawing, ".png")

    assert image("η σ_d ≤ 2") == image("eta sigma_d <= 2") != image("\ue000 \ue000_d \ue000 2")


def test_dashes_go_round_corners():
    path = [(0.0, 0.0), (9.0, 0.0), (9.0, 10.0)]
    parts = list(_dashes(path, 4.0, 2.0))
    lengths = [sum(abs(b[0] - a[0]) + abs(b[1] - a[1]) for a, b in pairwise(part)) for part in parts]
    assert lengths == pytest.approx([4, 4, 4, 1])
    assert parts[1] == [(6.0, 0.0), (9.0, 0.0), (9.0, 1.0)]
    assert parts[2] == [(9.0, 3.0), (9.0, 7.0)]


def test_a_picture_of_another_kind_or_too_large_is_told():
    with pytest.raises(NoPicture, match=r"cannot be written as '.gif'"):
        encode(Canvas(10, 10, ""), ".gif")
    with pytest.raises(NoPicture, match="too large"):
        encode(Canvas(10_000, 10_000, ""), ".png")

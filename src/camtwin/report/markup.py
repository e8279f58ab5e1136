"""Text for pages and drawings: escaping, and symbols with subscripts and superscripts.

mu_y.dark       text after `_` is a subscript
2·10^-5         an integer after `^` is a superscript
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape as _escape
from typing import Final

LEVELS: Final = re.compile(r"_(?P<below>[\w.]+)|\^(?P<above>-?\d+)")


class Html(str):
    """Text that is HTML or SVG already: `escape` leaves it as it is."""

    __slots__ = ()


def escape(text: object) -> Html:
    """Return text for HTML or SVG, within an element or an attribute's quotes."""
    return text if isinstance(text, Html) else Html(_escape(str(text)))


def tag(name: str, /, *inside: object, **attributes: object) -> Html:
    """Return an element around its escaped parts; `cls` is the attribute class, None and False leave one out.

    >>> tag("td", "a < b", tag("br"), cls="n", title=None)
    '<td class="n">a &lt; b<br></td>'
    """
    attributes_text = "".join(
        f" {key.replace('cls', 'class').replace('_', '-')}" + ("" if value is True else f'="{escape(value)}"')
        for key, value in attributes.items()
        if value is not None and value is not False
    )
    end = "" if name in ("br", "meta", "input", "img") else f"</{name}>"
    return Html(f"<{name}{attributes_text}>{''.join(map(escape, inside))}{end}")


def levels(text: str) -> Iterator[tuple[str, int]]:
    """Yield the parts of a text with their level: 0 on the line, -1 below it, 1 above it."""
    at = 0
    for match in LEVELS.finditer(text):
        if match.start() > at:
            yield text[at : match.start()], 0
        below, above = match["below"], match["above"]
        yield (below, -1) if below is not None else (above, 1)
        at = match.end()
    if at < len(text):
        yield text[at:], 0


def symbol(text: str) -> Html:
    """Return a text with its levels as HTML: `<sub>` and `<sup>`."""
    around = {0: "{}", -1: "<sub>{}</sub>", 1: "<sup>{}</sup>"}
    return Html("".join(around[level].format(escape(part)) for part, level in levels(text)))

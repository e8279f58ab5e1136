"""Pages: one HTML file that needs nothing else, for a browser in light or dark, and for print.

    page("Title", tag("header", tag("h1", "Title")), table(("a", "b"), rows), command="camtwin ...")

The same content makes the same bytes: no date, no place.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib.resources import files
from typing import Final

from camtwin.report.colours import css
from camtwin.report.markup import Html, tag

PARTS: Final = files("camtwin.report") / "parts"
"""The style and the scripts of pages."""


def page(title: str, *body: object, made_by: object, script: str = "") -> str:
    """Return a page. made_by: for its last line; script: the name of one of its scripts."""
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        "\n",
        tag("title", title),
        tag("style", Html(css() + _part("style.css"))),
    )
    end = tag("script", Html(_part(script))) if script else ""
    footer = tag("footer", made_by, cls="dim")
    return f"<!doctype html>\n{tag('html', head, tag('body', *body, footer, end), lang='en')}\n"


def made_by(version: str, command: str) -> Html:
    """Return a page's last line."""
    return tag("span", f"camtwin {version}; made by ", tag("code", command))


def _part(name: str) -> str:
    return (PARTS / name).read_text("utf-8")


def section(title: str, note: object, *inside: object, id: str | None = None) -> Html:
    """Return a part of the page under its heading, with a note beside it."""
    heading = tag("h2", title, " ", note) if note else tag("h2", title)
    return tag("section", heading, "\n", *inside, id=id)


def table(head: Iterable[object], rows: Iterable[Html], *, cls: str) -> Html:
    """Return a table; rows are elements `tr`."""
    heads = tag("tr", *(tag("th", name) for name in head))
    return tag("table", tag("thead", heads), tag("tbody", *(Html(f"\n{row}") for row in rows)), cls=cls)


def figures(shown: Iterable[tuple[Html, object]], *, small: bool = False) -> Html:
    """Return pictures with captions, side by side where there is room; empty if there are none."""
    figures = [tag("figure", picture, tag("figcaption", caption)) for picture, caption in shown]
    return tag("div", *figures, cls="figures small" if small else "figures") if figures else Html()

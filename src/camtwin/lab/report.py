"""The report of `camtwin verify` as one HTML file that needs nothing else: to hand on."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from importlib.resources import files
from itertools import groupby

from camtwin.lab.verify import Result, counts

PAGE = files("camtwin.lab") / "page"


def html(model: str, title: str, results: Sequence[Result], version: str) -> str:
    """The whole page. `title`: the camera, for people; results in the order of the sheet."""
    style, script = ((PAGE / name).read_text() for name in ("style.css", "script.js"))
    found = counts(results)
    total = len(results)
    bar = "".join(f'<i class="{v}" style="width:{100 * n / total:.2f}%"></i>' for v, n in found.items())
    boxes = "".join(
        f'<label><input type="checkbox" value="{v}" checked> {n} {v}</label>' for v, n in found.items()
    )
    parts = "".join(_section(name, [*rows]) for name, rows in groupby(results, key=lambda r: r.claim.section))
    said = (
        f"{total} claims of the data sheet, measured on the running twin by camtwin {escape(version)}: "
        f"{found['pass']} hold, {found['fail']} do not, {found['open']} are open."
    )
    again = f"camtwin verify {escape(model)} --html FILE"
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}: claims and measurements</title><style>{style}</style></head><body>
<h1>{escape(title)}</h1>
<p>{said}</p>
<p class="dim">A behaviour passes if its measurement agrees with the sheet,
and a twin with that one thing wrong fails it. This is about the twin, not about a camera.
Made by <code>{again}</code>.</p>
<div class="sum" aria-hidden="true">{bar}</div>
<form role="search"><input type="search" name="find" placeholder="Search: words of claims, values, reasons"
aria-label="Search">{boxes}<output class="dim"></output></form>
{parts}<script>{script}</script></body></html>
"""


def _section(name: str, rows: Sequence[Result]) -> str:
    said = ", ".join(f"{n} {v}" for v, n in counts(rows).items() if n)
    lines = "\n".join(map(_row, rows))
    return (
        f"<section><h2>{escape(name)} <span>{said}</span></h2>\n<table><thead><tr><th>Claim</th>"
        f"<th>Sheet</th><th>Measured</th><th>Verdict</th></tr></thead><tbody>\n{lines}\n</tbody></table></section>\n"
    )


def _row(result: Result) -> str:
    c, v = result.claim, result.verdict
    reason = f"<em>{escape(result.reason)}</em>" if result.reason else ""
    between = "<br>" if result.measured and reason else ""
    return (
        f'<tr class="{v}"><td>{escape(c.claim)}<br><code>{escape(c.id)}</code><details>'
        f"<summary>check</summary>{escape(c.check)}</details></td><td>{escape(c.sheet)}</td>"
        f"<td>{escape(result.measured)}{between}{reason}</td><td><b>{v}</b></td></tr>"
    )

"""The report of `camtwin verify` as one HTML file that needs nothing else: to hand on.

The same results make the same bytes: no date, no place.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from camtwin.report import PAGE
from camtwin.verify.verdicts import Result, counts

ABOUT = (
    "A behaviour holds if the running twin does what the sheet says, and if there is a way to make the twin "
    "wrong that this measurement finds. What cannot be measured yet is open, with the reason. All of it is "
    "about the twin, in process and in virtual time; it says nothing about a camera on your desk."
)
LEADS = {
    True: "measured on the digital twin",
    False: "measured on what is modelled around it: there is no twin of it yet",
}
WORDS = {"pass": "hold", "fail": "do not hold", "open": "are open"}


def html(
    model: str, title: str, document: str, results: Sequence[Result], version: str, *, twin: bool = True
) -> str:
    """The whole page. `title`: the camera, for people; results in the order of the sheet; `twin`: there is
    one, and not only what surrounds it."""
    style, script = ((PAGE / name).read_text("utf-8") for name in ("style.css", "script.js"))
    found, total = counts(results), len(results)
    tiles = "".join(f'<div class="{v}"><b>{n}</b> {WORDS[v]}</div>' for v, n in found.items())
    bar = "".join(f'<i class="{v}" style="width:{100 * n / total:.2f}%"></i>' for v, n in found.items())
    boxes = "".join(
        f'<label class="{v}"><input type="checkbox" value="{v}" checked> {v} <span>{n}</span></label>'
        for v, n in found.items()
    )
    names = dict.fromkeys(r.claim.section for r in results)
    sections = {name: [r for r in results if r.claim.section == name] for name in names}
    contents = "".join(_content(i, name, rows) for i, (name, rows) in enumerate(sections.items()))
    parts = "".join(_section(i, name, rows) for i, (name, rows) in enumerate(sections.items()))
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{escape(title)}: data sheet and digital twin</title><style>{style}</style></head><body>
<header><h1>{escape(title)}</h1>
<p class="lead">{total} claims of the data sheet, {LEADS[twin]}</p>
<div class="tiles">{tiles}</div>
<div class="sum" aria-hidden="true">{bar}</div>
{_failed(results)}<p class="dim">{ABOUT} Source of the claims: {escape(document)}.</p>
</header>
<nav><h2>Sections</h2><ul>{contents}</ul></nav>
<form role="search"><input type="search" name="find" placeholder="Search claims, values, reasons"
aria-label="Search">{boxes}<output class="dim"></output></form>
{parts}<footer class="dim">camtwin {escape(version)}; made by
<code>camtwin verify {escape(model)} --html FILE</code></footer><script>{script}</script></body></html>
"""


def _failed(results: Sequence[Result]) -> str:
    rows = [
        f'<li><a href="#{escape(r.claim.id)}">{escape(r.claim.claim)}</a>: {escape(r.reason)}</li>'
        for r in results
        if r.verdict == "fail"
    ]
    return f'<div class="news"><h2>What does not hold</h2><ul>{"".join(rows)}</ul></div>\n' if rows else ""


def _tally(rows: Sequence[Result]) -> str:
    return ", ".join(f'<span class="{v}"><b>{n} {v}</b></span>' for v, n in counts(rows).items() if n)


def _content(number: int, name: str, rows: Sequence[Result]) -> str:
    return f'<li><a href="#s{number}">{escape(name)}</a> {_tally(rows)}</li>'


def _section(number: int, name: str, rows: Sequence[Result]) -> str:
    lines = "\n".join(map(_row, rows))
    return (
        f'<section id="s{number}"><h2>{escape(name)} {_tally(rows)}</h2>\n'
        "<table><thead><tr><th>Claim</th><th>Data sheet</th><th>Measured</th><th>Verdict</th></tr></thead>"
        f"<tbody>\n{lines}\n</tbody></table></section>\n"
    )


def _row(result: Result) -> str:
    c, v = result.claim, result.verdict
    reason = f"<em>{escape(result.reason)}</em>" if result.reason else ""
    between = "<br>" if result.measured and reason else ""
    return (
        f'<tr class="{v}" id="{escape(c.id)}"><td>{escape(c.claim)}<details>'
        f"<summary><code>{escape(c.id)}</code></summary>{escape(c.check)}</details></td>"
        f"<td>{escape(c.sheet)}</td><td>{escape(result.measured)}{between}{reason}</td><td><b>{v}</b></td></tr>"
    )

"""The report of `camtwin verify` as one HTML file that needs nothing else: to hand on.

The same results make the same bytes: no date, no place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from camtwin.report.markup import Html, tag
from camtwin.report.page import made_by, page, section, table
from camtwin.verify.verdicts import Result, Verdict, counts

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
    """Write the whole page.

    title    the camera, for people
    results  in the order of the sheet
    twin     there is one, and not only what surrounds it
    """
    found, total = counts(results), len(results)
    names = dict.fromkeys(r.claim.section for r in results)
    sections = [
        (f"s{i}", name, [r for r in results if r.claim.section == name]) for i, name in enumerate(names)
    ]
    shares = [tag("i", cls=v, style=f"width:{100 * n / total:.2f}%") for v, n in found.items()]
    header = tag(
        "header",
        tag("h1", title),
        tag("p", f"{total} claims of the data sheet, {LEADS[twin]}", cls="lead"),
        tag("div", *(tag("div", tag("b", n), f" {WORDS[v]}", cls=v) for v, n in found.items()), cls="tiles"),
        tag("div", *shares, cls="sum", aria_hidden="true"),
        _failed([r for r in results if r.verdict == "fail"]),
        tag("p", f"{ABOUT} Source of the claims: {document}.", cls="dim"),
    )
    contents = [tag("li", tag("a", name, href=f"#{at}"), " ", _tally(rows)) for at, name, rows in sections]
    return page(
        f"{title}: data sheet and digital twin",
        header,
        tag("nav", tag("h2", "Sections"), tag("ul", *contents)),
        _search(found),
        *(_section(*each) for each in sections),
        made_by=made_by(version, f"camtwin verify {model} --html FILE"),
        script="sift.js",
    )


def _failed(failed: Sequence[Result]) -> Html:
    rows = [tag("li", tag("a", r.claim.claim, href=f"#{r.claim.id}"), f": {r.reason}") for r in failed]
    return tag("div", tag("h2", "What does not hold"), tag("ul", *rows), cls="news") if rows else Html()


def _search(found: Mapping[Verdict, int]) -> Html:
    boxes = [
        tag("label", tag("input", type="checkbox", value=v, checked=True), f" {v} ", tag("span", n), cls=v)
        for v, n in found.items()
    ]
    said = {"name": "find", "placeholder": "Search claims, values, reasons", "aria_label": "Search"}
    output = tag("output", cls="dim")
    return tag("form", tag("input", **{"type": "search", **said}), *boxes, output, role="search")


def _tally(rows: Sequence[Result]) -> Html:
    parts = [tag("span", tag("b", f"{n} {v}"), cls=v) for v, n in counts(rows).items() if n]
    return Html(", ".join(parts))


def _section(at: str, name: str, rows: Sequence[Result]) -> Html:
    head = ("Claim", "Data sheet", "Measured", "Verdict")
    return section(name, _tally(rows), table(head, map(_row, rows), cls="claims"), id=at)


def _row(result: Result) -> Html:
    c, v = result.claim, result.verdict
    reason = tag("em", result.reason) if result.reason else ""
    between = tag("br") if result.measured and reason else ""
    details = tag("details", tag("summary", tag("code", c.id)), c.check)
    cells = (c.claim, details), (c.sheet,), (result.measured, between, reason), (tag("b", v),)
    return tag("tr", *(tag("td", *inside) for inside in cells), cls=v, id=c.id)

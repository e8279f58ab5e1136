"""The report of `camtwin verify` as one HTML file that needs nothing else: to hand on, to search, to print."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from itertools import groupby
from typing import Final

from camtwin.lab.verify import Result, counts

STYLE: Final = """
:root { color-scheme: light dark; --ink: #1c2127; --dim: #5c6670; --line: #d8dde2; --paper: #fff; --field: #f4f6f8;
  --pass: #1a7f4b; --fail: #c62828; --open: #9a6700; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e8ec; --dim: #97a1ab; --line: #333b44; --paper: #14181c;
  --field: #1d2329; --pass: #4cc38a; --fail: #ff7b72; --open: #e0b050; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2rem 1.5rem 4rem; max-width: 76rem; background: var(--paper); color: var(--ink);
  font: 15px/1.45 system-ui, "Segoe UI", Roboto, sans-serif; }
h1 { font-size: 1.6rem; margin: 0 0 .2rem; } h2 { font-size: 1.05rem; margin: 2rem 0 .4rem; }
p { margin: .2rem 0; max-width: 46rem; } .dim, h2 span { color: var(--dim); font-weight: normal; }
.sum { display: flex; height: .6rem; margin: 1rem 0; border-radius: .3rem; overflow: hidden; background: var(--line); }
.sum i { display: block; } i.pass { background: var(--pass); } i.fail { background: var(--fail); } i.open { background: var(--open); }
form { position: sticky; top: 0; z-index: 1; display: flex; flex-wrap: wrap; gap: .5rem; align-items: center; padding: .6rem 0;
  background: var(--paper); border-bottom: 1px solid var(--line); }
input[type=search] { flex: 1 1 16rem; padding: .4rem .7rem; font: inherit; color: inherit; background: var(--field);
  border: 1px solid var(--line); border-radius: .4rem; }
label { padding: .35rem .7rem; border: 1px solid var(--line); border-radius: .4rem; cursor: pointer; white-space: nowrap; }
table { width: 100%; border-collapse: collapse; table-layout: fixed; }
td, th { padding: .35rem .6rem .35rem 0; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line);
  overflow-wrap: anywhere; }
th { color: var(--dim); font-weight: normal; font-size: .85rem; } th:nth-child(1) { width: 34%; } th:nth-child(2) { width: 17%; }
th:nth-child(4) { width: 4.5rem; } code { font-size: .8rem; color: var(--dim); }
.pass b { color: var(--pass); } .fail b { color: var(--fail); } .open b { color: var(--open); } em { font-style: normal; }
.fail em { color: var(--fail); } .open em { color: var(--open); } details { color: var(--dim); font-size: .85rem; }
summary { cursor: pointer; } [hidden] { display: none !important; }
@media (max-width: 44rem) { table, tbody, tr, td { display: block; } thead { display: none; } td { border: 0; padding: .1rem 0; }
  tr { display: block; padding: .5rem 0; border-bottom: 1px solid var(--line); }
  td:nth-child(2)::before { content: "sheet "; color: var(--dim); }
  td:nth-child(3)::before { content: "measured "; color: var(--dim); } }
@media print { :root { --ink: #000; --dim: #444; --paper: #fff; --line: #bbb; --pass: #06612f; --fail: #a00; --open: #6b4700; }
  body { max-width: none; padding: 0; font-size: 9.5pt; } form, details { display: none; } tr { break-inside: avoid; }
  thead { display: table-header-group; } h2 { break-after: avoid; } }
"""
SCRIPT: Final = """
const form = document.querySelector("form"), rows = [...document.querySelectorAll("tbody tr")];
function sift() {
  const words = form.find.value.toLowerCase().split(/\\s+/).filter(Boolean);
  const wanted = new Set([...form.querySelectorAll("input:checked")].map(box => box.value));
  let left = 0;
  for (const row of rows) {
    const text = row.textContent.toLowerCase();
    row.hidden = !(wanted.has(row.className) && words.every(word => text.includes(word)));
    left += !row.hidden;
  }
  for (const part of document.querySelectorAll("section")) part.hidden = !part.querySelector("tbody tr:not([hidden])");
  document.querySelector("output").textContent = left + " of " + rows.length + " rows";
}
form.addEventListener("input", sift); form.addEventListener("submit", event => event.preventDefault()); sift();
"""


def html(model: str, title: str, results: Sequence[Result], version: str) -> str:
    """The whole page. `title`: the camera, for people; results in the order of the sheet."""
    found = counts(results)
    total = len(results)
    bar = "".join(f'<i class="{v}" style="width:{100 * n / total:.2f}%"></i>' for v, n in found.items())
    boxes = "".join(
        f'<label><input type="checkbox" value="{v}" checked> {n} {v}</label>' for v, n in found.items()
    )
    parts = "".join(_section(name, [*rows]) for name, rows in groupby(results, key=lambda r: r.claim.section))
    said = (
        f"{total} claims of the data sheet, each measured on the running digital twin by camtwin {escape(version)}: "
        f"{found['pass']} hold, {found['fail']} do not, {found['open']} are open."
    )
    again = f"camtwin verify {escape(model)} --html FILE"
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}: claims and measurements</title><style>{STYLE}</style></head><body>
<h1>{escape(title)}</h1>
<p>{said}</p>
<p class="dim">A behaviour passes if its measurement agrees with the sheet and a twin with that one thing wrong fails it.
This is about the twin, not about a camera. Made by <code>{again}</code>.</p>
<div class="sum" aria-hidden="true">{bar}</div>
<form role="search"><input type="search" name="find" placeholder="Search: words of claims, values, reasons" aria-label="Search">
{boxes}<output class="dim"></output></form>
{parts}<script>{SCRIPT}</script></body></html>
"""


def _section(name: str, rows: Sequence[Result]) -> str:
    said = ", ".join(f"{n} {v}" for v, n in counts(rows).items() if n)
    lines = "\n".join(map(_row, rows))
    return (
        f"<section><h2>{escape(name)} <span>{said}</span></h2>\n<table><thead><tr><th>Claim</th><th>Sheet</th>"
        f"<th>Measured</th><th>Verdict</th></tr></thead><tbody>\n{lines}\n</tbody></table></section>\n"
    )


def _row(result: Result) -> str:
    c, v = result.claim, result.verdict
    reason = f"<em>{escape(result.reason)}</em>" if result.reason else ""
    between = "<br>" if result.measured and reason else ""
    return (
        f'<tr class="{v}"><td>{escape(c.claim)}<br><code>{escape(c.id)}</code><details><summary>check</summary>'
        f"{escape(c.check)}</details></td><td>{escape(c.sheet)}</td>"
        f"<td>{escape(result.measured)}{between}{reason}</td><td><b>{v}</b></td></tr>"
    )

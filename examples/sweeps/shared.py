"""Shared by the recipes: the command line, the run, and the page of the answer."""

from __future__ import annotations

import argparse
import tomllib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import camtwin
from camtwin.report.canvas import Canvas, inline
from camtwin.report.markup import tag
from camtwin.report.page import figures, made_by, page, section
from camtwin.sweeps.api import Result

HERE = Path(__file__).parent


def arguments(given: Sequence[str] | None, description: str | None) -> argparse.Namespace:
    """Return the command line that all recipes have."""
    parser = argparse.ArgumentParser(description=(description or "").partition("\n")[0])
    parser.add_argument(
        "-o", "--output", type=Path, default=Path("build/sweeps"), help="folder for the results"
    )
    parser.add_argument("--workers", type=int, default=0, help="processes; 0: this one")
    parser.add_argument("--small", action="store_true", help="few cells: only to see that it works")
    return parser.parse_args(given)


def taken(
    name: str, chosen: argparse.Namespace, changes: Mapping[str, Any], call: Callable | None = None
) -> Result:
    """Run a recipe's file, with changes of its keys, into a folder of its name."""
    plan = {**tomllib.loads((HERE / f"{name}.toml").read_text()), **changes}
    chosen.output.mkdir(parents=True, exist_ok=True)
    return camtwin.sweep(plan, call=call).run(chosen.output / name, workers=chosen.workers)


def answer(result: Result, title: str, text: str, shown: Sequence[tuple[Canvas, str]], command: str) -> Path:
    """Write the answer as a page beside the data, and return its path."""
    drawn = figures((inline(drawing), words) for drawing, words in shown)
    header = tag("header", tag("h1", title), tag("p", text, cls="lead"))
    path = result.out / "report.html"
    made = made_by(camtwin.__version__, command)
    path.write_text(page(title, header, section("Plots", None, drawn), made_by=made), "utf-8")
    print(text)
    print(path)
    return path

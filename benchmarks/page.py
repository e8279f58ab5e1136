"""docs/benchmarks.md, a section at a time: each script measures on its own and puts its own section there.

A script asks `options` for its command line and hands `publish` what it found; the sections of others stay.
"""

import argparse
import json
import os
import platform
from pathlib import Path
from typing import Any

import numba
import numpy as np

HEAD = """# Benchmarks
Written by `make benchmark` (benchmarks/), each section by its own script on the machine that it names."""


def options(description: str, arguments: list[str], **paths: Path) -> argparse.Namespace:
    """json, write, quick: the command line that all scripts have; paths: further ones and their defaults."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--json", type=Path, metavar="FILE", help="add the numbers to this file")
    parser.add_argument("--write", type=Path, metavar="FILE", help="put the section into this page")
    parser.add_argument("--quick", action="store_true", help="little, once: only to see that it works")
    for name, default in paths.items():
        parser.add_argument(f"--{name}", type=Path, metavar="PATH", default=default)
    return parser.parse_args(arguments)


def publish(chosen: argparse.Namespace, name: str, lines: list[str], numbers: dict[str, Any]) -> None:
    """Print the section called `name` and write it, and its numbers, where the command line says."""
    where = machine()
    body = [", ".join(f"{key} {value}" for key, value in where.items()) + ".", "", *lines]
    print(f"## {name}", *body, sep="\n")
    if chosen.write:
        sections = {**read(chosen.write), name: "\n".join(body)}
        text = "\n\n".join([HEAD, *(f"## {title}\n{text}" for title, text in sections.items())])
        chosen.write.write_text(text + "\n")
    if chosen.json:
        known = json.loads(chosen.json.read_text()) if chosen.json.exists() else {}
        known[name] = {"machine": where, **numbers}
        chosen.json.write_text(json.dumps(known, indent=2) + "\n")


def read(page: Path) -> dict[str, str]:
    """Return the sections of a page by their titles, in its order."""
    if not page.exists():
        return {}
    _, *sections = ("\n" + page.read_text()).split("\n## ")
    return {title: text.strip("\n") for title, _, text in (section.partition("\n") for section in sections)}


def machine() -> dict[str, str]:
    """Describe the machine of the measurement."""
    names = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    ]
    return {
        "Processor": f"{names[0] if names else platform.machine()}, {os.cpu_count()} cores",
        "system": f"{platform.system()} {platform.machine()}",
        "Python": platform.python_version(),
        "numpy": np.__version__,
        "numba": numba.__version__,
        "load": f"{os.getloadavg()[0]:.1f}",
    }

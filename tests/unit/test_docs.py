"""Examples of the pages in docs run."""

from __future__ import annotations

import re
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"


def test_addresses(capsys):
    (example,) = re.findall(r"```python\n(.*?)```", (DOCS / "addresses.md").read_text(encoding="utf-8"), re.S)
    exec(compile(example, "addresses.md", "exec"), {})
    leased, link_local = capsys.readouterr().out.split()
    assert leased == "10.0.0.50"
    assert link_local.startswith("169.254.")


def test_isp(capsys):
    (example,) = re.findall(r"```python\n(.*?)```", (DOCS / "isp.md").read_text(encoding="utf-8"), re.S)
    exec(compile(example, "isp.md", "exec"), {})
    assert capsys.readouterr().out == "GRBG (320, 480, 3) (12, 16)\n"

"""Examples of the pages in docs run, and paths that are named exist."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

import camtwin
from camtwin.rig import check, parse
from camtwin.rig.scenario.schema import Scenario
from camtwin.rig.wiring.elements import AnyElement
from camtwin.rig.wiring.plan import Cable
from camtwin.scene.spec import FORMS
from camtwin.session.session import Session
from camtwin.session.surroundings import Surroundings
from camtwin.twins.module import Carrier

DOCS = Path(__file__).parents[2] / "docs"


def test_addresses(capsys):
    (example,) = re.findall(r"```python\n(.*?)```", (DOCS / "addresses.md").read_text(encoding="utf-8"), re.S)
    exec(compile(example, "addresses.md", "exec"), {})
    leased, link_local = capsys.readouterr().out.split()
    assert leased == "10.0.0.50"
    assert link_local.startswith("169.254.")


def test_rates(capsys):
    text = (DOCS / "rates.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```python\n(.*?)```", text, re.S)
    exec(compile(example, "rates.md", "exec"), {})
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "4.72 fps: the link is the limit"
    assert lines[0] in text
    assert lines[-1] == "2 cameras need 198 % of a link of 125 MB/s: each has to take less"


def test_isp(capsys):
    (example,) = re.findall(r"```python\n(.*?)```", (DOCS / "isp.md").read_text(encoding="utf-8"), re.S)
    exec(compile(example, "isp.md", "exec"), {})
    assert capsys.readouterr().out == "GRBG (320, 480, 3) (12, 16)\n"


def test_csi2(capsys):
    (example,) = re.findall(r"```python\n(.*?)```", (DOCS / "csi2.md").read_text(encoding="utf-8"), re.S)
    exec(compile(example, "csi2.md", "exec"), {})
    assert re.fullmatch(
        r"crc channel 0 frame 1 line 2 CRC .* payload; one wrong bit if it is byte 9 bit 4\n",
        capsys.readouterr().out,
    )


def test_ecosystem(capsys):
    (example,) = re.findall(r"```python\n(.*?)```", (DOCS / "ecosystem.md").read_text(encoding="utf-8"), re.S)
    exec(compile(example, "ecosystem.md", "exec"), {})
    assert capsys.readouterr().out == "['NVIDIA Jetson TX2', 'NVIDIA Jetson AGX Xavier']\nFalse\n"


def test_modules(capsys):
    examples = re.findall(r"```python\n(.*?)```", (DOCS / "modules.md").read_text(encoding="utf-8"), re.S)
    there: dict[str, object] = {}
    for example in examples:
        exec(compile(example, "modules.md", "exec"), there)
    *modes, frame = capsys.readouterr().out.splitlines()
    assert modes[0] == "4056x3040 RG10 4 59.9"
    assert frame.startswith("0 ")
    assert frame.endswith(" (1080, 1920)")
    carrier = there["carrier"]
    assert isinstance(carrier, Carrier)
    assert carrier.modules[1].grab(1)


def test_sweeps(capsys):
    (example,) = re.findall(r"```python\n(.*?)```", (DOCS / "sweeps.md").read_text(encoding="utf-8"), re.S)
    exec(compile(example, "sweeps.md", "exec"), {})
    assert capsys.readouterr().out == "(6, 540, 720) True\n[20000.0, 100000.0, 500000.0] 6\n"


def test_sensor(capsys):
    examples = re.findall(r"```python\n(.*?)```", (DOCS / "sensor.md").read_text(encoding="utf-8"), re.S)
    for example in examples:
        exec(compile(example, "sensor.md", "exec"), {})
    model, remark, image, two = capsys.readouterr().out.splitlines()
    assert two == "8336.457 us 1552 lines"
    assert (model, image) == ("0x0577 b'\\x05w'", "(3040, 4056) 60.02 frames/s")
    assert remark.startswith("coarse_integration_time: 4096 lines are above the maximum of 3080")


def test_scenes():
    """Each scene that stands by itself can be parsed, and no form of the parser is missing."""
    page = (DOCS / "scenes.md").read_text(encoding="utf-8")
    said = [text for text in re.findall(r"`([a-z0-9.:@]+)`", page) if not text.startswith("camtwin")]
    alone = [text for text in said if not text.endswith(":") and text not in ("d65", "a", "led450")]
    assert "flicker:pan:chart" in alone
    for text in alone:
        camtwin.scene.parse(text, lambda path: pytest.fail(f"{path} is no scene"))
    assert all(f"`{form.partition(':')[0]}" in page for form in FORMS.split(", ")[:-1])


def test_plans():
    """The example is right, and each kind of device stands there with all that it can say."""
    page = (DOCS / "plans.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```toml\n(.*?)```", page, re.S)
    assert check(parse(example)).verdict == "ok"
    kinds = [line for line in page.splitlines() if line.startswith("| `")]
    for element in get_args(get_args(AnyElement)[0]):
        for kind in get_args(element.model_fields["kind"].annotation):
            (row,) = (line for line in kinds if f"`{kind}`" in line.split("|")[1])
            common = {"kind", "earthed", "hz", "pulse_us"}
            words = {f"`{field}`" for field in element.model_fields.keys() - common}
            assert words <= set(re.findall(r"`[^`]+`", row)), kind
            assert all(f"`{pin}`" in row for pin in element.pins)
    cable = page.partition("A cable is")[2]
    assert all(f"`{info.alias or name}`" in cable for name, info in Cable.model_fields.items())
    scenario = page.partition("## A scenario")[2]
    assert all(re.search(rf"`\[*{name}\b", scenario) for name in Scenario.model_fields)


@pytest.mark.parametrize("kind", [Session, Surroundings])
def test_python_names_what_there_is(kind):
    page = (DOCS / "python.md").read_text(encoding="utf-8")
    assert [
        name for name in vars(kind) if not name.startswith("_") and not re.search(rf"\b{name}\b", page)
    ] == []


ROOT = DOCS.parent
WHERE = re.compile(r"`([\w/.*-]+(?:\.(?:py|toml|tsv|h)|/))`")


def missing(row: str) -> list[str]:
    """Find paths of a row that are neither at the root, in the package, nor beside the path before."""
    folder, lost = ROOT, []
    for path in WHERE.findall(row):
        bases = [base for base in (ROOT, ROOT / "src/camtwin", folder) if any(base.glob(path.rstrip("/")))]
        if not bases:
            lost.append(path)
        elif "/" in path.rstrip("/"):
            folder = bases[0] / Path(path).parent
    return lost


def test_where_is_it_names_what_is_there():
    rows = [line for line in (ROOT / "CONTRIBUTING.md").read_text().splitlines() if line.startswith("| ")]
    assert len(rows) > 40
    assert [path for row in rows for path in missing(row)] == []


def test_a_path_that_is_not_there_is_found():
    assert missing("| a lens | `planner/lens.py`; light: `candle.py`, `rig/nothing.py`, `rig/` |") == [
        "candle.py",
        "rig/nothing.py",
    ]
